"""A tiny lake for tests of the runner: a table of numbers, their sum, steps that write them, and a kill."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame

from footfall.contract import Column, Layer, Rule, Table, Written
from footfall.runtime.inputs import Champions
from footfall.runtime.runner import Runner
from footfall.steps import sorting
from footfall.steps.step import FactRows, Frames, Output, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner

NOW = datetime(2024, 3, 1, tzinfo=UTC)
NUMBERS = Table(
    "numbers",
    Layer.REFINED,
    1,
    "one row a number",
    (Column("n", "int", "it"),),
    ("n",),
    (Rule("small", "n < 100"),),
)
TOTAL = Table(
    "total",
    Layer.RESULTS,
    1,
    "one row",
    (Column("total", "bigint", "sum"),),
    ("total",),
    (Rule("positive", "total > 0"),),
    Written.REPLACE,
)
FACT_SHAPE = (
    "n int, _feed string, _file string, _position long, "
    "_skipped string, _unreadable array<string>, _raw_row struct<n:int>, _taken_at timestamp"
)


class Killed(BaseException):
    """What a test raises in place of kill -9."""


def runner_of(
    lake: Lake, *, lines: list[str] | None = None, champions: Champions | None = None, **options: Any
) -> Runner:
    """A runner as a new process has it; `lines` collects what it prints, `options` go to Books."""
    books = Books(lake, **{"owner": Owner.this_process(), "now": NOW, **options})
    return Runner(lake, books, say=lines.append if lines is not None else lambda _: None, champions=champions)


def fact_rows(lake: Lake, *numbers: int) -> DataFrame:
    """The numbers as refine hands rows to the runner."""
    rows = [(n, "feed", "f", i, None, [], (n,), NOW) for i, n in enumerate(numbers)]
    return lake.spark.createDataFrame(rows, FACT_SHAPE)


def add_numbers(lake: Lake, *numbers: int, version: int = 1) -> Step:
    """A step of facts that adds numbers; another `version` makes it run again."""

    def apply(_: Frames) -> StepResult:
        rows = sorting.check_rules(fact_rows(lake, *numbers), NUMBERS)
        return StepResult([FactRows(NUMBERS, rows, {"feed": []}, sorting.quarantined(rows, NUMBERS))])

    return Step("add_numbers", (), ("refined.numbers",), apply, values={"version": version})


def sum_numbers() -> Step:
    """A computed table: the sum of all numbers."""

    def apply(frames: Frames) -> StepResult:
        return StepResult([Output(TOTAL, frames["refined.numbers"].selectExpr("coalesce(sum(n), 0) AS total"))])

    return Step("sum_numbers", (Read("refined.numbers"),), ("results.total",), apply)


def numbers_in(lake: Lake) -> list[int]:
    """The numbers in the newest version of the table."""
    return sorted(row["n"] for row in lake.read("refined.numbers").collect())


def ledger_of(lake: Lake) -> list[Mapping[str, Any]]:
    """The ledger's lines by step and batch."""
    return [row.asDict() for row in lake.read("books.ledger").orderBy("step", "batch_id").collect()]


def states_of(lake: Lake, step: str) -> list[tuple[int, str]]:
    """The states of a step's batches in the books, as (batch_id, state)."""
    rows = lake.read("books.batches").where(f"step = '{step}'").orderBy("batch_id", "state").collect()
    return [(row["batch_id"], row["state"]) for row in rows]
