"""Features as of an earlier date, from which first and last days are taken, so that old facts need not be read again. Pure.

All windows end within a year, so only first and last days can lie before it. They are the same as of a later date, unless
something became known in between that lies before the year, or that takes something back, or about who is who.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.features.calendar import YEAR, Calendar

FORMER_DAYS = {"user_id": "string", "event_date": "date", "has_order": "boolean"}
FORMER_ITEMS = {"item_id": "string", "event_date": "date"}


@dataclass(frozen=True)
class Former:
    """Rows of user_features or item_features as of one date, which is earlier than those that are made."""

    as_of: date
    features: DataFrame


def days_before(former: Former | None, beside: DataFrame, *, first: date) -> DataFrame:
    """Rows (user_id, event_date, has_order): first and last order day and last active day, of those before `first`."""
    if former is None:
        return _nothing(beside, FORMER_DAYS)
    ends = (("tenure_days", True), ("recency_days", True), ("activity_recency_days", False))
    structs = [F.struct(_day(former, days).alias("event_date"), F.lit(has).alias("has_order")) for days, has in ends]
    days = former.features.select("user_id", F.inline(F.array(*structs)))
    return days.where(F.col("event_date") < F.lit(first))


def items_before(former: Former | None, beside: DataFrame, *, first: date) -> DataFrame:
    """Rows (item_id, event_date): every item and the day on which it was last sold, NULL where that is not before `first`."""
    if former is None:
        return _nothing(beside, FORMER_ITEMS)
    sold = _day(former, "recency_days")
    return former.features.select("item_id", F.when(sold < F.lit(first), sold).alias("event_date"))


def is_enough(
    as_of: date, activity: DataFrame, identities: DataFrame, *, dates: Sequence[date], time_zone: str
) -> bool:
    """Whether features as of `dates` can be made from those as of an earlier date and the facts of a year before `dates`.

    `activity` is daily_activity. Collects a row.
    """
    calendar = Calendar.of((as_of, *dates), time_zone)
    began, ended = (calendar.known(F.col(c)).between(1, calendar.all_bits - 1) for c in ("known_from", "known_to"))
    changed = identities.where(began | ended).select(F.lit(1))
    return _old_or_taken_back(activity, calendar).unionAll(changed).isEmpty()


def _nothing(beside: DataFrame, types: Mapping[str, str]) -> DataFrame:
    """A frame without rows, which Spark leaves out of its plan."""
    return beside.limit(0).select(*(F.lit(None).cast(kind).alias(name) for name, kind in types.items()))


def _day(former: Former, days_ago: str) -> Column:
    return F.date_sub(F.lit(former.as_of), F.col(days_ago).cast("int"))


def _old_or_taken_back(activity: DataFrame, calendar: Calendar) -> DataFrame:
    """One column, with a row for each row seen as of a later date and not the first that lies before the year or subtracts."""
    day, known, year = F.col("event_date"), F.col("known_date"), calendar.dates[1] - timedelta(days=YEAR)
    first = F.lit(calendar.dates[0])
    is_new = ((day >= first) | (known >= first)) & (calendar.past(day).bitwiseAND(calendar.past(known)) != 0)
    counts = [F.col(c) for c in activity.columns if c.endswith("_count")]
    return activity.where(is_new & ((day < F.lit(year)) | (F.least(*counts) < 0))).select(F.lit(1))
