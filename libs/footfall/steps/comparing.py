"""Rows of one key held against each other: which are new, redelivered or in conflict, and what numbers they get. Pure.

One shuffle and one sort by group, line, content and arrival; all windows go by it.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.steps.conflicts import IDENTITY, OF_TABLE, settled
from footfall.steps.line_keys import ARRIVED, KNOWN, LINE, Matching, delivery_file, hash_of, in_natural_order
from footfall.steps.sorting import (
    AGAIN,
    CONFLICT,
    DUPLICATE,
    FEED,
    FILE,
    IN_BATCH,
    LANDS,
    POSITION,
    REPLACES,
    SOUND,
    TAKEN_AT,
    own_number,
)

MOST_OF_A_KEY = (
    500  # rows of one key among which conflicts are told; of more, each content is a line, or where rows have keys
)
# by themselves, one row stays and all others are duplicates
_GROUP, _CONTENT, _FILE, _DELIVERY, _ORDINAL, _FRESH = (
    "_group", "_content", "_delivery_file", "_delivery", "_ordinal", "_fresh",
)  # fmt: skip
_ALL, _STATE, _ADDED, _SLOT = "_all", "_state", "_added", "_slot"
DELIVERY = (TAKEN_AT, FEED, _FILE)  # what came at once; a row of the table has none of them
_Names = tuple[str, ...]


def compared(rows: DataFrame, table: Table, how: Matching) -> DataFrame:
    """The rows with `_duplicate`, `_conflict`, `_lands`, `_replaces` and their numbers; `_known` says which are the table's own.

    Where there is `_in_batch`, rows that are not were settled before: they come first in their delivery and do not land.
    """
    is_beside = IN_BATCH in rows.columns
    arrival = (*DELIVERY, *((IN_BATCH,) if is_beside else ()), FILE, POSITION)
    settled_rows = _settled(_counted(_laid_out(rows, how, arrival), how, arrival), how, arrival)
    if is_beside:
        settled_rows = settled_rows.withColumn(LANDS, F.col(LANDS) & F.col(IN_BATCH))
    return _numbered(settled_rows, how, table, arrival) if how.number else settled_rows


def _laid_out(rows: DataFrame, how: Matching, arrival: _Names) -> DataFrame:
    """The rows of a group together, sorted by line, content and arrival, which all windows go by: one shuffle, one sort."""
    grouped = F.coalesce(own_number(), F.xxhash64(*how.group))
    columns = {_GROUP: grouped, _FILE: delivery_file(how)}
    columns |= {_CONTENT: hash_of(F.lit(""), how.content)} if how.content else {}
    laid_out = rows.withColumns(columns).repartition(_GROUP)
    return laid_out.sortWithinPartitions(*_contents(how), *arrival)


def _lines(how: Matching) -> list[str]:
    return list(dict.fromkeys((_GROUP, *how.group, *how.order_by, *((LINE,) if how.counts else ()))))


def _contents(how: Matching) -> list[str]:
    return [*_lines(how), *how.then_by, *((_CONTENT,) if how.content else ())]


def _counted(rows: DataFrame, how: Matching, arrival: _Names) -> DataFrame:
    """The rows with `_ordinal` among equal ones of their delivery, and `_fresh`: no earlier delivery has as many of them."""
    before = Window.partitionBy(*_contents(how)).orderBy(*arrival)
    if not how.counts:
        return rows.withColumns({_ORDINAL: F.lit(1), _FRESH: F.row_number().over(before) == 1})
    in_delivery = Window.partitionBy(*_contents(how), *DELIVERY).orderBy(*arrival[len(DELIVERY) :])
    ordinal = F.row_number().over(in_delivery)
    counted = F.when(F.col(FEED).isin(*how.keyed), 1).otherwise(ordinal) if how.keyed else ordinal
    # a row that was settled before counts by what the table has of it
    counts = F.when(F.col(IN_BATCH), F.col(_ORDINAL)) if IN_BATCH in arrival else F.col(_ORDINAL)
    earlier = F.max(counts).over(before.rowsBetween(Window.unboundedPreceding, -1))
    return rows.withColumn(_ORDINAL, counted).withColumn(_FRESH, F.col(_ORDINAL) > F.coalesce(earlier, F.lit(0)))


def _settled(rows: DataFrame, how: Matching, arrival: _Names) -> DataFrame:
    """The rows with what becomes of them, and `_slot`, the number of the table's row that they replace."""
    is_new = F.col(SOUND) & F.col(_FRESH) & ~F.col(KNOWN)
    if not how.content:
        return rows.withColumns(
            {
                DUPLICATE: F.col(SOUND) & ~F.col(_FRESH),
                CONFLICT: F.lit(False),
                _ADDED: is_new,
                LANDS: is_new,
                REPLACES: F.lit(False),
                _SLOT: F.lit(None).cast("int"),
            }
        )
    judged = _with_state(rows, how, arrival)
    mine = F.struct(*(F.col(f"_{name}").alias(name) for name in IDENTITY))
    line = F.get(
        F.filter(F.col(_STATE)["lines"], lambda line: F.struct(*(line[n].alias(n) for n in IDENTITY)) == mine), F.lit(0)
    )
    is_judged = F.col(SOUND) & F.col(_STATE).isNotNull()
    judged = judged.withColumns(
        {
            "_line_taken": F.when(is_judged, line),
            _ADDED: F.when(is_judged, F.array_contains(F.col(_STATE)["added"], mine)).otherwise(is_new),
            CONFLICT: F.when(is_judged, F.array_contains(F.col(_STATE)["conflicts"], mine)).otherwise(F.lit(False)),
        }
    )
    taken = F.col("_line_taken")
    return judged.withColumns(
        {
            LANDS: F.when(is_judged, taken.isNotNull()).otherwise(F.col(_ADDED)) & ~F.col(KNOWN),
            REPLACES: F.coalesce(taken["slot"].isNotNull(), F.lit(False)),
            _SLOT: taken["slot"],
            DUPLICATE: F.col(SOUND) & ~F.col(_ADDED) & ~F.col(CONFLICT),
        }
    )


def _with_state(rows: DataFrame, how: Matching, arrival: _Names) -> DataFrame:
    """The rows with `_state`: how the rows of their key stand in the end; NULL where `_fresh` says it all.

    It does where no two contents compete: all of them came first in one delivery, or in as many lines as the only new delivery,
    or the table, has.
    """
    delivery = F.when(F.col(KNOWN), F.lit(OF_TABLE).cast("long")).otherwise(_delivery(how, arrival))
    lines = Window.partitionBy(*_lines(how))
    fresh, new = F.when(F.col(_FRESH), F.col(_DELIVERY)), F.when(~F.col(KNOWN), F.col(_DELIVERY))
    counts = F.struct(
        F.min(fresh).over(lines).alias("first_fresh"),
        F.max(fresh).over(lines).alias("last_fresh"),
        F.min(new).over(lines).alias("first"),
        F.max(new).over(lines).alias("last"),
        F.count(fresh).over(lines).alias("contents"),
        F.count(new).over(lines).alias("new_rows"),
        F.count_if(KNOWN).over(lines).alias("known_rows"),
    )
    rows = rows.withColumn(_DELIVERY, delivery).withColumn("_counts", counts)
    counted = F.col("_counts")
    is_plain = (counted["first_fresh"] == counted["last_fresh"]) | (
        (counted["first"] == counted["last"])
        & (counted["contents"] == F.greatest(counted["new_rows"], counted["known_rows"]))
    )
    is_told = ~is_plain & (counted["new_rows"] + counted["known_rows"] <= MOST_OF_A_KEY)
    entry = F.struct(
        F.when(F.col(KNOWN), 0).otherwise(1).alias("is_new"),
        F.col(TAKEN_AT).alias("taken_at"),
        in_natural_order(F.col(_FILE)).alias("file"),
        F.col(FEED).alias("feed"),
        (F.col(IN_BATCH) if IN_BATCH in arrival else F.lit(True)).alias("is_in_batch"),
        F.col(FILE).alias("part"),
        F.col(POSITION).alias("position"),
        *(F.col(f"_{name}").alias(name) for name in IDENTITY),
        (F.col(how.number) if how.number else F.lit(1)).alias("slot"),
        F.coalesce(F.col(FEED).isin(*how.latest), F.lit(False)).alias("is_latest"),
        (F.col(ARRIVED) if ARRIVED in rows.columns else F.lit(None).cast("string")).alias("arrived"),
        (F.coalesce(AGAIN, F.lit(False)) if AGAIN in rows.columns else F.lit(False)).alias("is_again"),
    )
    has_key = F.col(FEED).isin(*how.keyed) if how.keyed else F.lit(not how.counts)
    is_first = (F.col(_DELIVERY) == counted["first_fresh"]) & (counted["known_rows"] == 0)
    is_fresh = F.when(~is_plain & ~is_told & has_key & ~F.col(KNOWN), is_first & F.col(_FRESH)).otherwise(F.col(_FRESH))
    all_rows = F.collect_list(F.when(is_told, entry)).over(lines)
    listed = rows.withColumns({_ALL: all_rows, _FRESH: is_fresh})
    state = F.when(F.size(_ALL) > 0, settled(F.array_sort(_ALL)))
    return listed.withColumn(_STATE, state)


def _delivery(how: Matching, arrival: _Names) -> Column:
    """A number of the delivery with which a row came: its file, or the row alone where it has a key by itself."""
    row, file = F.xxhash64(*arrival), F.xxhash64(*DELIVERY)
    if not how.counts:
        return row
    return F.when(F.col(FEED).isin(*how.keyed), row).otherwise(file) if how.keyed else file


def _numbered(rows: DataFrame, how: Matching, table: Table, arrival: _Names) -> DataFrame:
    """Lines that are added get the numbers after the greatest of their group, from 1; one that replaces another gets its number."""
    group, in_order = [_GROUP, *how.group], [*_contents(how)[1 + len(how.group) :], *arrival]
    order = Window.partitionBy(*group).orderBy(*(in_order if how.order_by else arrival))
    lacks_number = F.col(LANDS) & F.col(_SLOT).isNull() & F.col(how.number).isNull()
    greatest = F.max(how.number).over(order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing))
    rank = F.count_if(lacks_number).over(order.rowsBetween(Window.unboundedPreceding, Window.currentRow))
    number = F.when(lacks_number, F.coalesce(greatest, F.lit(0)) + rank).otherwise(F.coalesce(_SLOT, how.number))
    return rows.withColumn(how.number, number.cast(table.column(how.number).type))
