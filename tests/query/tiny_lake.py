"""A lake of three tables, written by the runner: what is closed, and a batch after it whose run was killed before it closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.contract import Table
from footfall.runtime.runner import Runner
from footfall.steps.step import Frames, Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import SEGMENT_CATALOGUE, feed_table

FIRST_DAY, SECOND_DAY = date(2018, 1, 1), date(2018, 1, 2)
CLOCK = datetime(2018, 1, 3, 6, tzinfo=UTC)
ORDERS = feed_table(
    "shop_orders", {"order": "string", "paid": "decimal(18,4)", "lines": "array<struct<item:int,price:double>>"}
)
ORDER_ROWS = [
    ("shop", "a.json", 0, CLOCK, None, "one", Decimal("1.5000"), [(1, 0.5), (2, 1.0)]),
    ("shop", "a.json", 1, CLOCK, None, "two", None, None),
]


class Killed(BaseException):
    """What a test raises in place of kill -9."""


def segment(day: date, number: int, name: str, users: int) -> tuple[Any, ...]:
    """A row of results.segment_catalogue."""
    return day, number, name, users, 0.5, 0.25, {"recency_days": 1.5 * number}, {"recency_days": 0.1}, "segments/1"


FIRST_ROWS = [segment(FIRST_DAY, 0, "new", 3), segment(FIRST_DAY, 1, "loyal", 5)]
SECOND_ROWS = [segment(SECOND_DAY, 0, "new", 4), segment(SECOND_DAY, 1, "loyal", 6)]
THIRD_ROWS = [segment(SECOND_DAY, 0, "not counted yet", 1)]


def write(
    spark: SparkSession,
    root: Path,
    table: Table,
    rows: Sequence[Any],
    *,
    days: Sequence[date] = (),
    killed: bool = False,
) -> None:
    """Runs a step that writes the rows; with `killed` the run ends after the write, before its batch is closed."""

    def apply(_: Frames) -> StepResult:
        return StepResult([Output(table, spark.createDataFrame(list(rows), table.schema()), as_of=days)])

    lake = Lake(spark, str(root))
    books = Books(lake, owner=Owner.this_process("a run"), now=CLOCK)
    step = Step(f"write_{table.name}", (), (table.full_name,), apply, values={"rows": [str(row) for row in rows]})
    with pytest.MonkeyPatch.context() as patch:
        if killed:
            patch.setattr(books, "close", _kill)
        try:
            Runner(lake, books, say=lambda _: None).run([step])
        except Killed:
            assert killed


def write_lake(spark: SparkSession, root: Path) -> None:
    """Two closed batches of results.segment_catalogue and an open one after them; one closed batch of raw.shop_orders."""
    write(spark, root, ORDERS, ORDER_ROWS)
    write(spark, root, SEGMENT_CATALOGUE, FIRST_ROWS, days=[FIRST_DAY])
    write(spark, root, SEGMENT_CATALOGUE, SECOND_ROWS, days=[SECOND_DAY])
    write(spark, root, SEGMENT_CATALOGUE, THIRD_ROWS, days=[SECOND_DAY], killed=True)


def _kill(*_: object, **__: object) -> None:
    raise Killed
