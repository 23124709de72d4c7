"""Parquet and ORC whose columns have other types of numbers from file to file, or time stamps of nanoseconds."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.steps.step import Files
from footfall.storage.files import read_files, read_source_files


def _write(path: Path, **columns: pa.Array) -> None:
    pq.write_table(pa.table(columns), path)


def _files(root: Path) -> Files:
    return Files(str(root), "*.parquet", "parquet", {})


def test_numbers_of_several_types_become_of_one_that_holds_them(spark: SparkSession, tmp_path: Path) -> None:
    _write(
        tmp_path / "1.parquet", a=pa.array([17], pa.int64()), b=pa.array([1], pa.uint8()), c=pa.array([1], pa.int32())
    )
    _write(
        tmp_path / "2.parquet", a=pa.array([18.5]), b=pa.array([2**64 - 1], pa.uint64()), c=pa.array([2], pa.int64())
    )
    source = read_source_files(spark, _files(tmp_path), ["1.parquet", "2.parquet"])
    rows = source.frame.orderBy("_file").select("_file", "_position", "a", "b", "c", "_corrupt").collect()
    assert [tuple(row) for row in rows] == [
        ("1.parquet", 0, 17.0, Decimal(1), 1, None),
        ("2.parquet", 0, 18.5, Decimal(2**64 - 1), 2, None),
    ]
    assert source.notes[0] == "`a` is bigint, double in the files, and read as double"


def test_the_raw_table_keeps_its_type_and_a_row_that_it_would_change_is_text(
    spark: SparkSession, tmp_path: Path
) -> None:
    _write(tmp_path / "a.parquet", id=pa.array([17.0, 17.5, None, float("nan")]), x=pa.array(["a", "b", "c", "d"]))
    raw = T.StructType().add("id", "long").add("x", "string")
    rows = read_files(spark, _files(tmp_path), ["a.parquet"], raw=raw)
    assert dict(rows.dtypes)["id"] == "bigint"
    assert [tuple(row) for row in rows.orderBy("_position").select("id", "x", "_corrupt").collect()] == [
        (17, "a", None),
        (None, None, '{"id":17.5,"x":"b"}'),
        (None, "c", None),
        (None, "d", None),
    ]


def test_types_that_are_too_far_apart_are_refused_with_both(spark: SparkSession, tmp_path: Path) -> None:
    _write(tmp_path / "1.parquet", a=pa.array([17], pa.int64()))
    _write(tmp_path / "2.parquet", a=pa.array(["x"]))
    with pytest.raises(SourceError) as refusal:
        read_files(spark, _files(tmp_path), ["1.parquet", "2.parquet"])
    words = "*.parquet: files differ in their columns: 'a' is bigint in 1.parquet, string in 2.parquet."
    assert refusal.value.what == words


def test_nanoseconds_are_cut_to_microseconds(spark: SparkSession, tmp_path: Path) -> None:
    stamps = pd.to_datetime(["2024-05-03 08:12:00.123456789", None])
    columns = {"clock": stamps, "instant": stamps.tz_localize("Europe/London"), "kind": pd.Categorical(["a", "b"])}
    pd.DataFrame(columns).to_parquet(tmp_path / "a [1]%20.parquet")
    source = read_source_files(spark, _files(tmp_path), ["a [1]%20.parquet"])
    assert [kind for name, kind in source.frame.dtypes if name in columns] == ["timestamp_ntz", "timestamp", "string"]
    rows = source.frame.selectExpr("clock", "CAST(instant AS STRING)", "kind", "_position").collect()
    assert [tuple(row) for row in rows] == [
        (datetime(2024, 5, 3, 8, 12, 0, 123456), "2024-05-03 07:12:00.123456", "a", 0),  # noqa: DTZ001 - a wall clock
        (None, None, "b", 1),
    ]
    assert source.notes == [f"`{c}` has nanoseconds, which are cut to microseconds" for c in ("clock", "instant")]


@pytest.mark.parametrize("kind", [pa.time64("us"), pa.time64("ns"), pa.time32("ms"), pa.time32("s")])
def test_times_of_day_are_text(spark: SparkSession, tmp_path: Path, kind: pa.DataType) -> None:
    _write(
        tmp_path / "1.parquet",
        at=pa.array([time(8, 12), time(23, 59, 59), None, time(0)], kind),
        n=pa.array([1, 2, 3, 4]),
    )
    _write(tmp_path / "2.parquet", at=pa.array(["07:00:00"]), n=pa.array([5]))
    source = read_source_files(spark, _files(tmp_path), ["1.parquet", "2.parquet"])
    rows = source.frame.orderBy("n").select("at", "n", "_position").collect()
    assert [tuple(row) for row in rows] == [
        ("08:12:00", 1, 0),
        ("23:59:59", 2, 1),
        (None, 3, 2),
        ("00:00:00", 4, 3),
        ("07:00:00", 5, 0),
    ]
    assert source.notes == ["`at` is a time of day, which is read as text such as 08:12:00"]


@pytest.mark.parametrize(
    "column", [pa.array([{"at": time(8, 12, 0, 500000)}]), pa.array([np.float16(1.5)], pa.float16())]
)
def test_a_type_that_spark_cannot_read_is_refused_with_file_and_column(
    spark: SparkSession, tmp_path: Path, column: pa.Array
) -> None:
    _write(tmp_path / "1.parquet", s=column)
    with pytest.raises(SourceError, match=r"1\.parquet: column 's' is (struct|halffloat)"):
        read_source_files(spark, _files(tmp_path), ["1.parquet"])


def test_orc_files_of_several_types_are_read_by_type(spark: SparkSession, tmp_path: Path) -> None:
    for n, value in enumerate(("1", "2.5D", "3")):
        spark.sql(f"SELECT {value} AS a").coalesce(1).write.orc(str(tmp_path / f"f{n}"))
    files = Files(str(tmp_path), "*/*.orc", "orc", {})
    names = [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.glob("*/*.orc"))]
    rows = read_files(spark, files, names).orderBy("_file").select("a", "_position").collect()
    assert [tuple(row) for row in rows] == [(1.0, 0), (2.5, 0), (3.0, 0)]
