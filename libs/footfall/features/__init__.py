"""Facts -> daily_activity, user_features, item_features, labels: `.sql` files over frames, each with the name of its result. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame

from footfall.steps.sql import run_sql


def daily_activity(
    *, order_lines: DataFrame, events: DataFrame, coupon_redemptions: DataFrame, reviews: DataFrame, time_zone: str
) -> DataFrame:
    """The rows that new facts add to results.daily_activity; every input may be empty.

    Pass each fact once over all calls: sums are appended and never replaced.
    """
    return run_sql(
        "features", "daily_activity", values={"time_zone": time_zone},
        order_lines=order_lines, events=events, coupon_redemptions=coupon_redemptions, reviews=reviews,
    )  # fmt: skip


def people_as_of(identities: DataFrame, *, dates: Sequence[date], time_zone: str) -> DataFrame:
    """Rows (as_of_date, cut, actor_id, user_id, valid_from, valid_to): which actor belongs to which person just before each cut."""
    return run_sql("features", "people_as_of", values=_as_of(dates, time_zone), identities=identities)


def user_features(
    *,
    daily_activity: DataFrame,
    order_lines: DataFrame,
    reviews: DataFrame,
    items: DataFrame,
    identities: DataFrame,
    dates: Sequence[date],
    time_zone: str,
) -> DataFrame:
    """Rows of results.user_features: every person with an order known before a date, for each of the dates."""
    people = people_as_of(identities, dates=dates, time_zone=time_zone)
    categories = run_sql("features", "item_categories", values=_as_of(dates, time_zone), items=items)
    zone = {"time_zone": time_zone}
    return run_sql(
        "features",
        "user_features",
        activity=run_sql("features", "user_activity", values=zone, daily_activity=daily_activity, people=people),
        variety=run_sql("features", "user_variety", order_lines=order_lines, people=people, item_categories=categories),
        departments=run_sql(
            "features", "user_departments", order_lines=order_lines, people=people, item_categories=categories
        ),
        habits=run_sql("features", "user_habits", values=zone, order_lines=order_lines, people=people),
        ratings=run_sql("features", "user_ratings", reviews=reviews, people=people),
    )


def item_features(
    *, order_lines: DataFrame, reviews: DataFrame, identities: DataFrame, dates: Sequence[date], time_zone: str
) -> DataFrame:
    """Rows of results.item_features: every item sold or reviewed before a date, for each of the dates."""
    people = people_as_of(identities, dates=dates, time_zone=time_zone)
    return run_sql("features", "item_features", order_lines=order_lines, reviews=reviews, people=people)


def _as_of(dates: Sequence[date], time_zone: str) -> dict[str, object]:
    return {"dates": list(dates), "time_zone": time_zone}
