"""Exports of shops come out as expected: two in `make test`, a dozen in `make test-all`, all by `python -m exports`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from exports.cases import FOLDER, KEYS, case_names, differences, read_case

# Each takes half a minute to some minutes; `python -m exports` runs all of them. What they show has tests of its own on
# small frames, below tests/refine, tests/storage and tests/mapping.
OFTEN = {"a11b", "c20"}
SLOW = {"a01a", "a02c", "a03b", "a05a", "a08b", "b13", "b14", "b15", "b18", "c21"}


def _asserted() -> list[Any]:
    """The names of cases that are asserted, in their order."""
    asserted = [(name, name.partition("_")[0]) for name in case_names()]
    often = [name for name, number in asserted if number in OFTEN]
    return often + [pytest.param(name, marks=pytest.mark.slow) for name, number in asserted if number in SLOW]


@pytest.mark.parametrize("name", _asserted())
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
