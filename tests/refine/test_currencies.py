"""Amounts in the shop's currency: by the rate of the day, else of the last day before it that has one, of ten days at most."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from footfall.refine.currencies import with_base_amounts
from footfall.steps.sorting import EARLIER_RATE
from footfall.tables import ITEMS, ORDER_LINES, REFUND_LINES

FRIDAY = date(2024, 5, 3)
SHAPE = "n int, amount decimal(18,4), discount_amount decimal(18,4), currency string, event_date date, _warned array<string>"


def _rates(spark: SparkSession) -> Any:
    rows = [
        (FRIDAY, "EUR", Decimal("0.85")), (date(2024, 5, 6), "EUR", Decimal("0.9")), (FRIDAY, "JPY", Decimal("0.005147")),
    ]  # fmt: skip
    return spark.createDataFrame(rows, "rate_date date, currency string, rate decimal(18,10)")


def test_each_day_has_its_rate_and_days_without_one_the_last_before(spark: SparkSession) -> None:
    ten, one = Decimal("10.0000"), Decimal("1.0000")
    days = [date(2024, 5, 2), FRIDAY, date(2024, 5, 5), date(2024, 5, 6), date(2024, 5, 16), date(2024, 5, 17)]
    rows = [(n, ten, one, "EUR", day, []) for n, day in enumerate(days)]
    rows += [
        (6, Decimal("33.33"), None, "JPY", FRIDAY, []),
        (7, ten, one, "GBP", FRIDAY, []),
        (8, None, one, "EUR", FRIDAY, []),
    ]
    rows += [(9, ten, one, "CHF", FRIDAY, ["x"])]
    based = with_base_amounts(spark.createDataFrame(rows, SHAPE), ORDER_LINES, currency="GBP", rates=_rates(spark))
    values = based.orderBy("n").selectExpr("n", "amount_base", "discount_base", "_warned").collect()
    nothing = Decimal("0.0000")
    earlier = [EARLIER_RATE]
    assert [tuple(row) for row in values] == [
        (0, None, None, []),  # a rate does not hold before its day
        (1, Decimal("8.5000"), Decimal("0.8500"), []),
        (2, Decimal("8.5000"), Decimal("0.8500"), earlier),
        (3, Decimal("9.0000"), Decimal("0.9000"), []),
        (4, Decimal("9.0000"), Decimal("0.9000"), earlier),
        (5, None, None, []),  # the eleventh day
        (6, Decimal("0.1715"), nothing, []),  # 0.17154951
        (7, ten, one, []),
        (8, None, Decimal("0.8500"), []),
        (9, None, None, ["x"]),
    ]


def test_without_rates_only_the_shops_own_currency_has_a_value(spark: SparkSession) -> None:
    rows = [(0, Decimal(5), None, "GBP", FRIDAY, []), (1, Decimal(5), None, "EUR", FRIDAY, [])]
    frame = spark.createDataFrame(rows, SHAPE).drop("discount_amount")
    based = with_base_amounts(frame, REFUND_LINES, currency="GBP", rates=None).orderBy("n")
    assert "discount_base" not in based.columns
    assert [row["amount_base"] for row in based.collect()] == [Decimal("5.0000"), None]
    assert with_base_amounts(frame, ITEMS, currency="GBP", rates=None).columns == frame.columns
