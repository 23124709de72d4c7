"""`--check` says why files are read by one task each, and says nothing of files that are read in pieces."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.check.one_task import one_task_lines
from footfall.steps.step import Files


@pytest.mark.parametrize(
    ("name", "text", "how", "words"),
    [
        ("a.csv", 'x,y\n1,"two"\n', {}, ""),
        ("b.csv", 'x,y\n1,"two\nlines"\n', {}, "values in quotes go over several lines"),
        ("c.csv.gz", "x,y\n", {}, "it is compressed (c.csv.gz)"),
        ("d.csv", "x,y\n", {"options": {"encoding": "UTF-16LE"}}, "text in UTF-16LE cannot be cut at a byte"),
        ("e.csv", "x,y\n# 1 row\n", {"not_rows": "^#"}, "`not_rows`"),
        ("e.csv", "of May\nx,y\n", {"header_line": 2}, "`header_line`"),
        ("f.json", '{"x": 1}\n{"x": {"y": 2}}\n', {"format": "json"}, ""),
        ("g.json", '{"x": 1} {"x": 2}\n', {"format": "json"}, "several objects stand on one line"),
        ("h.json", '[{"x": 1}]', {"format": "json_array"}, "it is one list of JSON"),
        ("i.parquet", "", {"format": "parquet"}, ""),
    ],
)
def test_the_reason_is_named(spark: SparkSession, tmp_path: Path, name: str, text: str, how: dict, words: str) -> None:
    (tmp_path / name).write_text(text)
    files = Files(**{"root": str(tmp_path), "pattern": "*", "format": "csv", "options": {}, "first_lines": 100, **how})
    lines = list(one_task_lines(spark, files, [name]))
    assert len(lines) == bool(words)
    assert words in "".join(lines)
