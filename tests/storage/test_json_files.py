"""Rows of JSON files: every object of a line is one, and a line that breaks off goes aside whole."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.steps.step import Files
from footfall.storage.files import read_files
from footfall.storage.json_values import Fields, objects_of


@pytest.mark.parametrize(
    ("line", "objects"),
    [
        ('{"a":1}{"a":2} \t{"a":null}', [{"a": "1"}, {"a": "2"}, {"a": None}]),
        ('{"a":"}{"}', [{"a": "}{"}]),
        ('{"a":"\\"}{\\""}{"b":{"c": 1.50}}', [{"a": '"}{"'}, {"b": '{"c": 1.50}'}]),
        ('[{"a":"1"}, {"a" : true}]{"a":[1e2]}', [{"a": "1"}, {"a": "true"}, {"a": "[1e2]"}]),
        ('{"n":123456789012345678901234567890.10}{}', [{"n": "123456789012345678901234567890.10"}, {}]),
        ('{"a":1,"a":2}', [{"a": "2"}]),
        (" [ ]\n", []),
    ],
)
def test_the_objects_of_a_line_and_their_values_as_they_are_written(line: str, objects: list[Fields]) -> None:
    assert objects_of(line) == objects


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1}{"a":', '{"a":1} x', '{"a":1},{"a":2}', '{"a":1} 2', '[{"a":1}, 2]', '[{"a":1}', '[{"a":1},]', '{"a":1,}',
        '{"a" 1}', "[" * 5000, "",
    ],
)  # fmt: skip
def test_a_line_with_anything_else_on_it_is_broken(line: str) -> None:
    assert objects_of(line) is None


def test_every_object_is_a_row_and_what_cannot_be_read_is_kept_as_text(spark: SparkSession, tmp_path: Path) -> None:
    """Fields that only the second object of a line has are columns too; a file of one object a line is read beside it."""
    several = '{"a":1}{"a":2,"b":{"c":"x"}}\n\n{"a":3}{"a":\n{"a":4}\n{"a":5},{"a":6}\n{"a":7} 8\n'
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(several.encode()))
    (tmp_path / "b.json").write_text('{"a":1}\n{"a":2\n{"a":3} x\n{"a":4},{"a":5}\n7\n{}\n{"a":"x"}')
    rows = read_files(spark, Files(str(tmp_path), "*.json*", "json", {}), ["a.json.gz", "b.json"])
    found = rows.orderBy("_file", "_position").select("_file", "_position", "a", "b", "_corrupt").collect()
    assert [tuple(row) for row in found] == [
        ("a.json.gz", 0, "1", None, None),
        ("a.json.gz", 1, "2", '{"c":"x"}', None),
        ("a.json.gz", 2, None, None, '{"a":3}{"a":'),
        ("a.json.gz", 3, "4", None, None),
        ("a.json.gz", 4, None, None, '{"a":5},{"a":6}'),
        ("a.json.gz", 5, None, None, '{"a":7} 8'),
        ("b.json", 0, "1", None, None),
        ("b.json", 1, None, None, '{"a":2'),
        ("b.json", 2, None, None, '{"a":3} x'),
        ("b.json", 3, None, None, '{"a":4},{"a":5}'),
        ("b.json", 4, None, None, "7"),
        ("b.json", 5, None, None, None),
        ("b.json", 6, "x", None, None),
    ]


def test_nested_values_stay_text_as_it_is_written_whatever_their_shape(spark: SparkSession, tmp_path: Path) -> None:
    values = [
        '{"sku":"A", "size":{"eu":42.50}}',
        "null",
        '["A"]',
        "17.0",
        "1e2",
        "true",
        '"none"',
        '"{\\"sku\\":\\"C\\"}"',
    ]
    (tmp_path / "a.json").write_text("".join(f'{{"props": {value}}}\n' for value in values))
    rows = read_files(spark, Files(str(tmp_path), "*.json", "json", {}), ["a.json"])
    assert [row["props"] for row in rows.orderBy("_position").collect()] == [
        '{"sku":"A", "size":{"eu":42.50}}', None, '["A"]', "17.0", "1e2", "true", "none", '{"sku":"C"}',
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["json", "json_array"])
def test_empty_lists_are_no_rows_also_where_nothing_came_before(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.json").write_text("[]\n")
    rows = read_files(spark, Files(str(tmp_path), "*.json", kind, {}), ["a.json"])
    assert rows.columns == ["_corrupt", "_file", "_position"]
    assert rows.count() == 0


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("json", '{\n  "id": 1,\n  "lines": [\n    {"sku": "A"},\n    {"sku": "B"}\n]}\n', "format: json_array"),
        ("json", '{\n  "id": 1\n}\n{\n  "id": 2\n}\n', "format: json_array"),
        ("json", '[{"id": 1,\n "n": 2},\n{"id": 2}]', "format: json_array"),
        ("json", "<html>\n</html>\n", "a.json: no JSON objects can be read there"),
        ("json", "{}\n", "a.json: no JSON objects can be read there"),
        ("json_array", '[{"id": 1},\n', "a.json: no list of JSON objects can be read there"),
    ],
)
def test_files_without_any_object_are_refused_in_words_where_nothing_came_before(
    spark: SparkSession, tmp_path: Path, kind: str, text: str, words: str
) -> None:
    (tmp_path / "a.json").write_text(text)
    files = Files(str(tmp_path), "*.json", kind, {})
    for first_lines in (0, 3):
        with pytest.raises(SourceError) as refusal:
            read_files(spark, replace(files, first_lines=first_lines), ["a.json"])
        assert words in str(refusal.value)
        assert "a.json" in refusal.value.what
    if "json_array" in words:
        return
    before = T.StructType([T.StructField("id", T.StringType())])
    rows = read_files(spark, files, ["a.json"], raw=before).select("_corrupt").collect()
    assert all(row["_corrupt"] is not None for row in rows if text != "{}\n")
    assert rows


def test_a_broken_file_beside_a_sound_one_is_set_aside(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[")
    (tmp_path / "b.json").write_text('[{"id": 1}]')
    rows = read_files(spark, Files(str(tmp_path), "*.json", "json_array", {}), ["a.json", "b.json"])
    found = [(row["id"], row["_corrupt"]) for row in rows.orderBy("_file").collect()]
    assert found == [(None, "["), ("1", None)]


def test_bytes_that_are_no_utf_8_spoil_their_value_only(spark: SparkSession, tmp_path: Path) -> None:
    r"""Lines end with `\r` too, and a line that is no object for another reason is kept as text."""
    (tmp_path / "a.json").write_bytes(b'{"a":"\xff\xfe1","b":"\xc3\xa9"}\n{"a":"2"}\r{"a":"3\xff"}\n{"a":\xff}\n')
    (tmp_path / "b.json").write_text('{"a":"4"}\n')
    rows = read_files(spark, Files(str(tmp_path), "*.json", "json", {}), ["a.json", "b.json"])
    cells = rows.orderBy("_file", "_position").select("_file", "_position", "a", "b", "_corrupt").collect()
    assert [tuple(row) for row in cells] == [
        ("a.json", 0, "\ufffd\ufffd1", "é", None),
        ("a.json", 1, "2", None, None),
        ("a.json", 2, "3\ufffd", None, None),
        ("a.json", 3, None, None, '{"a":\ufffd}'),
        ("b.json", 0, "4", None, None),
    ]
