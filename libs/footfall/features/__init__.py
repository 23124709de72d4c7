"""Facts -> daily_activity, user_features, item_features, labels: `.sql` files over frames, each with the name of its result. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.features.calendar import BITS, MOST_DATES, YEAR, Calendar, days_of_people, of_people
from footfall.features.former import Former, days_before, items_before
from footfall.features.purchases import user_departments, user_variety
from footfall.steps.sql import run_sql


def daily_activity(
    *,
    order_lines: DataFrame,
    refund_lines: DataFrame,
    events: DataFrame,
    coupon_redemptions: DataFrame,
    reviews: DataFrame,
    time_zone: str,
) -> DataFrame:
    """The rows that new facts add to results.daily_activity; every input may be empty.

    Pass each fact once over all calls: sums are appended and never replaced.
    """
    return run_sql(
        "features", "daily_activity", values={"time_zone": time_zone}, order_lines=order_lines, refund_lines=refund_lines,
        events=events, coupon_redemptions=coupon_redemptions, reviews=reviews,
    )  # fmt: skip


def people_as_of(identities: DataFrame, *, dates: Sequence[date], time_zone: str) -> DataFrame:
    """Rows (as_of_date, cut, actor_id, user_id, valid_from, valid_to): which actor belongs to which person just before each cut."""
    values = {"dates": list(dates), "time_zone": time_zone}
    return run_sql("features", "people_as_of", values=values, identities=identities)


def user_features(
    *,
    daily_activity: DataFrame,
    order_lines: DataFrame,
    reviews: DataFrame,
    items: DataFrame,
    identities: DataFrame,
    dates: Sequence[date],
    time_zone: str,
    former: Former | None = None,
) -> DataFrame:
    """Rows of results.user_features: every person with an order known before a date, for each of the dates.

    With `former` the facts of a year before the first date are read, and no older ones; it must be enough for the dates.
    """
    ordered = sorted(dates)
    calendars = [Calendar.of(ordered[i : i + MOST_DATES], time_zone) for i in range(0, len(ordered), MOST_DATES)]
    parts = [
        _user_features(daily_activity, order_lines, reviews, items, identities, calendar, former)
        for calendar in calendars
    ]
    return reduce(DataFrame.unionByName, parts)


def _user_features(
    daily_activity: DataFrame,
    order_lines: DataFrame,
    reviews: DataFrame,
    items: DataFrame,
    identities: DataFrame,
    calendar: Calendar,
    former: Former | None,
) -> DataFrame:
    days, zone = calendar.frame(identities), {"time_zone": calendar.time_zone}
    lines = of_people(order_lines, identities, calendar)
    lines = lines.withColumn("bits_90d", calendar.window(F.col("event_date"), days=90).bitwiseAND(F.col(BITS)))
    begun, known = (calendar.known(F.col(clock)) for clock in ("valid_from", "known_at"))
    entries = items.withColumn(BITS, begun.bitwiseAND(known)).where(f"{BITS} != 0")
    names = run_sql("features", "item_names", values={"all_bits": calendar.all_bits}, items=entries)
    activity = days_of_people(daily_activity, identities, calendar, days=YEAR if former else None)
    ends = days_before(former, identities, first=calendar.first(YEAR))
    return run_sql(
        "features",
        "user_features",
        activity=run_sql("features", "user_activity", activity=activity, former=ends, calendar=days),
        variety=user_variety(lines, names, calendar),
        departments=user_departments(lines, names, calendar),
        habits=run_sql("features", "user_habits", values=zone, order_lines=lines, calendar=days),
        ratings=run_sql("features", "user_ratings", reviews=of_people(reviews, identities, calendar), calendar=days),
    )


def item_features(
    *,
    order_lines: DataFrame,
    refund_lines: DataFrame,
    reviews: DataFrame,
    identities: DataFrame,
    dates: Sequence[date],
    time_zone: str,
    former: Former | None = None,
) -> DataFrame:
    """Rows of results.item_features: every item sold, returned or reviewed before a date, for each of the dates; `former` as of people."""
    calendar = Calendar.of(dates, time_zone)
    days = YEAR if former else None
    return run_sql(
        "features",
        "item_features",
        order_lines=of_people(order_lines, identities, calendar, days=days),
        refund_lines=of_people(refund_lines, identities, calendar, days=days),
        reviews=of_people(reviews, identities, calendar, days=days),
        former=items_before(former, identities, first=calendar.first(YEAR)),
        calendar=calendar.frame(identities),
    )
