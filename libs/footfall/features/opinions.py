"""Opinions of people and about items as of dates, from their reviews and tickets: user_opinions, item_opinions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.features import people_as_of
from footfall.features.calendar import YEAR
from footfall.steps.sql import run_sql

MOST_ASPECTS = 3  # listed of those that a person cares about
MIN_MENTIONS = 2  # documents that mention an aspect, from which on the person cares about it


def user_opinions(
    *, text_insights: DataFrame, text_aspects: DataFrame, identities: DataFrame, dates: Sequence[date], time_zone: str
) -> DataFrame:
    """Rows of results.user_opinions: every person who wrote anything in the year before a date, for each of the dates."""
    return run_sql(
        "features", "user_opinions", values={"most_aspects": MOST_ASPECTS, "min_mentions": MIN_MENTIONS},
        text_insights=_of_year(text_insights, dates), text_aspects=_of_year(text_aspects, dates),
        people=people_as_of(identities, dates=dates, time_zone=time_zone),
    )  # fmt: skip


def item_opinions(
    *, text_insights: DataFrame, text_aspects: DataFrame, identities: DataFrame, dates: Sequence[date], time_zone: str
) -> DataFrame:
    """Rows of results.item_opinions: every item written about in the year before a date, for each of the dates."""
    return run_sql(
        "features", "item_opinions",
        text_insights=_of_year(text_insights, dates), text_aspects=_of_year(text_aspects, dates),
        people=people_as_of(identities, dates=dates, time_zone=time_zone),
    )  # fmt: skip


def _of_year(rows: DataFrame, dates: Sequence[date]) -> DataFrame:
    """What any of the dates looks back on; files are skipped by it."""
    first = min(dates) - timedelta(days=YEAR)
    return rows.where((F.col("event_date") >= F.lit(first)) & (F.col("event_date") < F.lit(max(dates))))
