"""Exports of shops come out as expected: a dozen in every run, all by `python -m exports`."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from exports.cases import FOLDER, KEYS, case_names, differences, read_case

# So many run with every test run, since each takes half a minute and more; `python -m exports` runs all of them. What the
# others show has tests of its own on small frames, below tests/refine, tests/storage and tests/mapping.
OFTEN = {"a01a", "a02c", "a03b", "a05a", "a08b", "a11b", "b13", "b14", "b15", "b18", "c20", "c21"}
IN_EVERY_RUN = tuple(name for name in case_names() if name.partition("_")[0] in OFTEN)


@pytest.mark.parametrize("name", IN_EVERY_RUN)
def test_an_export_comes_out_as_expected(spark: SparkSession, tmp_path: Path, name: str) -> None:
    assert differences(read_case(name), spark, tmp_path) == []


@pytest.mark.parametrize("name", case_names())
def test_a_case_has_its_files_and_says_nothing_that_the_runner_does_not_know(name: str) -> None:
    case = read_case(name)
    assert {"time_zone", "currency", "first_day", "as_of", "taken_at", "shows"} <= case.shop.keys()
    assert {"quarantine", "counts", "check"} <= case.expected.keys() <= KEYS
    assert (FOLDER / name / "make.py").is_file() if case.is_made else (FOLDER / name / "raw").is_dir()
    assert {"source", "about", "feeds"} == case.mapping.keys()


def test_the_page_lists_every_case() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in page.partition("## The cases")[2].splitlines() if line.startswith("| `")]
    assert listed == case_names()
