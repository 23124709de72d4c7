"""Amounts of other currencies in the shop's, by the rate of their day or of the last day before it that has one. Pure."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.steps.sorting import EARLIER_RATE, WARNED
from footfall.tables.columns import MONEY

MOST_DAYS = 10  # so long a rate holds where no newer one is there: over a week end and the longest holidays of banks
_RATE, _RATE_DATE = "_rate", "_rate_date"


def currency_code(mapped: Collection[str], wanted: Collection[str], *, default: str) -> Column:
    """The currency of a row in capitals; where the mapping gives none, or an empty one beside an amount, the default."""
    if "currency" not in mapped:
        return F.lit(default)
    own = F.upper("currency")
    return F.coalesce(own, F.lit(default)) if "amount" in wanted else own


def with_base_amounts(rows: DataFrame, table: Table, *, currency: str, rates: DataFrame | None) -> DataFrame:
    """The rows with `amount_base` and `discount_base`, as far as the table has them: NULL where there is no rate.

    `currency` is the shop's, whose amounts stay as they are; `rates` is refined.fx_rates. A discount that is absent is 0. Where the
    rate is an earlier day's, that is a warning.
    """
    nothing = F.lit(None).cast(MONEY)
    amount = F.col("amount") if "amount" in rows.columns else nothing
    discount = F.coalesce("discount_amount", F.lit(0)) if "discount_amount" in rows.columns else F.lit(0)
    values = {"amount_base": amount, "discount_base": discount.cast(MONEY)}
    bases = {name: value for name, value in values.items() if name in table.column_names}
    if not bases:
        return rows
    at_par = F.col("currency") == currency
    if rates is None:
        return rows.withColumns({name: F.when(at_par, value) for name, value in bases.items()})
    joined = rows.join(F.broadcast(daily_rates(rates)), on=["currency", "event_date"], how="left")
    exact = {
        name: F.when(at_par, value).otherwise((value * F.col(_RATE)).try_cast(MONEY)) for name, value in bases.items()
    }
    is_earlier = ~at_par & amount.isNotNull() & (F.col(_RATE_DATE) < F.col("event_date"))
    warned = F.when(is_earlier, F.array_append(WARNED, F.lit(EARLIER_RATE))).otherwise(F.col(WARNED))
    return joined.withColumns({**exact, WARNED: warned}).drop(_RATE, _RATE_DATE)


def daily_rates(rates: DataFrame) -> DataFrame:
    """Rows (currency, event_date, `_rate`, `_rate_date`): each rate on its day, and on days without one after it, MOST_DAYS at most."""
    by_day = Window.partitionBy("currency").orderBy("rate_date")
    following = rates.withColumn("_next", F.lead("rate_date").over(by_day))
    last = F.least(F.date_add("rate_date", MOST_DAYS), F.date_sub("_next", 1))
    return following.select(
        "currency",
        F.explode(F.sequence("rate_date", last)).alias("event_date"),
        F.col("rate").alias(_RATE),
        F.col("rate_date").alias(_RATE_DATE),
    )
