"""ORC, lists of JSON, text by a pattern, and columns that folders give."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.errors import SourceError
from footfall.steps.step import Files
from footfall.storage.files import list_files, read_files


def test_rows_of_orc_are_numbered_by_file(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(3).selectExpr("id", "cast(id AS string) AS word").coalesce(1).write.orc(str(tmp_path / "a"))
    files = Files(str(tmp_path), "a/*.orc", "orc", {})
    rows = read_files(spark, files, list(list_files(spark, files))).orderBy("_position")
    assert [tuple(row) for row in rows.select("id", "word", "_position", "_corrupt").collect()] == [
        (n, str(n), n, None) for n in range(3)
    ]


def test_a_file_that_is_one_list_of_json(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[\n  {"a": 1.50,\n   "b": {"c": 1}},\n  {"a": "x\\n[{"}\n]\n')
    (tmp_path / "b.json").write_text('[{"a": 1}, {"a"')
    rows = read_files(spark, Files(str(tmp_path), "*.json", "json_array", {}), ["a.json", "b.json"])
    found = rows.orderBy("_file", "_position").select("_file", "_position", "a", "b", "_corrupt").collect()
    assert [tuple(row) for row in found] == [
        ("a.json", 0, "1.50", '{"c": 1}', None),
        ("a.json", 1, "x\n[{", None, None),
        ("b.json", 0, None, None, '[{"a": 1}, {"a"'),
    ]


def test_lines_of_a_web_server_by_the_ready_pattern(spark: SparkSession, tmp_path: Path) -> None:
    line = '192.0.2.1 - N-1 [03/May/2024:08:12:10 +0100] "GET /a?b HTTP/1.1" 200 512 "-" "say \\"hi\\""'
    (tmp_path / "a.log").write_text(f'{line}\n\n192.0.2.2 - - [03/May/2024:08:12:10 +0100] "-" 400 -\nbroken\n')
    rows = read_files(spark, Files(str(tmp_path), "*.log", "text", {}, line_pattern="combined"), ["a.log"])
    names = ("_position", "host", "user", "time", "method", "path", "status", "bytes", "agent", "_corrupt")
    assert [tuple(row) for row in rows.orderBy("_position").select(*names).collect()] == [
        (0, "192.0.2.1", "N-1", "2024-05-03T07:12:10Z", "GET", "/a?b", "200", "512", 'say "hi"', None),
        (1, "192.0.2.2", "-", "2024-05-03T07:12:10Z", None, None, "400", "-", None, None),
        (2, *[None] * 8, "broken"),
    ]


def test_a_line_that_the_pattern_does_not_fit_whole_is_kept_as_text(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("T-1|2x3\nT-2|x\nT-3|1x1|\n")
    files = Files(str(tmp_path), "*.log", "text", {}, line_pattern=r"(?<order_no>T-\d+)\|(?P<n>\d*)x(\d+)?")
    rows = read_files(spark, files, ["a.log"]).orderBy("_position")
    assert [tuple(row) for row in rows.select("order_no", "n", "_corrupt").collect()] == [
        ("T-1", "2", None),
        ("T-2", None, None),
        (None, None, "T-3|1x1|"),
    ]


def test_lines_of_csv_that_are_no_rows_are_kept_as_text(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n#sum,2\n")
    rows = read_files(spark, Files(str(tmp_path), "*.csv", "csv", {}, not_rows="^#"), ["a.csv"]).orderBy("_position")
    assert [tuple(row) for row in rows.select("x", "y", "_corrupt").collect()] == [
        ("1", "2", None),
        (None, None, "#sum,2"),
    ]


def test_folders_give_columns_and_one_without_a_value_gives_none(spark: SparkSession, tmp_path: Path) -> None:
    for folder in ("dt=2024-05-03/part%20of=a%2Fb+c", "dt=__HIVE_DEFAULT_PARTITION__/part of=web"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.csv").write_text("x\n1\n")
    files = Files(str(tmp_path), "*/*/*.csv", "csv", {}, partitions=("dt", "part of"))
    names = list(list_files(spark, files))
    rows = read_files(spark, files, names).orderBy("_file").select("dt", "part_of", "x").collect()
    assert [tuple(row) for row in rows] == [("2024-05-03", "a/b+c", "1"), (None, "web", "1")]
    with pytest.raises(SourceError, match=r"a\.csv: no folder hour=\.\.\. above it"):
        read_files(spark, Files(str(tmp_path), "*/*/*.csv", "csv", {}, partitions=("hour",)), names)
    (tmp_path / "x=1").mkdir()
    (tmp_path / "x=1" / "a.csv").write_text("x\n1\n")
    with pytest.raises(SourceError, match="x is a column of the files, and of their folders"):
        read_files(spark, Files(str(tmp_path), "x=1/*.csv", "csv", {}, partitions=("x",)), ["x=1/a.csv"])
