"""From which day on rows change what features tell: features as of a later date do, those as of it do not. Pure."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

DAY = "day"


def first_day(rows: DataFrame, *, time_zone: str) -> DataFrame:
    """One row with `day`, the first on which any of the rows had happened (or held) and was known; NULL where there are none."""
    return rows.agg(F.min(_day(rows, time_zone)).alias(DAY))


def first_day_of_actors(identities: DataFrame, activity: DataFrame, *, time_zone: str) -> DataFrame:
    """The same of what these identities change: what their actors did, once it was known who they were, or were no more.

    A row that was closed since is there twice, and changes nothing before its `known_to`.
    """
    days = activity.select("actor_id", _day(activity, time_zone).alias(DAY))
    since = F.when(F.count_if(F.lit(True)) > 1, F.min("known_to")).otherwise(F.min("known_from"))
    stays = identities.groupBy("actor_id", "user_id", "valid_from", "valid_to", "known_from").agg(since.alias("_since"))
    theirs = stays.select("actor_id", _local(F.col("_since"), time_zone).alias("_since"))
    return days.join(theirs, "actor_id", "inner").agg(F.min(F.greatest(DAY, "_since")).alias(DAY))


def changed_rows(before: DataFrame, now: DataFrame) -> DataFrame:
    """Rows that only one of two states of a table has, in all columns but `batch_id` and maps."""
    columns = [c for c, kind in now.dtypes if c in before.columns and c != "batch_id" and not kind.startswith("map<")]
    states = [state.select(*columns, F.lit(n).alias("_n")) for n, state in ((-1, before), (1, now))]
    counts = reduce(DataFrame.unionByName, states).groupBy(*columns).agg(F.sum("_n").alias("_n"))
    return counts.where("_n != 0").drop("_n")


def _day(rows: DataFrame, time_zone: str) -> Column:
    """The later one of the row's clocks: when it happened or began to hold, and when it was known."""
    days = [F.col(c) for c in ("event_date", "known_date") if c in rows.columns]
    days += [_local(F.col(c), time_zone) for c in ("valid_from", "known_at") if c in rows.columns]
    return F.greatest(*days)


def _local(instant: Column, time_zone: str) -> Column:
    return F.to_date(F.from_utc_timestamp(instant, time_zone))
