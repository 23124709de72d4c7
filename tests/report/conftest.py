"""A small, wholly invented shop as the page gets it: a few rows of each frame, no Spark."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest

from footfall.report.data import ReportData, ReportShop, TableVersion


def interval(value: float, half: float = 0.01) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}


def curve(lead: float) -> list[dict[str, float]]:
    return [{"contacted": x / 10, "found": min(1.0, (x / 10) ** lead)} for x in range(11)]


CHURN: dict[str, Any] = {
    "metrics": {"auroc": interval(0.83), "auroc_gain": interval(0.02, 0.008)},
    "verdict": {"role": "learner", "serves": "logistic regression", "reason": "", "gates": []},
    "auroc": {
        "logistic regression": interval(0.83),
        "recency alone": interval(0.79),
        "RFM + logistic regression": interval(0.81),
    },
    "calibration_error": 0.021,
    "calibration": [{"predicted": p / 10, "observed": p / 10 + 0.01, "count": 40} for p in range(1, 9)],
    "gain_curve": {
        "logistic regression": curve(0.3),
        "recency alone": curve(0.4),
        "RFM + logistic regression": curve(0.35),
    },
    "people": 320,
    "positive_share": 0.19,
}
SEGMENTS: dict[str, Any] = {"verdict": {"role": "learner", "serves": "k-means", "reason": "", "gates": []}}
MISSED = "auroc is +0.0010 from recency alone, 95% interval from -0.0070; at least +0.0000 is needed"
SENTIMENT: dict[str, Any] = {
    "metrics": {"accuracy": interval(0.87), "accuracy_majority": interval(0.53)},
    "texts": 1007,
}


def portrait(pseudonym: str, probability: float, **others: Any) -> dict[str, Any]:
    plain = {
        "pseudonym": pseudonym,
        "age_band": None,
        "household_type": None,
        "tenure_days": 300.0,
        "recency_days": 12.0,
        "order_count_365d": 48,
        "net_amount_365d": 2134.0,
        "return_rate_365d": 0.0,
        "interests": ["PRODUCE", "DELI"],
        "spending_power": "high",
        "price_sensitivity": "low",
        "value_class": "champion",
        "segment_name": "Frequent, big-basket shoppers",
        "churn_probability": probability,
        "churn_served_by": "logistic regression",
        "churn_no_score_reason": None,
        "churn_reasons": [
            {"feature": "recency_days", "value": 12.0, "contribution": -0.8},
            {"feature": "net_amount_90d", "value": 1249.5, "contribution": 0.2},
            {"feature": "gap_mean_days_missing", "value": 1.0, "contribution": 0.1},
        ],
        "review_count": 2,
        "review_sentiment": 0.75,
        "complaint_share_365d": 0.5,
        "aspects_cared_about": ["price", "ease_of_use"],
    }
    return plain | others


@pytest.fixture
def report_data() -> ReportData:
    """The invented shop."""
    return ReportData(
        shop=ReportShop("Corner & Sons", "America/New_York", "USD"),
        as_of=date(2018, 1, 1),
        created_at=datetime(2018, 1, 2, 3, 4, tzinfo=UTC),
        horizon_days=61,
        headline=pd.DataFrame(
            [
                {
                    "user_count": 1200,
                    "order_count": 15432,
                    "order_line_count": 151_000,
                    "net_amount_base": 456_789.4,
                    "refund_amount_base": 0.0,
                    "first_date": date(2017, 1, 1),
                    "last_date": date(2017, 12, 31),
                }
            ]
        ),
        segment_sizes=pd.DataFrame(
            [
                (0, "Frequent, big-basket shoppers", 300, 0.25, 0.61, {"order_count_90d": 1.3, "net_amount_90d": 1.1}),
                (1, "Occasional, bargain-seeking shoppers", 896, 0.7467, 0.385, {"order_count_90d": -0.4}),
                (2, "Evening shoppers", 4, 0.0033, 0.005, None),
            ],
            columns=["segment_id", "segment_name", "user_count", "user_share", "amount_share", "lifts"],
        ),
        value_classes=pd.DataFrame(
            [
                ("champion", 240, 0.2, 0.6, 1141.97, 4.0, 51.5, 0.02),
                ("at_risk", 957, 0.7975, 0.4, 190.9, 90.0, 3.25, 0.41),
                ("new", 3, 0.0025, None, None, None, None, None),
            ],
            columns=["value_class", "user_count", "user_share", "amount_share", "amount_mean_365d", "recency_days",
                     "order_count_365d", "churn_probability"],
        ),
        churn_serving=pd.DataFrame(
            [("logistic regression", None, "churn/1", 1200)],
            columns=["served_by", "no_score_reason", "model_version", "user_count"],
        ),
        churn_bands=pd.DataFrame(
            [(0.0, 0.1, 800, 32.0), (0.1, 0.2, 300, 45.0), (0.8, 0.9, 100, 85.0)],
            columns=["from_probability", "to_probability", "user_count", "expected_churners"],
        ),
        churn_reasons=pd.DataFrame(
            [("recency_days", 118, 0.9833, 120), ("gap_max_days", 30, 0.25, 120)],
            columns=["feature", "user_count", "user_share", "people"],
        ),
        sentiment_by_month=pd.DataFrame(
            [(date(2017, 11, 1), 60, 33, 0.56), (date(2017, 12, 1), 40, 30, 0.71)],
            columns=["month_begin", "review_count", "positive_count", "positive_probability"],
        ),
        sentiment_by_department=pd.DataFrame(
            [("GROCERY", 50, 40, 6, 0.77), ("DELI", 30, 12, 15, 0.41), ("Wine", 5, 5, 0, 0.9)],
            columns=["department", "review_count", "positive_count", "negative_count", "positive_probability"],
        ),
        example_reviews=pd.DataFrame(
            [
                ("zh", "positive", 0.99, "房间很干净，服务也好。"),
                ("zh", "negative", 0.01, "质量太差，不会再买。"),
                ("en", "positive", 0.97, "Fresh bread <script>alert('x')</script> & kind people"),
            ],
            columns=["review_language", "sentiment", "positive_probability", "review_text"],
        ),
        aspects=pd.DataFrame(
            [("quality", 60, 40, 15), ("ease_of_use", 20, 5, 12)],
            columns=["aspect", "document_count", "praise_count", "blame_count"],
        ),
        example_clauses=pd.DataFrame(
            [("quality", "negative", 6, 10, "房间很干净，质量太差, 13800138000"),
             ("quality", "positive", 0, 12, "Solid <b>oak</b>, ring 0170 1234567")],
            columns=["aspect", "sentiment", "start_char", "end_char", "review_text"],
        ),
        topics=pd.DataFrame(
            [(3, 12, 2.5, 0.75, 4.2, 1.9, 9.1, True, True, ["the lid leaks, order 20171203", "lid leaks again"]),
             (0, 40, 38.0, 0.1, 1.1, 0.7, 1.6, False, False, [])],
            columns=["topic_id", "document_count_28d", "document_count_before", "negative_share_28d", "rise", "rise_low",
                     "rise_high", "is_rising", "is_new", "document_texts"],
        ),
        intents=pd.DataFrame(
            [("where_is_my_parcel", 31, 20), ("unknown", 9, 2)], columns=["intent", "ticket_count", "negative_count"]
        ),
        portraits=pd.DataFrame(
            [portrait("0a1b2c3d", 0.03, age_band="45-54"), portrait("9f8e7d6c", 0.71, review_count=0, review_sentiment=None)]
        ),
        row_counts=pd.DataFrame(
            [
                ("shop_transactions", "refined.order_lines", 160_000, 151_000, 60, 30, 10, 8_900, 0, 0),
                ("shop_reviews", "refined.reviews", 102, 100, 2, 0, 0, 0, 0, 0),
            ],
            columns=["feed", "target", "rows_read", "rows_valid", "rows_quarantined", "rows_duplicate", "rows_conflict",
                     "rows_skipped", "rows_waiting", "rows_late"],
        ),
        excluded_rows=pd.DataFrame(
            [
                ("shop_transactions", "refined.order_lines", "skipped", "nothing_sold", 8_900),
                ("shop_reviews", "refined.reviews", "rule broken", "rating_1_to_5", 2),
            ],
            columns=["feed", "target", "what", "reason", "row_count"],
        ),
        model_versions=pd.DataFrame(
            [
                ("churn/1", "results.user_profiles", 1200),
                ("segments/2", "results.user_profiles", 1200),
                ("sentiment/10", "results.text_insights", 60),
                ("sentiment/9", "results.text_insights", 40),
            ],
            columns=["model_version", "table_name", "row_count"],
        ),
        identifier_counts=pd.DataFrame(
            [("all", "", 3100, 1300), ("evidence", "visitor", 1500, 700), ("evidence", "email", 300, 290), ("size", "14", 14, 1),
             ("size", "9", 27, 3)],
            columns=["what", "name", "identifier_count", "user_count"],
        ),
        evaluations={"segments": SEGMENTS, "churn": CHURN, "sentiment": SENTIMENT},
        no_model_reasons={"topics": "not trained, since 12 texts are too few"},
        sources={"corner_shop": "Invented for these tests; who wrote which review is invented too."},
        tables=(
            TableVersion("refined.reviews", 1, 1, 100),
            TableVersion("results.user_profiles", 3, 2, 1200),
        ),
        code_version="0.1.0",
        batch_id=4,
    )  # fmt: skip


@pytest.fixture
def empty_report_data(report_data: ReportData) -> ReportData:
    """The same shop before anything was scored: every frame but the headline is empty, no model is in use."""
    emptied = {
        name: frame.iloc[:0]
        for name, frame in vars(report_data).items()
        if isinstance(frame, pd.DataFrame) and name != "headline"
    }
    plain = {"evaluations": {}, "no_model_reasons": {}, "tables": (), "sources": {}}
    return ReportData(**{**vars(report_data), **emptied, **plain})


@pytest.fixture
def data_with_baseline(report_data: ReportData) -> ReportData:
    """The shop where recency alone serves, since the learner missed its gate."""
    serving = report_data.churn_serving.assign(served_by="baseline: recency alone")
    verdict = {"role": "baseline", "serves": "baseline: recency alone", "reason": MISSED, "gates": []}
    people = report_data.portraits.assign(churn_served_by="baseline: recency alone")
    return dataclasses.replace(
        report_data,
        churn_serving=serving,
        portraits=people,
        evaluations={**report_data.evaluations, "churn": {**CHURN, "verdict": verdict}},
    )


@pytest.fixture
def data_without_models(report_data: ReportData) -> ReportData:
    """A shop of order lines only, whose models all missed their gates: portraits and value classes, no score, no text."""
    reason = f"{MISSED}; no baseline beats the trivial prediction"
    unknown = {"segment_name": None, "churn_probability": None, "churn_reasons": None, "churn_served_by": None,
               "churn_no_score_reason": reason, "review_count": 0, "review_sentiment": None,
               "complaint_share_365d": None, "aspects_cared_about": None}  # fmt: skip
    empty = ("segment_sizes", "churn_bands", "churn_reasons", "sentiment_by_month", "sentiment_by_department",
             "example_reviews", "aspects", "example_clauses", "topics", "intents", "model_versions")  # fmt: skip
    return dataclasses.replace(
        report_data,
        **{name: getattr(report_data, name).iloc[:0] for name in empty},
        churn_serving=pd.DataFrame(
            [(None, reason, None, 1200)], columns=["served_by", "no_score_reason", "model_version", "user_count"]
        ),
        value_classes=report_data.value_classes.assign(churn_probability=None),
        portraits=pd.DataFrame([portrait(name, 0.0, **unknown) for name in ("0a1b2c3d", "9f8e7d6c")]),
        evaluations={},
        no_model_reasons={"segments": "silhouette is too low", "churn": reason},
    )
