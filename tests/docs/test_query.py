"""docs/query.md: every block runs as it stands, and all ways give one answer to each question."""

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

from footfall.query import ClosedTable

ROOT = Path(__file__).resolve().parent.parent.parent
ENGINES = ("DuckDB", "Spark")  # each defines `sql`, which the blocks under **SQL** call
WAYS = ("SQL", "pandas", "Polars")
WITHOUT_SQL = "Which texts say nearly the same as a given one?"  # arithmetic of vectors
FLOAT_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Block:
    """One block of Python of the page: under which heading it stands, for which way, and its code."""

    question: str
    way: str
    code: str


def blocks() -> list[Block]:
    """Every block of Python of the page, in order; blocks of text are output."""
    blocks_in_order = []
    question = way = ""
    pattern = r"^## (?P<question>[^\n]+)$|^\*\*(?P<way>[^*\n]+)\*\*$|^```(?P<kind>\w*)\n(?P<code>.*?)^```$"
    page = (ROOT / "docs" / "query.md").read_text(encoding="utf-8")
    for match in re.finditer(pattern, page, re.MULTILINE | re.DOTALL):
        if match["question"]:
            question, way = match["question"], ""
        elif match["way"]:
            way = match["way"]
        elif match["kind"] != "text":
            assert match["kind"] == "python", f"a block of kind {match['kind']!r} would not be run"
            blocks_in_order.append(Block(question, way, match["code"]))
    return blocks_in_order


QUESTIONS = list(dict.fromkeys(block.question for block in blocks() if block.way in WAYS))


@pytest.fixture(scope="module")
def opened(spark: SparkSession, small_lake: str) -> Mapping[str, Mapping[str, Any]]:
    """What the page defines before its questions, for each engine, on the small lake instead of the demo's."""
    assert spark is not None  # started first, so that the page's own session is this one
    replacements = {'"build/lake"': repr(str(small_lake)), '".cache/jars"': repr(str(ROOT / ".cache/jars"))}
    names_by_engine = {}
    for engine in ENGINES:
        names: dict[str, Any] = {}
        for block in blocks():
            if block.way in ("", *ENGINES[: ENGINES.index(engine) + 1]):
                code = block.code
                for demo, small in replacements.items():
                    code = code.replace(demo, small)
                exec(compile(code, "docs/query.md", "exec"), names)  # noqa: S102 - the page is ours, and this is its test
        names_by_engine[engine] = names
    return names_by_engine


def rows_of(answer: Any) -> list[tuple[Any, ...]]:
    """The rows of a result of any kind, as Python values."""
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


def test_every_question_is_answered_in_every_way():
    ways = {question: [b.way for b in blocks() if b.question == question] for question in QUESTIONS}
    assert len(ways) >= 6
    expected = {question: list(WAYS) for question in QUESTIONS} | {WITHOUT_SQL: ["pandas", "Polars"]}
    assert ways == expected


def test_what_the_page_shows_of_a_table_holds(opened: Mapping[str, Mapping[str, Any]]):
    names = opened["DuckDB"]
    profiles = names["profiles"]
    assert isinstance(profiles, ClosedTable)
    day = profiles.to_pandas(["as_of_date"])["as_of_date"].max()
    chosen = profiles.to_pandas(
        ["value_class"], [("as_of_date", "=", day), ("value_class", "in", ["champion", "loyal"])]
    )
    assert set(chosen["value_class"]) == {"champion", "loyal"}
    assert list(names["loyal"].columns) == ["user_id", "net_amount_365d"]
    assert names["as_created"].version() == 0


@pytest.mark.parametrize("question", QUESTIONS)
def test_all_ways_give_the_same_answer(question: str, opened: Mapping[str, Mapping[str, Any]]):
    answers = {}
    for block in blocks():
        if block.question == question:
            for engine in ENGINES if block.way == "SQL" else ENGINES[:1]:
                names = dict(opened[engine])
                exec(compile(block.code, f"docs/query.md, {question}, {block.way}", "exec"), names)  # noqa: S102 - as above
                answers[engine if block.way == "SQL" else block.way] = rows_of(names["answer"])

    expected_rows = answers.pop("Polars")
    assert expected_rows, "no row: the small lake does not reach this question"
    for way, rows in answers.items():
        assert len(rows) == len(expected_rows), way
        for row, expected in zip(rows, expected_rows, strict=True):
            assert _agree(row, expected), f"{way}: {row}, but Polars: {expected}"
