"""Features go on from an earlier date's: its rows and the facts of a year say the same as all facts, or it is not enough."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from features.shop_rows import ALWAYS, CUT, ZONE, D, happened, item, line, person, refund, rows, values_of
from footfall.contract import Table
from footfall.contract.frames import conform
from footfall.features import daily_activity, item_features, user_features
from footfall.features.former import Former, is_enough
from footfall.tables import (
    COUPON_REDEMPTIONS,
    DAILY_ACTIVITY,
    EVENTS,
    IDENTITIES,
    ITEM_FEATURES,
    ITEMS,
    ORDER_LINES,
    REFUND_LINES,
    REVIEWS,
    USER_FEATURES,
)

NEXT = (D + timedelta(days=1), D + timedelta(days=3))
YEAR_BEFORE = NEXT[0] - timedelta(days=365)
PEOPLE = [person(name) for name in ("ann", "bob", "cat", "dan")]


def _shop(spark: SparkSession) -> dict[str, DataFrame]:
    """Ann buys all the time, Bob bought long ago and only looked since, Cat and Dan are new; some things sold long ago only.

    Things come back soon, late, of old orders, and of which it is known late.
    """
    lines = [
        line("o1", "ann", happened(800), item_id="old"), line("o2", "ann", happened(366)), line("o3", "ann", happened(364)),
        line("o4", "ann", happened(3)), line("o5", "ann", happened(0)), line("o6", "bob", happened(500), item_id="gift"),
        line("o7", "cat", happened(-1), item_id="new"), line("o8", "dan", happened(30, known=CUT + timedelta(hours=30))),
    ]  # fmt: skip
    reviews = [
        {"actor_id": "bob", "item_id": name, **happened(n), "rating": 3} for name, n in (("told", 600), ("milk", 5))
    ]
    views = [{"actor_id": "bob", "event_id": str(n), **happened(n), "event_type": "view"} for n in (400, 370)]
    refunds = [
        refund("r1", "ann", happened(700), "4.00", item_id="old"), refund("r2", "ann", happened(365), "1.00"),
        refund("r3", "ann", happened(363), "2.00"), refund("r4", "bob", happened(2), "3.00", item_id="gift"),
        refund("r5", "ann", happened(0), "5.00"), refund("r6", "ann", happened(80, known=CUT + timedelta(hours=30)), "6.00"),
        refund("r7", "cat", happened(-2), "7.00", item_id="new"), refund("r8", "bob", happened(450), "8.00", item_id="returned"),
        refund("r9", "ann", happened(1), "9.00", item_id=None),
    ]  # fmt: skip
    facts = {
        "order_lines": rows(spark, ORDER_LINES, *lines), "refund_lines": rows(spark, REFUND_LINES, *refunds),
        "reviews": rows(spark, REVIEWS, *reviews),
    }  # fmt: skip
    activity = daily_activity(
        **facts, events=rows(spark, EVENTS, *views), coupon_redemptions=rows(spark, COUPON_REDEMPTIONS), time_zone=ZONE
    )
    return {**facts, "daily_activity": activity, "identities": rows(spark, IDENTITIES, *PEOPLE)}


def test_people_with_an_earlier_dates_rows_and_a_years_facts_are_told_as_by_all_facts(spark: SparkSession) -> None:
    shop = _shop(spark) | {"items": rows(spark, ITEMS, item("milk", "DAIRY", "MILK"))}
    del shop["refund_lines"]
    former = _kept(user_features(**shop, dates=(D,), time_zone=ZONE), USER_FEATURES)
    assert is_enough(D, shop["daily_activity"], shop["identities"], dates=NEXT, time_zone=ZONE)
    expected = _values(user_features(**shop, dates=NEXT, time_zone=ZONE), USER_FEATURES)
    assert len(expected) == 2 + 4  # Ann and Bob; then Cat too, and Dan's order is known
    lately = shop | {name: shop[name].where(F.col("event_date") >= YEAR_BEFORE) for name in FACTS if name in shop}
    assert _values(user_features(**lately, dates=NEXT, time_zone=ZONE, former=former), USER_FEATURES) == expected
    tenures = values_of(user_features(**lately, dates=NEXT[:1], time_zone=ZONE), "user_id", "tenure_days")
    assert tenures == [("ann", 365.0)]  # without the earlier date's rows: Ann's first order was 801 days before


def test_items_with_an_earlier_dates_rows_and_a_years_facts_are_told_as_by_all_facts(spark: SparkSession) -> None:
    shop = {name: frame for name, frame in _shop(spark).items() if name != "daily_activity"}
    former = _kept(item_features(**shop, dates=(D,), time_zone=ZONE), ITEM_FEATURES)
    expected = _values(item_features(**shop, dates=NEXT, time_zone=ZONE), ITEM_FEATURES)
    assert (
        len(expected) == 5 + 6
    )  # the new thing is sold on the day after the first date; one was returned, and never sold
    lately = shop | {name: shop[name].where(F.col("event_date") >= YEAR_BEFORE) for name in FACTS if name in shop}
    assert _values(item_features(**lately, dates=NEXT, time_zone=ZONE, former=former), ITEM_FEATURES) == expected
    assert ("old",) not in values_of(item_features(**lately, dates=NEXT[:1], time_zone=ZONE), "item_id")


def _kept(features: DataFrame, table: Table) -> Former:
    """The rows as a table has them, no more to be computed."""
    rows_as_of = conform(features, table)
    return Former(D, features.sparkSession.createDataFrame(rows_as_of.collect(), rows_as_of.schema))


def _row(days_before: int, known: int, **counts: int) -> dict[str, Any]:
    """Ann's day of daily_activity, known so many days before D."""
    zero = {c: 0 for c in DAILY_ACTIVITY.column_names if c.endswith("_count")}
    sums = ("quantity", "gross_amount_base", "discount_base", "refund_quantity", "refund_amount_base")
    money = dict.fromkeys(sums, Decimal(0))
    days = {"event_date": D - timedelta(days=days_before), "known_date": D - timedelta(days=known)}
    return {"actor_id": "ann", **days, **zero, **money, **counts}


@pytest.mark.parametrize(
    ("activity", "identity", "enough"),
    [
        (_row(900, 900, order_count=1), {}, True),  # seen as of D
        (_row(900, 1, order_count=-1), {}, True),
        (_row(364, 0, view_count=1), {}, True),  # the year of the first date begins with it
        (_row(365, 0, view_count=1), {}, False),  # known late
        (_row(365, -2, view_count=1), {}, False),  # seen as of the second date only
        (_row(365, -3, view_count=1), {}, True),  # seen as of no date
        (_row(10, 0, review_count=-1), {}, False),  # takes something back
        (_row(10, 0, refund_line_count=1), {}, True),  # what came back is added beside
        (_row(365, 0, refund_line_count=1), {}, False),
        (_row(900, 900, order_count=1), {"known_from": CUT + timedelta(hours=1)}, False),
        (_row(900, 900, order_count=1), {"known_from": CUT + timedelta(days=3)}, True),
        (_row(900, 900, order_count=1), {"known_from": ALWAYS, "known_to": CUT + timedelta(days=2)}, False),
    ],
)
def test_old_news_corrections_and_new_ties_need_all_facts(
    spark: SparkSession, activity: dict[str, Any], identity: dict[str, Any], enough: bool
) -> None:
    days, people = (
        rows(spark, DAILY_ACTIVITY, activity),
        rows(spark, IDENTITIES, person("ann"), person("ann-app", **identity)),
    )
    assert is_enough(D, days, people, dates=NEXT, time_zone=ZONE) is enough


FACTS = ("order_lines", "refund_lines", "reviews", "daily_activity")


def _values(frame: DataFrame, table: Table) -> list[Any]:
    return values_of(conform(frame, table), *table.column_names)
