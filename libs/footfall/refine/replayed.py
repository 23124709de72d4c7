"""Rows of raw.quarantine that are read again from raw: where they lie there, and when they are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Table
from footfall.steps.sorting import REPLAYED
from footfall.tables.raw import WAITED_FOR

IN_QUARANTINE = "quarantine"  # in `_waited_for` of a row that is read again


@dataclass(frozen=True)
class ReplayedRows:
    """The places of the rows, and the moment at which those that are valid now become known."""

    places: DataFrame
    now: datetime


def replayed_places(quarantined: DataFrame, raw: Mapping[str, DataFrame], waiting: DataFrame | None) -> DataFrame:
    """Of rows of raw.quarantine those whose raw row is there (`raw` by feed), with the batch that took it as `taken_by`.

    Rows that wait all the same, for a rate say, are left to that: `waiting` are their places. Of a shop's Delta table no row
    has a place that lasts.
    """
    names = {"file": "_file", "position": "_position", "known_at": "_known_at", "taken_by": BATCH_ID.name}
    frames = [
        rows.select(F.lit(feed).alias("feed"), *(F.col(name).alias(column) for column, name in names.items()))
        for feed, rows in raw.items()
    ]
    columns = ("feed", "file", "position", "element", "known_at")
    places = quarantined.select(*columns)
    if waiting is not None:
        places = places.join(waiting, ["feed", "file", "position", "element"], "left_anti")
    if not frames:
        return places.where("false").withColumn("taken_by", F.lit(0).cast(BATCH_ID.type))
    return (
        reduce(DataFrame.unionByName, frames)
        .join(places, ["feed", "file", "position", "known_at"])
        .select(*columns, "taken_by")
    )


def as_waiting(places: DataFrame) -> DataFrame:
    """The places as rows that wait are noted, so that they are read with them."""
    return places.drop("known_at").withColumn("waits_for", F.lit(IN_QUARANTINE))


def with_replayed(checked: DataFrame, table: Table, now: datetime) -> DataFrame:
    """The checked rows with `_replayed`. What is read again is known from now on, whatever the mapping says of its clock.

    For it was in no table until now: features as of an earlier day did not see it, and are not to see it later.
    """
    is_replayed = F.coalesce(F.col(WAITED_FOR) == IN_QUARANTINE, F.lit(False))
    rows = checked.withColumn(REPLAYED, is_replayed)
    if "known_at" not in table.column_names:
        return rows
    moment = F.lit(now).cast("timestamp")
    known = F.greatest(moment, "event_time") if "event_time" in table.column_names else moment
    return rows.withColumn("known_at", F.when(F.col(REPLAYED), known).otherwise(F.col("known_at")))
