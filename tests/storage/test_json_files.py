"""Rows of JSON files: every object of a line is one, and a line that breaks off goes aside whole."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

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
    ],
)
def test_the_objects_of_a_line_and_their_values_as_they_are_written(line: str, objects: list[Fields]) -> None:
    assert objects_of(line) == objects


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1}{"a":', '{"a":1} x', '{"a":1},{"a":2}', '{"a":1} 2', '[{"a":1}, 2]', '[{"a":1}', '[{"a":1},]', '{"a":1,}',
        '{"a" 1}', "[]", "[" * 5000, "",
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
