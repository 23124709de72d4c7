"""Hand-made rows of the contracts' shape for tests of features and portraits: a test states what matters, the rest is filled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame, SparkSession

from footfall.contract import Table

ZONE = "America/New_York"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
D = date(2017, 7, 1)
CUT = datetime(2017, 7, 1, 4, tzinfo=UTC)
"""00:00 of D in New York."""


def rows(spark: SparkSession, table: Table, *partial_rows: dict[str, Any]) -> DataFrame:
    """A frame of the table's shape; columns that are left out are NULL, whatever the contract requires."""
    schema = table.schema(*table.column_names, "batch_id")
    return spark.createDataFrame([tuple(row.get(c.name) for c in table.all_columns) for row in partial_rows], schema)


def happened(days_before: int, hour: int = 12, *, known: datetime | None = None, of: date = D) -> dict[str, Any]:
    """The three clocks of a fact so many days before D, at that hour of the shop, known at once unless stated."""
    day = of - timedelta(days=days_before)
    when = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    return {"event_time": when, "event_date": day, "known_at": known or when}


def line(order: str, actor: str, clocks: dict[str, Any], **other: Any) -> dict[str, Any]:
    """An order line: line 1, one unit of milk for 10 without discount unless stated."""
    usual = {
        "line_number": 1, "item_id": "milk", "quantity": Decimal("1.000"),
        "amount_base": Decimal("10.0000"), "discount_base": Decimal("0.0000"), "channel": "store",
    }  # fmt: skip
    return {"order_id": order, "actor_id": actor, **clocks, **usual, **other}


def refund(name: str, actor: str, clocks: dict[str, Any], amount: str, **other: Any) -> dict[str, Any]:
    """A refund line: line 1, one unit of milk, of no known order unless stated."""
    usual = {"line_number": 1, "item_id": "milk", "quantity": Decimal("1.000"), "amount_base": Decimal(amount)}
    return {"refund_id": name, "actor_id": actor, **clocks, **usual, **other}


def person(actor: str, user: str | None = None, **other: Any) -> dict[str, Any]:
    """An identity row: always valid, always known, one actor one user unless stated."""
    return {"actor_id": actor, "user_id": user or actor, "valid_from": ALWAYS, "known_from": ALWAYS, **other}


def item(name: str, department: str | None, category: str | None, **other: Any) -> dict[str, Any]:
    """A catalogue entry that always held and was always known unless stated."""
    return {
        "item_id": name,
        "department": department,
        "category": category,
        "valid_from": ALWAYS,
        "known_at": ALWAYS,
        **other,
    }


def values_of(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows' values in these columns, sorted by their text."""
    return sorted((tuple(row) for row in frame.select(*columns).collect()), key=str)


def money(values: Sequence[str]) -> tuple[Decimal, ...]:
    """Decimals as the contract stores money."""
    return tuple(Decimal(value).quantize(Decimal("0.0001")) for value in values)
