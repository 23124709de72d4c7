"""Features of a person as of a date: boundaries of windows, of knowledge and of identity."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from features.shop_rows import ALWAYS, CUT, ZONE, D, happened, item, line, money, person, refund, rows, values_of
from footfall.contract.frames import conform
from footfall.features import daily_activity, user_features
from footfall.tables import (
    COUPON_REDEMPTIONS,
    DAILY_ACTIVITY,
    EVENTS,
    IDENTITIES,
    ITEMS,
    ORDER_LINES,
    REFUND_LINES,
    REVIEWS,
    USER_FEATURES,
)

SECOND = timedelta(seconds=1)
WINDOWS = (7, 30, 90, 365)


def test_a_window_of_w_days_holds_the_day_w_before_and_not_the_day_before_that(spark: SparkSession) -> None:
    days = (-1, 0, 1, 7, 8, 30, 31, 90, 91, 365, 366)
    features = _features(spark, lines=[line(f"o{n}", "ann", happened(n)) for n in days])
    counts, amounts = [f"order_count_{w}d" for w in WINDOWS], [f"gross_amount_{w}d" for w in WINDOWS]
    assert values_of(features, "recency_days", "tenure_days", *counts, *amounts) == [
        (1.0, 366.0, 2, 4, 6, 8, *money(["20", "40", "60", "80"]))
    ]


def test_gaps_and_weeks_are_measured_between_days_with_an_order(spark: SparkSession) -> None:
    # 84 days before is the last day of the 12th week, 364 that of the 52nd; the gap from 366 to 364 starts too early
    days = (1, 7, 8, 84, 85, 364, 366)
    lines = [line(f"o{n}", "ann", happened(n)) for n in days] + [line("again", "ann", happened(1, hour=20))]
    features = _features(spark, lines=lines)
    measures = ("active_weeks_12w", "active_weeks_52w", "gap_mean_days", "gap_max_days")
    assert values_of(features, *measures) == [(3, 5, (6 + 1 + 76 + 1 + 279) / 5, 279.0)]


def test_with_few_orders_gaps_are_undefined_not_zero(spark: SparkSession) -> None:
    lines = [line("o1", "one", happened(5)), line("o2", "two", happened(5)), line("o3", "two", happened(9))]
    features = _features(spark, lines=lines, people=[person("one"), person("two")])
    assert values_of(features, "user_id", "gap_mean_days", "gap_stddev_days", "gap_max_days") == [
        ("one", None, None, None),
        ("two", 4.0, None, 4.0),
    ]


def test_what_is_known_at_the_cut_was_not_known_before_it(spark: SparkSession) -> None:
    lines = [
        line("o1", "ann", happened(2, known=CUT - SECOND)),
        line("o2", "ann", happened(2, known=CUT), item_id="late", channel="app"),
    ]
    features = _features(spark, lines=lines, dates=(D, D + timedelta(days=1)))
    columns = ("as_of_date", "order_count_7d", "item_variety_90d", "department_shares_365d", "channel_shares_365d")
    assert values_of(features, *columns) == [
        (D, 1, 1, {"DAIRY": 1.0}, {"store": 1.0}),
        (D + timedelta(days=1), 2, 2, {"DAIRY": 0.5, "unknown": 0.5}, {"app": 0.5, "store": 0.5}),
    ]


def test_a_correction_takes_the_order_back_from_the_day_it_is_known_on(spark: SparkSession) -> None:
    lines = [line("o1", "ann", happened(40)), line("o2", "ann", happened(3))]
    correction = {
        "actor_id": "ann", "event_date": D - timedelta(days=3), "known_date": D, "order_count": -1, "order_line_count": -1,
        "quantity": Decimal(-1), "gross_amount_base": Decimal(-10), "discount_base": Decimal(0),
        "refund_quantity": Decimal(0), "refund_amount_base": Decimal(0), **dict.fromkeys(EVENT_COUNTS, 0),
    }  # fmt: skip
    features = _features(spark, lines=lines, dates=(D, D + timedelta(days=1)), corrections=[correction])
    assert values_of(features, "as_of_date", "recency_days", "order_count_30d", "gross_amount_90d") == [
        (D, 3.0, 1, *money(["20"])),
        (D + timedelta(days=1), 41.0, 0, *money(["10"])),
    ]


def test_shares_are_of_orders_and_money_and_missing_names_are_called_unknown(spark: SparkSession) -> None:
    saturday, night = happened(0, 4, of=date(2017, 6, 24)), happened(1, 23)
    lines = [
        line("o1", "ann", saturday, amount_base=Decimal(3), channel=None),
        line("o2", "ann", happened(1, 5), amount_base=Decimal(1), discount_base=Decimal(4), item_id="beer"),
        line("o2", "ann", happened(1, 5), line_number=2, amount_base=Decimal(4), item_id="nameless"),
        line("o3", "ann", happened(1, 12), amount_base=Decimal(0)),
        line("o4", "ann", night, amount_base=Decimal(0)),
    ]
    features = _features(spark, lines=lines)
    columns = (
        "morning_share_365d", "afternoon_share_365d", "evening_share_365d", "weekend_share_365d", "discount_share_90d",
        "department_shares_365d", "channel_shares_365d", "item_variety_90d", "category_variety_90d",
    )  # fmt: skip
    assert values_of(features, *columns) == [
        (
            0.25,
            0.25,
            0.0,
            0.25,
            4 / 12,
            {"DAIRY": 0.375, "DRINKS": 0.125, "unknown": 0.5},
            {"store": 0.75, "unknown": 0.25},
            3,
            2,
        )
    ]


def test_who_pays_nothing_has_no_shares_of_money(spark: SparkSession) -> None:
    features = _features(spark, lines=[line("o1", "ann", happened(1), amount_base=Decimal(0))])
    assert values_of(features, "department_shares_365d", "discount_share_90d", "order_value_90d") == [(None, None, 0.0)]


def test_nothing_lately_is_zero_and_what_would_need_an_order_is_null(spark: SparkSession) -> None:
    features = _features(spark, lines=[line("o1", "ann", happened(400))])
    counted = ("order_count_365d", "active_weeks_52w", "item_variety_90d", "category_variety_90d", "review_count_365d")
    assert values_of(features, *counted) == [(0,) * 5]
    undefined = (
        "order_value_90d",
        "discount_share_90d",
        "morning_share_365d",
        "channel_shares_365d",
        "rating_mean_365d",
    )
    assert values_of(features, *undefined) == [(None,) * 5]


def test_the_rating_is_a_mean_of_stars_that_were_given(spark: SparkSession) -> None:
    reviews = [
        {"actor_id": "ann", **happened(n), "rating": stars}
        for n, stars in ((0, 1), (1, 5), (2, None), (365, 4), (366, 1))
    ]
    features = _features(spark, lines=[line("o1", "ann", happened(10))], reviews=reviews)
    assert values_of(features, "review_count_365d", "rating_mean_365d", "recency_days", "activity_recency_days") == [
        (3, 4.5, 10.0, 1.0)
    ]


def test_a_login_on_day_5_adds_nothing_as_of_day_3(spark: SparkSession) -> None:
    """A phone's orders become Ann's when she logs in on it; what was told before does not change."""
    login = CUT + timedelta(days=4)
    people = [person("ann"), person("phone", known_to=login), person("phone", "ann", known_from=login)]
    lines = [line("o1", "ann", happened(9)), line("o2", "phone", happened(5))]
    features = _features(spark, lines=lines, people=people, dates=(D + timedelta(days=2), D + timedelta(days=5)))
    assert values_of(features, "as_of_date", "user_id", "order_count_30d") == [
        (D + timedelta(days=2), "ann", 1),
        (D + timedelta(days=2), "phone", 1),
        (D + timedelta(days=5), "ann", 2),
    ]


def test_an_order_belongs_to_whom_the_actor_was_at_its_time(spark: SparkSession) -> None:
    sold = happened(5, 0)["event_time"]  # a second-hand phone changes hands at the start of a day
    people = [person("phone", "ann", valid_to=sold), person("phone", "bob", valid_from=sold)]
    lines = [line("o1", "phone", happened(6, 23)), line("o2", "phone", happened(5, 0), item_id="beer")]
    features = _features(spark, lines=lines, people=people)
    assert values_of(features, "user_id", "recency_days", "department_shares_365d") == [
        ("ann", 6.0, {"DAIRY": 1.0}),
        ("bob", 5.0, {"DRINKS": 1.0}),
    ]


def test_without_facts_there_is_nobody(spark: SparkSession) -> None:
    assert values_of(_features(spark), "user_id") == []


@pytest.mark.parametrize("as_of", [D, D - timedelta(days=30)])
def test_nothing_that_is_known_later_matters(spark: SparkSession, as_of: date) -> None:
    cut = datetime(as_of.year, as_of.month, as_of.day, 4, tzinfo=UTC)
    full = _shop(spark)
    then = {
        "order_lines": full["order_lines"].where((F.col("event_date") < as_of) & (F.col("known_at") < F.lit(cut))),
        "reviews": full["reviews"].where((F.col("event_date") < as_of) & (F.col("known_at") < F.lit(cut))),
        "daily_activity": full["daily_activity"].where((F.col("event_date") < as_of) & (F.col("known_date") < as_of)),
        "items": full["items"]
        .where(F.col("known_at") < F.lit(cut))
        .withColumn("valid_to", F.lit(None).cast("timestamp")),
        "identities": full["identities"]
        .where(F.col("known_from") < F.lit(cut))
        .withColumn("known_to", F.when(F.col("known_to") < F.lit(cut), F.col("known_to"))),
    }
    features_now, features_then = (user_features(**facts, dates=(as_of,), time_zone=ZONE) for facts in (full, then))
    expected = values_of(features_then, *USER_FEATURES.column_names)
    assert len(expected) == 2
    assert values_of(features_now, *USER_FEATURES.column_names) == expected


EVENT_COUNTS = [c for c in DAILY_ACTIVITY.column_names if c.endswith("_count") and not c.startswith("order")]
CATALOGUE = [item("milk", "DAIRY", "MILK"), item("beer", "DRINKS", "BEER"), item("nameless", None, None)]


def _features(
    spark: SparkSession,
    *,
    lines: Sequence[dict[str, Any]] = (),
    reviews: Sequence[dict[str, Any]] = (),
    people: Sequence[dict[str, Any]] = (person("ann"),),
    corrections: Sequence[dict[str, Any]] = (),
    dates: Sequence[date] = (D,),
) -> DataFrame:
    facts = _facts(spark, lines, reviews, corrections)
    identities, items = rows(spark, IDENTITIES, *people), rows(spark, ITEMS, *CATALOGUE)
    return conform(
        user_features(**facts, identities=identities, items=items, dates=dates, time_zone=ZONE), USER_FEATURES
    )


def _facts(
    spark: SparkSession,
    lines: Sequence[dict[str, Any]],
    reviews: Sequence[dict[str, Any]],
    corrections: Sequence[dict[str, Any]] = (),
    refunds: Sequence[dict[str, Any]] = (),
) -> dict[str, DataFrame]:
    facts = {"order_lines": rows(spark, ORDER_LINES, *lines), "reviews": rows(spark, REVIEWS, *reviews)}
    empty = {"events": rows(spark, EVENTS), "coupon_redemptions": rows(spark, COUPON_REDEMPTIONS)}
    activity = daily_activity(**facts, **empty, refund_lines=rows(spark, REFUND_LINES, *refunds), time_zone=ZONE)
    if corrections:
        activity = activity.unionByName(rows(spark, DAILY_ACTIVITY, *corrections).drop("batch_id"))
    return {**facts, "daily_activity": activity}


def _shop(spark: SparkSession) -> dict[str, DataFrame]:
    """Two actors over 200 days with late rows, a renamed item, and a login that is known between the two dates."""
    login = CUT - timedelta(days=10)
    people = [person("ann"), person("bob"), person("phone", known_to=login), person("phone", "bob", known_from=login)]
    renamed = CUT - timedelta(days=15)
    items = [
        item("milk", "DAIRY", "MILK", valid_to=renamed),
        item("milk", "FRESH", "MILK", valid_from=renamed, known_at=CUT + SECOND),
        item("beer", "DRINKS", "BEER"),
    ]
    lines = [
        line(
            f"o{n}", ("ann", "bob", "phone")[n % 3] if n < 32 or n % 3 < 2 else "ann", happened(n, hour=n % 24),
            item_id=("milk", "beer", "ghost")[n % 3], amount_base=Decimal(n + 20),
        )
        for n in range(-10, 200, 7)
    ]  # fmt: skip
    for n, row in enumerate(lines):
        row["known_at"] += timedelta(days=(0, 3, 25)[n % 3])
    reviews = [
        {"actor_id": "ann", **happened(n, known=ALWAYS if n else CUT), "rating": 1 + n % 5} for n in range(0, 60, 9)
    ]
    refunds = [
        refund(f"r{n}", ("ann", "bob", "phone")[n % 3], happened(n, known=CUT - timedelta(days=n - (0, 9, 40)[n % 3])), "2.50")
        for n in range(-4, 100, 4)
    ]  # fmt: skip
    facts = _facts(spark, lines, reviews, refunds=refunds)
    return {**facts, "identities": rows(spark, IDENTITIES, *people), "items": rows(spark, ITEMS, *items)}
