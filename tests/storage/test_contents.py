"""What identifies a file's content: the same in any parts, another one for another value of the same size."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.errors import SourceError
from footfall.runtime.explain import explain
from footfall.steps.step import Files
from footfall.storage.batch import FilePin
from footfall.storage.files import contents_of


def test_another_value_of_the_same_size_is_another_content_and_a_copy_is_not(
    spark: SparkSession, tmp_path: Path
) -> None:
    lines = "".join(f"{n},2.00\n" for n in range(100, 400))
    (tmp_path / "a b.csv").write_text(lines)
    (tmp_path / "c.csv").write_text(lines.replace("250,2.00", "250,9.00"))
    (tmp_path / "d.csv").write_text(lines)
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "f.parquet").write_bytes(bytes(range(256)) * 3)
    (tmp_path / "g.parquet").write_bytes(bytes(range(255, -1, -1)) * 3)
    names = ["a b.csv", "c.csv", "d.csv", "e.csv.gz", "f.parquet", "g.parquet"]
    files = Files(str(tmp_path), "*", "csv", {})
    whole = contents_of(spark, files, names)
    before = str(spark.conf.get("spark.sql.files.maxPartitionBytes"))
    spark.conf.set("spark.sql.files.maxPartitionBytes", "200")
    try:
        assert contents_of(spark, files, names) == whole
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", before)
    assert whole["a b.csv"] == whole["d.csv"] == whole["e.csv.gz"]
    assert len(set(whole.values())) == 4


def test_lines_that_changed_places_are_another_content_however_the_file_is_read(
    spark: SparkSession, tmp_path: Path
) -> None:
    lines = [f'{{"quantity": {n},\n' for n in range(100, 400)]
    swapped = [*lines]
    swapped[7], swapped[290] = lines[290], lines[7]
    for name, some in {"a.json": lines, "b.json": swapped, "c.json": lines[::-1], "d.json": lines}.items():
        (tmp_path / name).write_text("".join(some))
    (tmp_path / "e.json").write_text("".join(lines).removesuffix("\n"))
    names = ["a.json", "b.json", "c.json", "d.json", "e.json"]
    files = Files(str(tmp_path), "*", "json_array", {})
    before = str(spark.conf.get("spark.sql.files.maxPartitionBytes"))
    found = []
    try:
        for size in (before, "200", "1000"):
            spark.conf.set("spark.sql.files.maxPartitionBytes", size)
            found += [contents_of(spark, files, names), contents_of(spark, files, names[1:])]
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", before)
    assert len({content for some in found for content in some.values()}) == 3
    assert found[0]["a.json"] == found[0]["d.json"] == found[0]["e.json"]


def test_a_pin_survives_being_written_down() -> None:
    pin = FilePin(12, 1_717_000_000_123, "3.-1f.2a")
    assert FilePin.parse(str(pin)) == pin


def test_a_compressed_file_that_breaks_off_is_named(spark: SparkSession, tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"{n},2.00\n" for n in range(500)).encode())
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Exception, match="FAILED_READ_FILE") as fault:
        contents_of(spark, Files(str(tmp_path), "*", "csv", {}), ["a.csv.gz"])
    refusal = explain(fault.value)
    assert isinstance(refusal, SourceError)
    assert "a.csv.gz: it cannot be read to its end" in refusal.what
