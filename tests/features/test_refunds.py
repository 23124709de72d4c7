"""What comes back: on its own day, from when it was known, beside what was bought."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from features.shop_rows import CUT, ZONE, D, happened, item, line, money, person, refund, rows, values_of
from footfall.contract.frames import conform
from footfall.features import daily_activity, item_features, user_features
from footfall.tables import (
    COUPON_REDEMPTIONS,
    EVENTS,
    IDENTITIES,
    ITEM_FEATURES,
    ITEMS,
    ORDER_LINES,
    REFUND_LINES,
    REVIEWS,
    USER_FEATURES,
)

WINDOWS = (7, 30, 90, 365)
GROSS, REFUND, NET = ([f"{kind}_amount_{w}d" for w in WINDOWS] for kind in ("gross", "refund", "net"))
RATES = ("return_rate_90d", "return_rate_365d")


def _day(number: int) -> date:
    return D + timedelta(days=number)


def _features(
    spark: SparkSession,
    lines: Sequence[dict[str, Any]],
    refunds: Sequence[dict[str, Any]],
    *,
    people: Sequence[dict[str, Any]] = (person("ann"),),
    dates: Sequence[date] = (D,),
) -> DataFrame:
    facts = {"order_lines": rows(spark, ORDER_LINES, *lines), "reviews": rows(spark, REVIEWS)}
    activity = daily_activity(
        **facts, refund_lines=rows(spark, REFUND_LINES, *refunds), events=rows(spark, EVENTS),
        coupon_redemptions=rows(spark, COUPON_REDEMPTIONS), time_zone=ZONE,
    )  # fmt: skip
    who = {"identities": rows(spark, IDENTITIES, *people), "items": rows(spark, ITEMS, item("milk", "DAIRY", "MILK"))}
    features = user_features(daily_activity=activity, **facts, **who, dates=dates, time_zone=ZONE)
    return conform(features, USER_FEATURES)


def test_a_refund_counts_in_the_windows_of_its_own_day_and_from_when_it_was_known(spark: SparkSession) -> None:
    lines = [line("o1", "ann", happened(40), amount_base=Decimal(100))]
    refunds = [refund("r1", "ann", happened(8), "30"), refund("r2", "ann", happened(7, known=CUT), "50")]
    dates = tuple(_day(n) for n in (-8, -7, 0, 1, 22, 60))
    features = _features(spark, lines, refunds, dates=dates)
    columns = ("as_of_date", *GROSS, *REFUND, *NET, *RATES, "order_value_90d")
    bought, long_ago = money(["0", "0", "100", "100"]), money(["0", "0", "0", "100"])
    expected = [
        # the day of the first refund is not over: the purchase counts in full
        (_day(-8), *bought, *money(["0"] * 4), *bought, 0.0, 0.0, 100.0),
        (_day(-7), *bought, *money(["30"] * 4), *money(["-30", "-30", "70", "70"]), 0.3, 0.3, 70.0),
        # the second refund is of a day within the week, and known at the cut only
        (_day(0), *bought, *money(["0", "30", "30", "30"]), *money(["0", "-30", "70", "70"]), 0.3, 0.3, 70.0),
        (_day(1), *bought, *money(["0", "80", "80", "80"]), *money(["0", "-80", "20", "20"]), 0.8, 0.8, 20.0),
        (_day(22), *bought, *money(["0", "80", "80", "80"]), *money(["0", "-80", "20", "20"]), 0.8, 0.8, 20.0),
        # the purchase has left the window of 90 days, what came back of it has not
        (_day(60), *long_ago, *money(["0", "0", "80", "80"]), *money(["0", "0", "-80", "20"]), None, 0.8, None),
    ]
    assert values_of(features, *columns) == sorted(expected, key=str)


def test_who_ordered_and_cancelled_for_5000_is_worth_nothing(spark: SparkSession) -> None:
    lines = [
        line("o1", "cancels", happened(3, 13), amount_base=Decimal(5000)),
        line("o2", "keeps", happened(20), amount_base=Decimal(10)),
        line("o3", "returns", happened(3), amount_base=Decimal(0)),  # a gift
    ]
    refunds = [
        refund("o1", "cancels", happened(3, 14), "5000", order_id="o1"),
        refund("o2", "keeps", happened(1), "2.50", order_id="o2", quantity=None),
        refund("r1", "returns", happened(3), "2"),  # bought before the log begins
        refund("r2", "stranger", happened(3), "4"),
    ]
    people = [person(name) for name in ("cancels", "keeps", "returns", "stranger")]
    features = _features(spark, lines, refunds, people=people)
    money_of = ("gross_amount_365d", "refund_amount_365d", "net_amount_365d")
    columns = ("user_id", *money_of, "return_rate_365d", "order_value_90d", "order_count_365d", "activity_recency_days")
    assert values_of(features, *columns) == [
        ("cancels", *money(["5000", "5000", "0"]), 1.0, 0.0, 1, 3.0),
        ("keeps", *money(["10", "2.50", "7.50"]), 0.25, 7.5, 1, 20.0),  # what comes back is no activity
        ("returns", *money(["0", "2", "-2"]), None, -2.0, 1, 3.0),
    ]


def test_without_refunds_net_is_gross(spark: SparkSession) -> None:
    features = _features(spark, [line("o1", "ann", happened(n)) for n in (1, 8, 366)], [])
    assert values_of(features, *GROSS, *NET, *REFUND, *RATES) == [
        (*money(["10", "20", "20", "20"] * 2), *money(["0"] * 4), 0.0, 0.0)
    ]


def test_a_refund_belongs_to_whom_its_actor_was_known_to_be(spark: SparkSession) -> None:
    login = CUT + timedelta(days=1)
    people = [person("ann"), person("phone", known_to=login), person("phone", "ann", known_from=login)]
    features = _features(
        spark, [line("o1", "ann", happened(9))], [refund("r1", "phone", happened(5), "4")],
        people=people, dates=(_day(1), _day(2)),
    )  # fmt: skip
    assert values_of(features, "as_of_date", "user_id", "net_amount_30d") == [
        (_day(1), "ann", *money(["10"])), (_day(2), "ann", *money(["6"])),
    ]  # fmt: skip


def test_an_items_refunds_count_beside_its_sales_and_alone(spark: SparkSession) -> None:
    lines = [line(f"o{n}", "ann", happened(n)) for n in (1, 90, 91)]
    refunds = [
        refund("r1", "ann", happened(90), "4", quantity=Decimal("0.500")),
        refund("r2", "ann", happened(91), "1"),  # a day before the window
        refund("r3", "ann", happened(1, known=CUT), "9"),  # known too late
        refund("r4", "bob", happened(2), "1", quantity=None),  # of units that nobody knows
        refund("r5", "bob", happened(5), "3", item_id="tea"),  # bought before the log begins
        refund("r6", "bob", happened(400), "3", item_id="jar"),
        refund("r7", "bob", happened(5), "3", item_id=None),
    ]
    features = item_features(
        order_lines=rows(spark, ORDER_LINES, *lines), refund_lines=rows(spark, REFUND_LINES, *refunds),
        reviews=rows(spark, REVIEWS), identities=rows(spark, IDENTITIES, person("ann"), person("bob")),
        dates=(D,), time_zone=ZONE,
    )  # fmt: skip
    columns = (
        "item_id", "gross_amount_90d", "refund_amount_90d", "net_amount_90d", "quantity_90d", "refund_quantity_90d",
        "return_rate_90d", "order_count_90d", "recency_days",
    )  # fmt: skip
    none, half, whole, two = (Decimal(units) for units in ("0.000", "0.500", "1.000", "2.000"))
    assert values_of(conform(features, ITEM_FEATURES), *columns) == [
        ("jar", *money(["0", "0", "0"]), none, none, None, 0, None),
        ("milk", *money(["20", "5", "15"]), two, half, 0.25, 2, 1.0),
        ("tea", *money(["0", "3", "-3"]), none, whole, None, 0, None),
    ]
