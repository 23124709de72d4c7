"""Files that fit a feed's pattern and that nothing can read are named, and what tools leave behind is not."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.errors import SourceError
from footfall.steps.step import Files
from footfall.storage.files import list_files, read_files


def _files(root: Path, pattern: str = "a/*.csv") -> Files:
    return Files(str(root), pattern, "csv", {})


def _write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x\n1\n")


@pytest.mark.parametrize(
    ("pattern", "names", "hidden"),
    [
        ("a/*.csv", ["a/1.csv", "a/_2.csv", "a/.3.csv"], "a/.3.csv, a/_2.csv: "),
        ("a/*.csv", ["a/_2.csv"], "a/_2.csv: "),
        ("*/*", ["a/1.csv", "b/_2.csv"], "b/_2.csv: "),
        ("a/{_,}[0-9]*.csv", ["a/1.csv", "a/_2.csv"], "a/_2.csv: "),
        ("_a/_?.csv.gz", ["_a/_2.csv.gz"], "_a/_2.csv.gz: "),
    ],
)
def test_files_that_spark_hides_are_named(
    spark: SparkSession, tmp_path: Path, pattern: str, names: list[str], hidden: str
) -> None:
    _write(tmp_path, *names)
    with pytest.raises(SourceError) as refusal:
        list_files(spark, _files(tmp_path, pattern))
    assert refusal.value.what.startswith(hidden)
    assert "this feed waits" in refusal.value.fix


def test_what_tools_leave_behind_and_hidden_folders_are_no_hindrance(spark: SparkSession, tmp_path: Path) -> None:
    _write(tmp_path, "a/1.csv", "_b/2.csv", ".c/3.csv", "d/_x=1.csv")
    left = ("a/_SUCCESS", "a/.1.csv.crc", "a/._1.csv", "a/.DS_Store", "a/.gitkeep", "a/_other.json", "a/.1.csv.8fK2")
    _write(tmp_path, *left)
    names = sorted(list_files(spark, _files(tmp_path, "*/*")))
    assert names == [".c/3.csv", "_b/2.csv", "a/1.csv", "d/_x=1.csv"]
    rows = read_files(spark, _files(tmp_path, "*/*"), names)
    assert sorted(row["_file"] for row in rows.collect()) == names


@pytest.mark.parametrize("name", ["a/1.zip", "a/x.TAR.GZ", "a/x.7z", "a/x.xlsx", "a/x.csv.xz"])
def test_archives_and_workbooks_are_refused_by_their_names(spark: SparkSession, tmp_path: Path, name: str) -> None:
    _write(tmp_path, "a/1.csv", name)
    with pytest.raises(SourceError, match=f"^{name}: .*which is not read"):
        list_files(spark, _files(tmp_path, "a/*"))


@pytest.mark.parametrize(("kind", "words"), [("zip", "1.csv: it is a ZIP archive"), ("gzip", "1.csv: .*by gzip")])
def test_archives_under_other_names_are_refused_by_how_they_begin(
    spark: SparkSession, tmp_path: Path, kind: str, words: str
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.csv", "x\n1\n")
    (tmp_path / "1.csv").write_bytes(packed.getvalue() if kind == "zip" else gzip.compress(b"x\n1\n"))
    with pytest.raises(SourceError, match=words):
        read_files(spark, _files(tmp_path, "*.csv"), ["1.csv"])


def test_a_name_with_a_colon_is_told(spark: SparkSession, tmp_path: Path) -> None:
    _write(tmp_path, "a/1.csv", "a/2024-05-03T08:12.csv")
    with pytest.raises(SourceError) as refusal:
        list_files(spark, _files(tmp_path))
    assert refusal.value.what.startswith("2024-05-03T08:12.csv: ")
    assert "colon" in refusal.value.what
