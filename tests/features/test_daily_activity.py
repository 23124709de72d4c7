"""What becomes of new facts in results.daily_activity."""

from datetime import UTC, date, datetime
from decimal import Decimal

from pyspark.sql import SparkSession

from features.shop_rows import CUT, ZONE, happened, line, money, refund, rows, values_of
from footfall.contract.frames import conform
from footfall.features import daily_activity
from footfall.tables import COUPON_REDEMPTIONS, DAILY_ACTIVITY, EVENTS, ORDER_LINES, REFUND_LINES, REVIEWS

COUNTS = [c for c in DAILY_ACTIVITY.column_names if c not in ("actor_id", "event_date", "known_date")]
JUNE_30 = date(2017, 6, 30)


def test_facts_are_summed_exactly_by_actor_day_and_day_known(spark: SparkSession) -> None:
    late = {**happened(1), "known_at": CUT}  # 00:00 of the shop's next day: one day later than the rest
    activity = daily_activity(
        order_lines=rows(
            spark, ORDER_LINES,
            line("o1", "ann", happened(1), amount_base=Decimal("0.1000"), quantity=Decimal("89638.125")),
            line("o1", "ann", happened(1), line_number=2, amount_base=Decimal("0.2000"), discount_base=Decimal("0.0500")),
            line("o2", "ann", late),
        ),
        refund_lines=rows(
            spark, REFUND_LINES,
            refund("r1", "ann", happened(1), "0.2000"),
            refund("r1", "ann", happened(1), "0.1000", line_number=2, quantity=None, item_id=None),  # money only
            refund("r2", "ann", late, "10.0000", quantity=Decimal("0.500")),
            refund("r3", "dan", happened(1), "7.0000", quantity=None),  # bought nothing here
        ),
        events=rows(
            spark, EVENTS,
            {"actor_id": "ann", **happened(1), "event_type": "view"},
            {"actor_id": "ann", **happened(1), "event_type": "view", "bot_reason": "too fast"},
            {"actor_id": "bob", **happened(1), "event_type": "search"},
            {"actor_id": "cat", **happened(1), "event_type": "impression"},
        ),
        coupon_redemptions=rows(spark, COUPON_REDEMPTIONS, {"actor_id": "ann", **happened(1)}),
        reviews=rows(spark, REVIEWS, {"actor_id": "bob", **happened(1, hour=23)}),
        time_zone=ZONE,
    )  # fmt: skip
    two, half, none, nothing = (Decimal(units) for units in ("89639.125", "0.500", "0.000", "0.0000"))
    nothing_back = (0, none, nothing)
    assert values_of(conform(activity, DAILY_ACTIVITY), "actor_id", "event_date", "known_date", *COUNTS) == [
        (
            "ann",
            JUNE_30,
            JUNE_30,
            1,
            2,
            two,
            *money(["0.3", "0.05"]),
            2,
            Decimal("1.000"),
            *money(["0.3"]),
            1,
            0,
            0,
            0,
            0,
            1,
            0,
        ),
        (
            "ann",
            JUNE_30,
            date(2017, 7, 1),
            1,
            1,
            Decimal("1.000"),
            *money(["10", "0"]),
            1,
            half,
            *money(["10"]),
            *[0] * 7,
        ),
        ("bob", JUNE_30, JUNE_30, 0, 0, none, nothing, nothing, *nothing_back, 0, 1, 0, 0, 0, 0, 1),
        ("dan", JUNE_30, JUNE_30, 0, 0, none, nothing, nothing, 1, none, *money(["7"]), *[0] * 7),
    ]


def test_the_day_known_is_the_shops_day_not_that_of_utc(spark: SparkSession) -> None:
    evening = datetime(2017, 7, 1, 3, 59, 59, tzinfo=UTC)
    clocks = {"event_time": evening, "event_date": JUNE_30, "known_at": evening}
    reviews = rows(spark, REVIEWS, {"actor_id": "ann", **clocks})
    activity = _activity(spark, reviews=reviews)
    assert values_of(activity, "actor_id", "event_date", "known_date", "review_count") == [("ann", JUNE_30, JUNE_30, 1)]


def test_no_new_facts_add_no_rows(spark: SparkSession) -> None:
    assert values_of(conform(_activity(spark), DAILY_ACTIVITY), "actor_id") == []


def _activity(spark: SparkSession, **given):
    empty = {t.name: rows(spark, t) for t in (ORDER_LINES, REFUND_LINES, EVENTS, COUPON_REDEMPTIONS, REVIEWS)}
    return daily_activity(**(empty | given), time_zone=ZONE)
