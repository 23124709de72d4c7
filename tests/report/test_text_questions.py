"""What the page reads about texts: aspects, example clauses, topics, intents; on hand-made rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.contract import Table
from footfall.steps.sql import run_sql
from footfall.tables import REVIEWS, TEXT_ASPECTS, TEXT_INSIGHTS, TEXT_TOPICS
from report.test_questions import CUT, DAY, rows

WHEN = {"event_date": date(2017, 12, 1), "known_at": datetime(2017, 12, 2, tzinfo=UTC)}
VALUES: dict[str, Any] = {
    "as_of": DAY, "time_zone": "America/New_York", "least_people": 2, "examples": 1, "topics": 2
}  # fmt: skip


def query(
    spark: SparkSession, name: str, rows_of: Mapping[Table, list[dict[str, Any]]], **other: Any
) -> list[dict[str, Any]]:
    frames = {table.name: rows(spark, table, values) for table, values in rows_of.items()}
    return [row.asDict() for row in run_sql("report", name, values={**VALUES, **other}, **frames).collect()]


def clause(document: str, aspect: str, sentiment: str, **other: Any) -> dict[str, Any]:
    plain = {"document_kind": "review", "document_id": document, "text_id": f"t-{document}", "actor_id": f"by-{document}",
             "clause_number": 1, "aspect": aspect, "sentiment": sentiment, "start_char": 0, "end_char": 5, "probability": 0.9,
             "positive_probability": 0.9 if sentiment == "positive" else 0.1}  # fmt: skip
    return {**plain, **WHEN, **other}


CLAUSES = [
    clause("1", "price", "positive"),
    clause("1", "price", "negative", clause_number=2),  # the same review blames it too
    clause("2", "price", "negative", positive_probability=0.3),
    clause("3", "look", "positive"),  # one person alone
    clause("4", "price", "negative", known_at=CUT),  # known too late
]


def test_an_aspect_counts_a_document_once_and_only_where_several_people_mention_it(spark: SparkSession) -> None:
    assert query(spark, "aspects", {TEXT_ASPECTS: CLAUSES}) == [
        {"aspect": "price", "document_count": 2, "praise_count": 1, "blame_count": 2}
    ]


def test_the_clearest_clause_of_each_sentiment_is_the_example_of_its_aspect(spark: SparkSession) -> None:
    reviews = [{"review_id": n, "text_id": f"t-{n}", "text": f"text {n}"} for n in ("1", "2", "3")]
    results = query(spark, "example_clauses", {TEXT_ASPECTS: CLAUSES, REVIEWS: reviews})
    assert [(r["aspect"], r["sentiment"], r["review_text"], r["start_char"], r["end_char"]) for r in results] == [
        ("look", "positive", "text 3", 0, 5),
        ("price", "positive", "text 1", 0, 5),
        ("price", "negative", "text 1", 0, 5),
    ]


def topic(number: int, documents: int, users: int, **other: Any) -> dict[str, Any]:
    return {"as_of_date": DAY, "topic_id": number, "document_count_28d": documents, "user_count_28d": users,
            "document_count_before": 1.0, "p_value": 1.0, "is_rising": False, "is_new": False,
            "representative_text_ids": [f"t-{number}", "t-gone"], **other}  # fmt: skip


@pytest.mark.parametrize(("examples", "texts"), [(1, ["the lid leaks"]), (0, [])])
def test_rising_topics_come_first_with_a_text_of_each_where_texts_may_be_shown(
    spark: SparkSession, examples: int, texts: list[str]
) -> None:
    topics = [topic(0, 50, 9), topic(1, 9, 9), topic(2, 5, 5, is_rising=True, p_value=0.01), topic(3, 99, 1)]
    reviews = {REVIEWS: [{"review_id": "r", "text_id": "t-0", "text": "fine"},
                         {"review_id": "s", "text_id": "t-2", "text": "the lid leaks"}]}  # fmt: skip
    results = query(spark, "topics", {TEXT_TOPICS: topics, **reviews}, examples=examples)
    assert [row["topic_id"] for row in results] == [2, 0]
    assert results[0]["document_texts"] == texts


def test_intents_count_read_tickets_of_several_people(spark: SparkSession) -> None:
    def ticket(number: int, intent: str | None, sentiment: str = "neutral", **other: Any) -> dict[str, Any]:
        return {"document_kind": "ticket", "document_id": f"k{number}", "text_id": f"t{number}", "actor_id": f"a{number}",
                "intent": intent, "sentiment": sentiment, **WHEN, **other}  # fmt: skip

    tickets = [ticket(1, "refund", "negative"), ticket(2, "refund"), ticket(3, None), ticket(4, "unknown"),
            ticket(8, "unknown"), ticket(5, "invoice"),
            ticket(6, None, document_kind="review"), ticket(7, "refund", known_at=CUT)]  # fmt: skip
    assert query(spark, "intents", {TEXT_INSIGHTS: tickets}) == [
        {"intent": "refund", "ticket_count": 2, "negative_count": 1},
        {"intent": "unknown", "ticket_count": 2, "negative_count": 0},
    ]
