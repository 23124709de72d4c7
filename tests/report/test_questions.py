"""What the page reads from the tables: as of a day, without a figure about too few people, to the row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from report_rows import CUT, DAY, REASONS, activity, identity, insight, line, profile, review, rows

from footfall.contract import Table
from footfall.errors import DataError
from footfall.report.data import ReportData, ReportShop
from footfall.report.page import render
from footfall.report.questions import READS, answers
from footfall.report.summary import summary
from footfall.tables import (
    DAILY_ACTIVITY,
    IDENTITIES,
    ITEMS,
    LEDGER,
    REVIEWS,
    SEGMENT_CATALOGUE,
    TEXT_INSIGHTS,
    USER_PROFILES,
    USER_SCORES,
)


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> Mapping[str, DataFrame]:
    """A shop with 12 people in profiles, seven reviews, and things that happened or were known too late."""
    rows_of: dict[Table, list[dict[str, Any]]] = {
        DAILY_ACTIVITY: [
            activity("a", date(2017, 12, 30), date(2017, 12, 30), 2, "10.50"),
            activity("b", date(2017, 12, 31), date(2017, 12, 31), 1, "4.25", "1.50"),
            activity("b", date(2017, 12, 31), DAY, 1, "99"),  # known too late
            activity("c", DAY, DAY, 1, "99"),  # happened too late
        ],
        SEGMENT_CATALOGUE: [
            {"as_of_date": DAY, "segment_id": 0, "segment_name": "Few", "user_count": 4, "user_share": 0.4,
             "amount_share": 0.9, "means": {"x": 1.0}, "lifts": {"x": 2.0}, "model_version": "segments/2"},
            {"as_of_date": DAY, "segment_id": 1, "segment_name": "Many", "user_count": 6, "user_share": 0.6,
             "amount_share": 0.1, "means": {"x": 3.0}, "lifts": {"x": -2.0}, "model_version": "segments/2"},
            {"as_of_date": date(2017, 12, 1), "segment_id": 1, "segment_name": "Old", "user_count": 9,
             "user_share": 1.0, "amount_share": 1.0, "means": {}, "lifts": {}, "model_version": "segments/1"},
        ],
        USER_PROFILES: [
            *(profile(n) for n in range(1, 9)),
            *(profile(n, value_class="at_risk", age_band="65+", net_amount_365d=Decimal(50)) for n in range(9, 13)),
            profile(13, as_of_date=date(2017, 12, 1)),
        ],
        USER_SCORES: [
            *({"as_of_date": DAY, "user_id": f"u{n:03d}", "model": "churn", "score": n / 60, "reasons": REASONS,
               "served_by": "logistic regression", "model_version": "churn/1"}
              for n in range(60)),
            {"as_of_date": DAY, "user_id": "x", "model": "other", "score": 1.0, "reasons": REASONS},
        ],
        TEXT_INSIGHTS: [
            *(insight(n, f"a{n}", 0.9 - n / 100) for n in range(5)),
            insight(5, "a5", 0.2, item_id="milk"),
            insight(6, "a6", 0.1, known_at=CUT),  # known at the cut: too late
        ],
        IDENTITIES: [
            *(identity(f"p{n}", f"p{n}", "own actor") for n in range(5)),
            *(identity(f"v{n}", f"p{n}", "visitor") for n in range(5)),
            identity("c0", "p0", "card"),  # so few people that it is left out
            identity("v0", "v0", "own actor", known_to=CUT - timedelta(days=1)),  # no more
            identity("p1", "p0", "email", known_from=CUT),  # known at the cut: too late
            identity("v2", "p9", "phone", valid_to=CUT - timedelta(days=9)),  # once
        ],
        REVIEWS: [
            review(0, "en", "The very best bread"), review(1, "en", "Really good bread"), review(2, "zh", "面包非常非常好吃啊"),
            review(3, "en", "short"), review(4, None, "no language here"), review(5, "en", "The milk was sour"),
            review(6, "en", "Known too late to tell"),
        ],
        ITEMS: [
            {"item_id": "bread", "department": "BAKERY"}, {"item_id": "milk", "department": "DAIRY"},
            {"item_id": "bread", "department": "OLD", "valid_to": CUT},
        ],
    }  # fmt: skip
    return {table.full_name: rows(spark, table, rows_of.get(table, [])) for table in READS}


@pytest.fixture(scope="module")
def ledger(spark: SparkSession) -> DataFrame:
    lines = [
        line("refine_order_lines", 1, "refined.order_lines", (10, 6, 2, 1, 1), skipped_reasons={"nothing_sold": 1},
             broken_rules={"amount_not_negative": 2}),
        line("refine_order_lines", 2, "refined.order_lines", (5, 3, 0, 0, 2), skipped_reasons={"nothing_sold": 2}),
        line("refine_items", 1, "refined.items", (7, 7, 0, 0, 0)),
        line("refine_items", 2, "refined.items", (9, 8, 1, 0, 0), broken_rules={"item_known": 1}),
        # a row waits in two batches, and lands with the third; of three in quarantine one is sound by then
        line("refine_events", 1, "refined.events", (5, 1, 3, 0, 0), rows_waiting=1,
             broken_rules={"event_type_known": 2, "dwell_not_negative": 2}),
        line("refine_events", 2, "refined.events", (2, 1, 0, 0, 0), rows_waiting=1),
        line("refine_events", 3, "refined.events", (3, 2, 1, 0, 0), rows_replayed=2,
             broken_rules={"dwell_not_negative": 1}, replayed_rules={"event_type_known": 2, "dwell_not_negative": 1}),
        line("refine_reviews", 1, "refined.reviews", (1, 0, 0, 0, 0), rows_waiting=1),
        line("refine_reviews", 2, "refined.reviews", (1, 0, 0, 0, 0), rows_waiting=1),
        line("daily_activity", 1, "results.daily_activity", (0, 9, 0, 0, 0)),
    ]  # fmt: skip
    return rows(spark, LEDGER, lines)


@pytest.fixture(scope="module")
def results(frames: Mapping[str, DataFrame], ledger: DataFrame) -> dict[str, pd.DataFrame]:
    return answers(frames, ledger=ledger, as_of=DAY, time_zone="America/New_York", portraits=3, examples=1)


def listed(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    chosen = list(columns) or list(frame.columns)
    return [tuple(None if v is None or v != v else v for v in row) for row in frame[chosen].itertuples(index=False)]


def test_the_headline_counts_what_happened_and_was_known_before_the_day(results: dict[str, pd.DataFrame]):
    assert listed(results["headline"]) == [(2, 3, 6, 13.25, 1.5, date(2017, 12, 30), date(2017, 12, 31))]


def test_identifiers_are_counted_by_people_and_evidence_as_of_the_day(results: dict[str, pd.DataFrame]):
    assert listed(results["identifier_counts"]) == [
        ("all", "", 11, 5),
        ("evidence", "visitor", 5, 5),
        ("size", "3", 3, 1),
        ("size", "2", 8, 4),
    ]


def test_groups_of_the_day_come_largest_first_and_small_ones_without_means(results: dict[str, pd.DataFrame]):
    assert listed(results["segment_sizes"], "segment_name", "user_count", "means", "lifts") == [
        ("Many", 6, {"x": 3.0}, {"x": -2.0}),
        ("Few", 4, None, None),
    ]


def test_value_classes_share_people_and_money_and_small_ones_have_no_mean(results: dict[str, pd.DataFrame]):
    assert listed(
        results["value_classes"], "value_class", "user_count", "user_share", "amount_share", "recency_days"
    ) == [
        ("loyal", 8, 8 / 12, 0.8, 10.0),
        ("at_risk", 4, 4 / 12, None, None),
    ]


def test_people_are_counted_in_bands_of_a_tenth_and_only_of_churn(results: dict[str, pd.DataFrame]):
    bands = results["churn_bands"]
    assert listed(bands, "from_probability", "to_probability", "user_count")[0] == (0.0, 0.1, 6)
    assert bands["user_count"].sum() == 60
    assert bands["expected_churners"].sum() == pytest.approx(sum(range(60)) / 60)


def test_reasons_are_those_that_raise_the_risk_of_the_riskiest_tenth(results: dict[str, pd.DataFrame]):
    assert listed(results["churn_reasons"]) == [("recency_days", 6, 1.0, 6)]


def test_reviews_known_at_the_cut_do_not_count(results: dict[str, pd.DataFrame]):
    months = listed(results["sentiment_by_month"], "month_begin", "review_count", "positive_count")
    assert months == [(date(2017, 12, 1), 6, 5)]


def test_departments_are_shown_where_five_people_wrote(results: dict[str, pd.DataFrame]):
    assert listed(results["sentiment_by_department"], "department", "review_count", "positive_count") == [
        ("BAKERY", 5, 5)
    ]


def test_the_most_positive_and_most_negative_review_of_each_language_are_shown_without_short_ones(
    results: dict[str, pd.DataFrame],
):
    assert listed(results["example_reviews"], "review_language", "sentiment", "review_text") == [
        ("zh", "positive", "面包非常非常好吃啊"),
        ("en", "positive", "The very best bread"),
        ("en", "negative", "The milk was sour"),
        ("", "positive", "no language here"),
    ]


def test_portraits_are_in_the_middle_of_equal_parts_and_hide_what_few_people_share(results: dict[str, pd.DataFrame]):
    assert listed(results["portraits"], "pseudonym", "age_band", "household_type", "net_amount_365d") == [
        ("03abcdef", "45-54", "2 Adults", 100.0),
        ("07abcdef", "45-54", "2 Adults", 100.0),
        ("11abcdef", None, None, 50.0),
    ]
    assert results["portraits"]["churn_reasons"][0] == REASONS


def test_each_row_counts_once_and_of_a_table_that_is_replaced_only_the_last_batch(results: dict[str, pd.DataFrame]):
    assert listed(results["row_counts"]) == [
        ("shop_log", "refined.order_lines", 15, 9, 2, 1, 0, 3, 0, 0),
        ("shop_log", "refined.items", 9, 8, 1, 0, 0, 0, 0, 0),
        ("shop_log", "refined.events", 6, 4, 2, 0, 0, 0, 0, 0),
        ("shop_log", "refined.reviews", 1, 0, 0, 0, 0, 0, 1, 0),
    ]
    assert listed(results["excluded_rows"], "target", "what", "reason", "row_count") == [
        ("refined.order_lines", "skipped", "nothing_sold", 3),
        ("refined.events", "rule broken", "dwell_not_negative", 2),
        ("refined.order_lines", "rule broken", "amount_not_negative", 2),
        ("refined.items", "rule broken", "item_known", 1),
    ]


def test_model_versions_are_those_of_the_results_of_the_day(results: dict[str, pd.DataFrame]):
    assert listed(results["model_versions"]) == [
        ("churn/1", "results.user_profiles", 12),
        ("segments/2", "results.user_profiles", 12),
        ("sentiment/1", "results.text_insights", 6),
    ]


def test_without_texts_and_portraits_none_leaves_the_tables(frames: Mapping[str, DataFrame], ledger: DataFrame):
    results = answers(frames, ledger=ledger, as_of=DAY, time_zone="America/New_York", portraits=0, examples=0)
    assert results["example_reviews"].empty
    assert results["portraits"].empty


def test_a_day_that_nobody_was_scored_for_is_an_error(frames: Mapping[str, DataFrame], ledger: DataFrame):
    with pytest.raises(DataError, match=r"nobody is in results\.user_profiles as of 2019-01-01"):
        answers(frames, ledger=ledger, as_of=date(2019, 1, 1), time_zone="UTC", portraits=1, examples=0)


ANSWERS: Mapping[str, Any] = {"as_of": DAY, "time_zone": "America/New_York", "portraits": 3, "examples": 1}
REASON = "auroc is +0.0010 from recency alone, 95% interval from -0.0070; at least +0.0000 is needed"


def changed(frames: Mapping[str, DataFrame], changes: Mapping[Table, DataFrame]) -> dict[str, DataFrame]:
    return {**frames, **{table.full_name: frame for table, frame in changes.items()}}


def people_without_scores(spark: SparkSession) -> dict[Table, DataFrame]:
    """Twelve portraits, and scores of the day, without a score, a group or a model version."""
    unknown = {"churn_probability": None, "churn_reasons": None, "churn_no_score_reason": REASON, "model_versions": []}
    scores = [
        {"as_of_date": DAY, "user_id": f"u{n:03d}", "model": "churn", "no_score_reason": REASON} for n in range(7)
    ]
    return {
        USER_PROFILES: rows(spark, USER_PROFILES, [profile(n, **unknown) for n in range(1, 13)]),
        USER_SCORES: rows(spark, USER_SCORES, scores),
    }


def test_a_baseline_that_serves_is_named_with_the_number_of_its_people(
    frames: Mapping[str, DataFrame], ledger: DataFrame
):
    scores = frames[USER_SCORES.full_name].withColumn("served_by", F.lit("baseline: recency alone"))
    results = answers(changed(frames, {USER_SCORES: scores}), ledger=ledger, **ANSWERS)
    assert listed(results["churn_serving"]) == [("baseline: recency alone", None, "churn/1", 60)]


def test_where_all_scores_are_null_people_are_portrayed_and_no_churner_is_counted(
    spark: SparkSession, frames: Mapping[str, DataFrame], ledger: DataFrame
):
    results = answers(changed(frames, people_without_scores(spark)), ledger=ledger, **ANSWERS)
    assert listed(results["churn_serving"]) == [(None, REASON, None, 7)]
    assert results["churn_bands"].empty
    assert results["churn_reasons"].empty
    assert listed(results["value_classes"], "value_class", "user_count", "churn_probability") == [("loyal", 12, None)]
    assert listed(results["portraits"], "pseudonym", "churn_probability", "churn_no_score_reason") == [
        ("03abcdef", None, REASON), ("07abcdef", None, REASON), ("11abcdef", None, REASON),
    ]  # fmt: skip
    assert listed(results["model_versions"]) == [("sentiment/1", "results.text_insights", 6)]


def test_a_shop_with_portraits_and_nothing_else_gets_its_page(
    spark: SparkSession, frames: Mapping[str, DataFrame], ledger: DataFrame
):
    empty = {table: rows(spark, table, []) for table in READS if table is not DAILY_ACTIVITY}
    portraits = {USER_PROFILES: people_without_scores(spark)[USER_PROFILES]}
    results = answers(changed(frames, {**empty, **portraits}), ledger=ledger, **ANSWERS)
    with_rows = {name for name, frame in results.items() if len(frame)}
    assert with_rows == {"headline", "value_classes", "portraits", "row_counts", "excluded_rows"}
    page = render(
        ReportData(
            shop=ReportShop("Corner", "America/New_York", "USD"),
            as_of=DAY, created_at=CUT, horizon_days=61, no_model_reasons={"churn": REASON}, **results,
        )
    )  # fmt: skip
    assert page.count('<article class="card">') == 3
    assert "Churn: no results, since auroc is +0.0010" in page


def test_where_all_people_withdrew_since_a_day_was_scored_its_page_has_nobody(
    spark: SparkSession, frames: Mapping[str, DataFrame], ledger: DataFrame
):
    empty = {table: rows(spark, table, []) for table in READS}
    results = answers(changed(frames, empty), ledger=ledger, is_scored=True, **ANSWERS)
    data = ReportData(
        shop=ReportShop("Corner", "America/New_York", "USD"),
        as_of=DAY, created_at=CUT, horizon_days=61, no_model_reasons={"churn": REASON}, **results,
    )  # fmt: skip
    page = render(data)
    assert '<article class="card">' not in page
    assert '<dd id="people">0</dd>' in page
    assert "0 customers, 0 orders" in summary(data, lake="lake", page="page")
