"""docs/query.md: every block runs as it stands, and the four readers give one answer to each question."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from pyspark.sql import DataFrame, SparkSession

ROOT = Path(__file__).resolve().parent.parent.parent
READERS = ("Spark SQL", "delta-rs and pandas", "DuckDB", "Polars")
FLOAT_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Block:
    """One block of the page: under which heading it stands, for which reader, and its code."""

    question: str
    reader: str
    code: str


def blocks() -> list[Block]:
    """Every code block of the page, in order."""
    found = []
    question = reader = ""
    pattern = r"^## (?P<question>[^\n]+)$|^\*\*(?P<reader>[^*\n]+)\*\*|^```(?P<kind>\w*)\n(?P<code>.*?)^```$"
    for match in re.finditer(
        pattern, (ROOT / "docs" / "query.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        if match["question"]:
            question, reader = match["question"], ""
        elif match["reader"]:
            reader = match["reader"]
        else:
            assert match["kind"] == "python", f"a block of kind {match['kind']!r} would not be run"
            found.append(Block(question, reader, match["code"]))
    return found


QUESTIONS = list(dict.fromkeys(block.question for block in blocks() if block.reader))


@pytest.fixture(scope="module")
def opened(spark: SparkSession, small_lake: str) -> Mapping[str, Any]:
    """What the page's first block defines, on the small lake instead of the demo's."""
    assert spark is not None  # started first, so that the page's own session is this one
    first = next(block.code for block in blocks() if not block.reader)
    code = first.replace('"build/lake"', repr(str(small_lake))).replace(
        '".cache/jars"', repr(str(ROOT / ".cache/jars"))
    )
    assert str(small_lake) in code
    names: dict[str, Any] = {}
    exec(compile(code, "docs/query.md", "exec"), names)  # noqa: S102 - the page is ours, and this is its test
    return names


def rows_of(answer: Any) -> list[tuple[Any, ...]]:
    """The rows of a result of any reader, as Python values."""
    if isinstance(answer, DataFrame):
        rows = [tuple(row) for row in answer.collect()]
    elif isinstance(answer, pd.DataFrame):
        rows = list(answer.itertuples(index=False, name=None))
    elif isinstance(answer, pl.DataFrame):
        rows = answer.rows()
    else:
        assert isinstance(answer, duckdb.DuckDBPyRelation)
        rows = answer.fetchall()
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: Any) -> Any:
    """Python's own numbers, days as text, nothing as None; a Decimal stays one, so that money is compared exactly."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if hasattr(value, "isoformat"):
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    return value.item() if hasattr(value, "item") else value


def _agree(row: tuple[Any, ...], expected: tuple[Any, ...]) -> bool:
    """Whether two rows are equal, floats within the tolerance."""
    return len(row) == len(expected) and all(
        math.isclose(a, b, rel_tol=FLOAT_TOLERANCE) if isinstance(a, float) and isinstance(b, float | int) else a == b
        for a, b in zip(row, expected, strict=True)
    )


def test_every_question_is_answered_by_every_reader():
    asked = {question: [b.reader for b in blocks() if b.question == question] for question in QUESTIONS}
    assert len(asked) >= 6
    assert asked == {question: list(READERS) for question in QUESTIONS}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_four_readers_agree(question: str, opened: Mapping[str, Any]):
    answers = {}
    for block in blocks():
        if block.question == question:
            names = dict(opened)
            exec(compile(block.code, f"docs/query.md, {question}, {block.reader}", "exec"), names)  # noqa: S102 - as above
            answers[block.reader] = rows_of(names["answer"])

    spark_rows = answers.pop("Spark SQL")
    assert spark_rows, "no row: the small lake does not reach this question"
    for reader, rows in answers.items():
        assert len(rows) == len(spark_rows), reader
        for row, expected in zip(rows, spark_rows, strict=True):
            assert _agree(row, expected), f"{reader}: {row}, but Spark: {expected}"
