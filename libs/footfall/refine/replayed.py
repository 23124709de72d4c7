"""Rows of raw.quarantine that are read again from raw: where they lie there, and when they are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Table
from footfall.steps.places import element_of, position_of
from footfall.steps.sorting import FEED, FILE, IN_BATCH, POSITION, REPLAYED, TAKEN_AT
from footfall.tables.raw import WAITED_ELEMENTS, WAITED_FOR

IN_QUARANTINE = "quarantine"  # in `_waited_for` of a row that is read again
BESIDE = "beside"  # the same of one that came with such a row, and is no row of the batch
_PLACE = ("feed", "file", "position", "element", "known_at")


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
    places = quarantined.select(*_PLACE)
    if waiting is not None:
        places = places.join(waiting, ["feed", "file", "position", "element"], "left_anti")
    if not frames:
        return places.where("false").withColumn("taken_by", F.lit(0).cast(BATCH_ID.type))
    return (
        reduce(DataFrame.unionByName, frames)
        .join(places, ["feed", "file", "position", "known_at"])
        .select(*_PLACE, "taken_by")
    )


def as_waiting(places: DataFrame) -> DataFrame:
    """The places as rows that wait are noted, so that they are read with them."""
    return places.drop("known_at").withColumn("waits_for", F.lit(IN_QUARANTINE))


def with_deliveries(rows: DataFrame) -> DataFrame:
    """Raw rows of files of which some are read again: all others, and all other elements of a document, are read beside these."""
    waited = F.coalesce(WAITED_ELEMENTS, F.create_map().cast("map<int,string>"))
    others = F.create_map(F.lit(0), F.lit(BESIDE))
    elements = F.when(F.map_contains_key(waited, 0), waited).otherwise(F.map_concat(waited, others))
    return rows.withColumns({WAITED_FOR: F.coalesce(WAITED_FOR, F.lit(BESIDE)), WAITED_ELEMENTS: elements})


def of_batch(rows: DataFrame) -> DataFrame:
    """The rows without those that are read beside the batch's own."""
    return rows.where(IN_BATCH) if IN_BATCH in rows.columns else rows


def places_read(places: DataFrame, elements: Mapping[str, DataFrame]) -> DataFrame:
    """The places without those of elements of which there is no row any more, since the mapping takes another list by now.

    `elements` are the checked rows by the feeds whose rows are elements of documents.
    """
    frames = [
        rows.where(REPLAYED).select(
            F.col(FEED).alias("feed"),
            F.col(FILE).alias("file"),
            position_of(F.col(POSITION)).alias("position"),
            element_of(F.col(POSITION)).alias("element"),
            F.col(TAKEN_AT).alias("known_at"),
        )
        for rows in elements.values()
    ]
    if not frames:
        return places
    is_whole = ~F.col("feed").isin(*elements) | (F.col("element") == 0)
    of_elements = places.where(~is_whole).join(reduce(DataFrame.unionByName, frames), list(_PLACE), "left_semi")
    return places.where(is_whole).unionByName(of_elements)


def with_replayed(checked: DataFrame, table: Table, now: datetime) -> DataFrame:
    """The checked rows with `_replayed` and `_in_batch`. What is read again is known from now on, whatever its mapping says.

    For it was in no table until now: features as of an earlier day did not see it, and are not to see it later.
    """
    is_replayed = F.coalesce(F.col(WAITED_FOR) == IN_QUARANTINE, F.lit(False))
    rows = checked.withColumns({REPLAYED: is_replayed, IN_BATCH: ~F.col(WAITED_FOR).eqNullSafe(BESIDE)})
    if "known_at" not in table.column_names:
        return rows
    moment = F.lit(now).cast("timestamp")
    known = F.greatest(moment, "event_time") if "event_time" in table.column_names else moment
    return rows.withColumn("known_at", F.when(F.col(REPLAYED), known).otherwise(F.col("known_at")))
