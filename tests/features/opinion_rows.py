"""Hand-made insights and aspects for tests of opinions: a test states what matters, the rest is filled."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession

CLOCKS = "event_time timestamp, event_date date, known_at timestamp"
INSIGHTS = (
    f"document_id string, document_kind string, {CLOCKS}, actor_id string, item_id string, sentiment string, "
    "negative_probability double, positive_probability double, intent string"
)
ASPECTS = (
    f"document_id string, document_kind string, clause_number int, {CLOCKS}, actor_id string, item_id string, "
    "aspect string, sentiment string"
)
PROBABLE: dict[str | None, tuple[float | None, float | None]] = {
    None: (None, None),  # read by no model
    "negative": (0.75, 0.25),
    "neutral": (0.25, 0.25),
    "positive": (0.0, 0.5),
}  # of negative, of positive


def document(name: str, actor: str, clocks: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A negative review of the kettle unless stated."""
    row = {"document_id": name, "actor_id": actor, **clocks, "item_id": "kettle", "sentiment": "negative", **other}
    negative, positive = PROBABLE[row["sentiment"]]
    return {"document_kind": "review", "negative_probability": negative, "positive_probability": positive, **row}


def opinion(name: str, actor: str, clocks: dict[str, Any], aspect: str, **other: Any) -> dict[str, Any]:
    """A clause of a document that blames an aspect of the kettle, unless stated."""
    usual = {"document_kind": "review", "clause_number": 1, "item_id": "kettle", "sentiment": "negative"}
    return {**usual, "document_id": name, "actor_id": actor, **clocks, "aspect": aspect, **other}


def frame(spark: SparkSession, schema: str, *partial_rows: dict[str, Any]) -> DataFrame:
    """The rows in that shape; columns that are left out are NULL."""
    names = [part.split()[0] for part in schema.split(", ")]
    return spark.createDataFrame([tuple(row.get(name) for name in names) for row in partial_rows], schema)
