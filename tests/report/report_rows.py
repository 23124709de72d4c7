"""Rows of tables that the page reads, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from footfall.contract import Table

DAY = date(2018, 1, 1)
CUT = datetime(2018, 1, 1, 5, tzinfo=UTC)  # 00:00 of the day in New York
REASONS = [{"feature": "recency_days", "value": 40.0, "contribution": 0.5},
           {"feature": "net_amount_90d", "value": 9.0, "contribution": -0.2}]  # fmt: skip


def rows(spark: SparkSession, table: Table, values: list[dict[str, Any]]) -> DataFrame:
    """Rows of the table's shape; a column without a value is NULL."""
    names = (*table.column_names, "batch_id")
    return spark.createDataFrame([tuple(row.get(name) for name in names) for row in values], table.schema(*names))


def activity(actor: str, day: date, known: date, orders: int, paid: str, back: str = "0") -> dict[str, Any]:
    return {"actor_id": actor, "event_date": day, "known_date": known, "order_count": orders,
            "order_line_count": 2 * orders, "gross_amount_base": Decimal(paid), "refund_amount_base": Decimal(back)}  # fmt: skip


def identity(actor: str, user: str, evidence: str, **others: Any) -> dict[str, Any]:
    always = datetime(1970, 1, 1, tzinfo=UTC)
    return {
        "actor_id": actor,
        "user_id": user,
        "valid_from": always,
        "known_from": always,
        "evidence": evidence,
        **others,
    }


def profile(number: int, **others: Any) -> dict[str, Any]:
    plain = {"as_of_date": DAY, "user_id": f"{number:02d}abcdefgh", "value_class": "loyal", "net_amount_365d": Decimal(100),
             "recency_days": 10.0, "order_count_365d": 4, "churn_probability": number / 20, "age_band": "45-54",
             "household_type": "2 Adults", "churn_reasons": REASONS, "interests": ["PRODUCE"], "tenure_days": 50.0,
             "review_count": 0, "model_versions": ["churn/1", "segments/2"]}  # fmt: skip
    return plain | others


def insight(number: int, actor: str, probability: float, **others: Any) -> dict[str, Any]:
    sentiment = "positive" if probability >= 0.5 else "negative"
    plain = {"document_kind": "review", "document_id": f"r{number}", "text_id": f"t{number}",
             "event_date": date(2017, 12, 1), "actor_id": actor, "known_at": datetime(2017, 12, 2, tzinfo=UTC),
             "item_id": "bread", "sentiment": sentiment, "positive_probability": probability,
             "model_versions": ["sentiment/1"]}  # fmt: skip
    return plain | others


def review(number: int, language: str | None, text: str) -> dict[str, Any]:
    return {"review_id": f"r{number}", "language": language, "text": text}


def line(step: str, batch: int, target: str, counts: tuple[int, int, int, int, int], **why: Any) -> dict[str, Any]:
    names = ("rows_read", "rows_valid", "rows_quarantined", "rows_duplicate", "rows_skipped")
    feed = "" if step == "daily_activity" else "shop_log"
    return {"step": step, "batch_id": batch, "feed": feed, "target": target, "rows_late": 0,
            "rows_conflict": 0, "rows_waiting": 0, **dict(zip(names, counts, strict=True)), **why}  # fmt: skip
