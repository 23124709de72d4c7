"""Raw files: all are found, each row keeps its place, and files that cannot be used say so."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.errors import SourceError
from footfall.mapping.reader_options import ALLOWED
from footfall.runtime.explain import explain
from footfall.steps.step import Files
from footfall.storage.batch import FilePin
from footfall.storage.files import list_files, read_files
from footfall.storage.text_lines import ONE_TASK_BYTES, below, name_below


def _files(root: Path, pattern: str, kind: str, **options: str) -> Files:
    return Files(str(root), pattern, kind, options)


def _rows(spark: SparkSession, files: Files) -> list[dict[str, Any]]:
    names = list(list_files(spark, files))
    return [row.asDict() for row in read_files(spark, files, names).orderBy("_file", "_position").collect()]


def test_files_are_named_below_their_root_with_their_sizes(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in one").mkdir()
    (tmp_path / "in one" / "a+b.csv").write_text("x\n1\n")
    pins = list_files(spark, _files(tmp_path, "in one/*.csv", "csv"))
    changed_ms = (tmp_path / "in one" / "a+b.csv").stat().st_mtime_ns // 1_000_000
    assert pins == {"in one/a+b.csv": FilePin(4, changed_ms)}
    assert [r["_file"] for r in _rows(spark, _files(tmp_path, "in one/*.csv", "csv"))] == ["in one/a+b.csv"]


@pytest.mark.parametrize(
    ("root", "path", "name"),
    [
        ("hdfs://host:8020/raw", "hdfs://host:8020/raw/a/b.csv", "a/b.csv"),
        ("s3a://bucket/raw/", "s3a://bucket/raw/b.csv", "b.csv"),
        ("/raw", "file:/raw/b.csv", "b.csv"),
        ("file:///raw", "file:/raw/b.csv", "b.csv"),
        ("file:///raw", "file:///raw/b:c.csv", "b:c.csv"),
        ("hdfs://raw/raw", "hdfs://raw/raw/b.csv", "b.csv"),
    ],
)
def test_the_same_file_has_the_same_name_on_any_storage(spark: SparkSession, root: str, path: str, name: str) -> None:
    assert below(root, path) == name
    row = spark.createDataFrame([((path.replace(" ", "%20"),),)], "_metadata struct<file_path string>")
    assert row.select(name_below(root)).collect()[0][0] == name


def test_no_file_that_fits_is_told(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no file fits .*\.csv"):
        list_files(spark, _files(tmp_path, "*.csv", "csv"))


@pytest.mark.parametrize("others", [["b c.csv"], []])
def test_an_empty_file_is_named_beside_full_ones_too(spark: SparkSession, tmp_path: Path, others: list[str]) -> None:
    (tmp_path / "a+[1] %20.csv").touch()
    for name in others:
        (tmp_path / name).write_text("x\n")
    with pytest.raises(SourceError) as refusal:
        list_files(spark, _files(tmp_path, "*.csv", "csv"))
    assert refusal.value.what == "a+[1] %20.csv: it is empty, as after an upload that broke off."
    assert "waits" in refusal.value.fix


@pytest.mark.parametrize("cores", ["1", "64"])
def test_rows_of_text_files_are_counted_in_order_however_the_file_is_split(
    spark: SparkSession, tmp_path: Path, cores: str
) -> None:
    lines = "".join(f"row {n}\n" for n in range(300))
    (tmp_path / "a.csv").write_text("word\n" + lines)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"word\nzipped\n"))
    before = spark.conf.get("spark.sql.files.maxPartitionBytes")
    spark.conf.set("spark.sql.files.maxPartitionBytes", "200" if cores == "64" else "10000000")
    try:
        rows = _rows(spark, _files(tmp_path, "*.csv*", "csv"))
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", str(before))
    assert [(r["_file"], r["_position"], r["word"]) for r in rows] == [
        *(("a.csv", n, f"row {n}") for n in range(300)),
        ("b.csv.gz", 0, "zipped"),
    ]


def test_the_rows_of_a_large_text_file_are_numbered_by_its_splits(spark: SparkSession, tmp_path: Path) -> None:
    """The same numbers, of files that are cut into several splits, a compressed one, and lines with nothing, two objects or a list."""
    lines = "".join(f'{{"word": "row {n}"}}\n' for n in range(0, 300, 2))
    (tmp_path / "a.json").write_text(lines.replace("\n", "\n\n", 20) + '{"word": "x"}, {"word": "y"}\n{"wor\n' + lines)
    (tmp_path / "c.json").write_text('[{"word": "x"}, {"word": "y"}]\n')
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b'{"word": "zipped"}\n{"word": "too"}\n'))
    files = _files(tmp_path, "*.json*", "json")
    names = list(list_files(spark, files))
    before = str(spark.conf.get("spark.sql.files.maxPartitionBytes"))
    by_split = read_files(spark, files, names, largest_bytes=ONE_TASK_BYTES + 1)
    spark.conf.set("spark.sql.files.maxPartitionBytes", "500")
    try:
        rows = [
            [row.asDict() for row in frame.orderBy("_file", "_position").collect()]
            for frame in (read_files(spark, files, names), by_split)
        ]
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", before)
    assert rows[1] == rows[0]
    assert [row["_position"] for row in rows[1]] == [*range(302), 0, 1, 0, 1]


def test_json_lines_arrive_as_text_and_a_truncated_line_is_kept(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"n": 1, "s": "x"}\n{"n": 2.50}\n{"n": 3, "s"')
    rows = _rows(spark, _files(tmp_path, "*.jsonl", "json"))
    assert [(r["n"], r["s"], r["_corrupt"]) for r in rows] == [
        ("1", "x", None),
        ("2.50", None, None),
        (None, None, '{"n": 3, "s"'),
    ]


def test_a_csv_row_with_too_many_values_is_kept_as_text(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n1,2,3\n")
    assert [r["_corrupt"] for r in _rows(spark, _files(tmp_path, "*.csv", "csv"))] == [None, "1,2,3"]


def test_a_csv_whose_header_differs_names_the_file(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,z\n1,2\n")
    with pytest.raises(Exception, match="CSV header") as fault:
        _rows(spark, _files(tmp_path, "*.csv", "csv"))
    told = explain(fault.value)
    assert isinstance(told, SourceError)
    assert "b.csv: its header differs from the other files'" in told.what


def test_a_csv_whose_header_is_longer_says_so(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,y,z\n1,2,3\n")
    with pytest.raises(Exception, match="CSV header") as fault:
        _rows(spark, _files(tmp_path, "*.csv", "csv"))
    told = explain(fault.value)
    assert isinstance(told, SourceError)
    assert "b.csv: its header differs from the other files' (it has 3 columns; they have 2)" in told.what


def test_a_broken_parquet_file_is_named(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 this is no parquet file")
    with pytest.raises(Exception, match="parquet") as fault:
        _rows(spark, _files(tmp_path, "*.parquet", "parquet"))
    told = explain(fault.value)
    assert isinstance(told, SourceError)
    assert "a.parquet" in told.what


def test_text_in_another_encoding_shows_as_such(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("word\n好评\n".encode("gbk"))
    assert "\ufffd" in _rows(spark, _files(tmp_path, "*.csv", "csv"))[0]["word"]
    assert _rows(spark, _files(tmp_path, "*.csv", "csv", encoding="gbk"))[0]["word"] == "好评"
    (tmp_path / "a.jsonl").write_bytes('{"word": "好评"}\r\n{"word": "差评"}\r\n'.encode("gbk"))
    rows = _rows(spark, _files(tmp_path, "*.jsonl", "json", encoding="gbk"))
    assert [(r["word"], r["_corrupt"]) for r in rows] == [("好评", None), ("差评", None)]


NASTY_LINES = (
    "1,2,3", '"x,2,3', 'x,"y,3', 'x,y,"z', "#c,2,3", "1,2", "1,2,3,4", "a\\,b,c", '"q""q",2,3', '"q\\"q",2,3', 'x"y,2,3', " 1 , 2 ,3 ",
    "\0n,2,3", "1,2,3\\", "NULL,,\"\"", ",,", "a;b;c", "'x,1,2'", "|x|,|y,2", "NA,NaN,-Inf",
)  # fmt: skip
UNUSUAL_VALUES = {
    "sep": (";", "\t", "||", "\n"),
    "delimiter": (" ",),
    "encoding": ("GBK", "ISO-8859-1"),
    "charset": ("Big5",),
    "quote": ("'", "", "|", "\n"),
    "escape": ('"', "", "'"),
    "charToEscapeQuoteEscaping": ("\\", "\0"),
    "nullValue": ("1", "NULL"),
    "emptyValue": ("", "x"),
}


def test_no_allowed_option_of_csv_loses_a_row_of_a_broken_file(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n".join(["a,b,c", *NASTY_LINES]) + "\n")
    for option in ALLOWED["csv"]:
        for value in UNUSUAL_VALUES.get(option, ("true", "false")):
            headers = 1 if (option, value) == ("header", "false") else 0
            rows = _rows(spark, _files(tmp_path, "*.csv", "csv", **{option: value}))
            assert len(rows) == len(NASTY_LINES) + headers, (option, value)


def test_no_allowed_option_of_json_loses_a_row_of_a_broken_file(spark: SparkSession, tmp_path: Path) -> None:
    lines = ['{"a": 1}', '{"a": 1', "// no object", "/* no object */", "{a: 1}", "{'a': 1}", '{"a": 007}', '{"a": NaN}',
             '{"a": "x\\y"}', "{}", "null", "3", '{"a": "\t"}']  # fmt: skip
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n")
    for option in ALLOWED["json"]:
        for value in UNUSUAL_VALUES.get(option, ("true", "false")):
            rows = _rows(spark, _files(tmp_path, "*.jsonl", "json", **{option: value}))
            assert len(rows) == len(lines), (option, value)


@pytest.mark.parametrize("conf", ["spark.sql.files.ignoreCorruptFiles", "spark.sql.files.ignoreMissingFiles"])
def test_a_file_that_cannot_be_read_stops_the_job_whatever_spark_conf_says(
    spark: SparkSession, tmp_path: Path, conf: str
) -> None:
    for name in ("a", "b"):
        spark.range(3).write.parquet(str(tmp_path / name))
    files = _files(tmp_path, "*/*.parquet", "parquet")
    names = sorted(list_files(spark, files))
    spark.conf.set(conf, "true")
    try:
        rows = read_files(spark, files, names)
        for broken in (tmp_path / "b").glob("*.parquet"):
            broken.unlink() if conf.endswith("MissingFiles") else broken.write_bytes(b"PAR1 no longer a Parquet file")
        with pytest.raises(Exception, match=r"FILE_NOT_EXIST|FAILED_READ_FILE|CANNOT_READ_FILE_FOOTER"):
            rows.collect()
    finally:
        spark.conf.unset(conf)
