"""Rows of CSV files: values over several lines, broken rows aside by themselves, headers that differ or repeat a name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.errors import SourceError
from footfall.runtime.explain import explain
from footfall.steps.step import Files
from footfall.storage.files import list_files, read_files, read_source_files


def _rows(spark: SparkSession, root: Path, **options: str) -> list[tuple[Any, ...]]:
    files = Files(str(root), "*.csv", "csv", options)
    rows = read_files(spark, files, list(list_files(spark, files))).orderBy("_file", "_position")
    return [tuple(row) for row in rows.select("_file", "_position", "x", "y", "_corrupt").collect()]


def test_values_over_several_lines_and_broken_rows_beside_files_of_plain_lines(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(b'x,y\r\n1,"two\r\nlines"\r\n\r\n2,"said ""no""\\"\r\n3,\xff\r\n')
    (tmp_path / "b.csv").write_text('x,y\n1,"a, ""b"""\n\n2,5" wide\n3,""\n4,\n')
    (tmp_path / "c.csv").write_text('x,y\n1,"open\n2,b\n3,"c" d\n4,"e, f"\n5\n')
    assert _rows(spark, tmp_path) == [
        ("a.csv", 0, "1", "two\r\nlines", None),
        ("a.csv", 1, "2", 'said "no"\\', None),
        ("a.csv", 2, "3", "\ufffd", None),
        ("b.csv", 0, "1", 'a, "b"', None),
        ("b.csv", 1, "2", '5" wide', None),
        ("b.csv", 2, "3", None, None),  # an empty text is no value
        ("b.csv", 3, "4", None, None),
        ("c.csv", 0, None, None, '1,"open'),
        ("c.csv", 1, "2", "b", None),
        ("c.csv", 2, None, None, '3,"c" d'),
        ("c.csv", 3, "4", "e, f", None),
        ("c.csv", 4, "5", None, "5"),
    ]


def test_an_escape_that_a_mapping_names_and_another_encoding(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes('x,y\n1,"好\\"\n评"\n2,差评\n'.encode("gbk"))
    assert _rows(spark, tmp_path, escape="\\", encoding="GBK") == [
        ("a.csv", 0, "1", '好"\n评', None),
        ("a.csv", 1, "2", "差评", None),
    ]


def test_without_a_header_the_first_row_is_one(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('1,"a\nb"\n2,c\n')
    files = Files(str(tmp_path), "*.csv", "csv", {"header": "false"})
    rows = read_files(spark, files, ["a.csv"]).orderBy("_position").select("_c0", "_c1", "_position").collect()
    assert [tuple(row) for row in rows] == [("1", "a\nb", 0), ("2", "c", 1)]


def test_the_header_of_a_file_with_values_over_lines_is_compared_too(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("X,y\n1,2\n")
    (tmp_path / "b.csv").write_text('\ufeff"x",Y\n1,"2\n3"\n')
    assert [row[2:] for row in _rows(spark, tmp_path)] == [("1", "2", None), ("1", "2\n3", None)]
    (tmp_path / "c.csv").write_text('x,z\n1,"2\n3"\n')
    with pytest.raises(Exception, match="header differs") as fault:
        _rows(spark, tmp_path)
    refusal = explain(fault.value)
    assert isinstance(refusal, SourceError)
    assert refusal.what == "c.csv: its header differs from the other files' (it has x, z; they have X, y)."


def test_a_name_that_comes_twice_and_one_that_is_absent(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,,X,x_2\n1,2,3,4\n")
    (tmp_path / "b.csv").write_text("x,,X,x_2\n5,6,7,8\n")
    source = read_source_files(spark, Files(str(tmp_path), "*.csv", "csv", {}), ["a.csv", "b.csv"])
    assert source.told_apart == {"": "column_2", "X": "X_3"}
    assert source.stored == {}
    values = source.frame.orderBy("_file").select("x", "column_2", "X_3", "x_2").collect()
    assert [tuple(row) for row in values] == [("1", "2", "3", "4"), ("5", "6", "7", "8")]


def test_a_file_of_a_later_run_that_lacks_a_column_is_named_and_one_that_has_more_is_read(
    spark: SparkSession, tmp_path: Path
) -> None:
    for name, header in {
        "a": "day,Card No,x",
        "b": "day,kort,x",
        "c": "x,CARD no,day",
        "d": "day,Card No,x,till",
    }.items():
        (tmp_path / f"{name}.csv").write_text(f"{header}\n1,2,3{',4' if name == 'd' else ''}\n")
    files = Files(str(tmp_path), "*.csv", "csv", {})
    raw = read_files(spark, files, ["a.csv"]).withColumn("batch_id", F.lit(1)).schema
    with pytest.raises(SourceError) as fault:
        read_files(spark, files, ["b.csv"], raw=raw)
    assert fault.value.what == (
        "b.csv: its header differs from that of the files that were read before (it lacks Card No, and has kort instead)."
    )
    assert [row["Card_No"] for row in read_files(spark, files, ["c.csv"], raw=raw).collect()] == ["2"]
    more = read_files(spark, files, ["d.csv"], raw=raw)
    assert [(row["Card_No"], row["till"]) for row in more.collect()] == [("2", "4")]
    with pytest.raises(SourceError, match=r"a\.csv: .*it lacks till\)"):
        read_files(spark, files, ["a.csv"], raw=more.schema)


def test_lines_before_the_header_are_no_rows_and_blanks_and_signs_around_its_names_belong_to_none(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text('\ufeffaccount: "x\n\n--\n`x` ,\t`y`\n1,`2\n3,4,5\n')
    (tmp_path / "b.csv").write_text("a\nb\nc\nx,y\n6,7\n")
    files = Files(str(tmp_path), "*.csv", "csv", {}, header_line=4, strip="`")
    rows = read_files(spark, files, ["a.csv", "b.csv"]).orderBy("_file", "_position")
    assert [tuple(row) for row in rows.select("_file", "_position", "x", "y", "_corrupt").collect()] == [
        ("a.csv", 0, "1", "`2", None),
        ("a.csv", 1, "3", "4", "3,4,5"),
        ("b.csv", 0, "6", "7", None),
    ]
    with pytest.raises(SourceError, match=r"b\.csv: it has no line 6, and so no header"):
        read_files(spark, replace(files, header_line=6), ["b.csv"])


def test_a_header_without_rows_is_a_file_like_any_other_and_blank_lines_alone_are_none(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("x,y\n")
    assert _rows(spark, tmp_path) == []
    (tmp_path / "a.csv").write_text("\n \n")
    with pytest.raises(SourceError, match=r"a\.csv: it is empty, without a header"):
        _rows(spark, tmp_path)


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16LE", "UTF-16BE", "cp037"])
def test_encodings_with_other_bytes_for_line_breaks(spark: SparkSession, tmp_path: Path, encoding: str) -> None:
    """In UTF-16 U+0A0A and U+010A hold the byte of a line break."""
    letters = "\xe9" if encoding == "cp037" else "\u0a0a \u010a"
    (tmp_path / "a.csv").write_bytes(f'x,y\r\n1,{letters}\r\n2,"b\r\nc"\r\n'.encode(encoding))
    assert _rows(spark, tmp_path, encoding=encoding) == [
        ("a.csv", 0, "1", letters, None),
        ("a.csv", 1, "2", "b\r\nc", None),
    ]


def test_signs_of_patterns_in_the_name_of_a_file_stand_for_themselves(spark: SparkSession, tmp_path: Path) -> None:
    names = ["[2024-05] x {1,2}.csv", "a%20b#1.csv", "a?*.csv", "b+.csv"]
    for number, name in enumerate(names):
        (tmp_path / name).write_text(f'x,y\n{number},"a\nb"\n' if number % 2 else f"x,y\n{number},a\n")
    assert [row[0] for row in _rows(spark, tmp_path)] == names
    assert [row[2] for row in _rows(spark, tmp_path)] == ["0", "1", "2", "3"]
