"""Which of the rows about an item, a person or a campaign are new versions, and from when each holds. Pure functions of frames.

A catalogue comes again and again as a whole. Of one moment the newest row counts; it is a version where it says something
else than the version before, and a duplicate where not. A dump that comes late makes no duplicate of one that says the same
and was taken before it: else what was known from the earlier one would not have been known then.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.steps.sorting import (
    CONFLICT,
    DUPLICATE,
    FEED,
    FILE,
    FIRST_INSTANT,
    LANDS,
    POSITION,
    REPLACES,
    SOUND,
    TAKEN_AT,
    own_number,
)

# Columns that refine adds to rows of tables with history: from when a row holds (NULL where the mapping says it in
# `valid_from`), the delay of `known` in seconds, and the batch of its feed that took it.
SINCE, DELAY_S, TAKEN_BY = "_since", "_delay_s", "_taken_by"
DIGITS = 20  # as many digits of a number in a file's name are compared


def mark(checked: DataFrame, table: Table) -> DataFrame:
    """The checked rows of all feeds with the outcomes of `matching.mark`, and with `valid_from` and `known_at` of their versions.

    The order is that of `_since`, then of arrival, feed, batch, file (numbers in its name by their value) and place in it. The
    first version holds from the beginning. Where a mapping gives `valid_from`, each of its rows is a version of its own.
    """
    entity = [c for c in table.key if c != "valid_from"]
    outside = {*table.key, "valid_to", "known_at"}
    content = F.struct(*(_comparable(c.name, c.type) for c in table.columns if c.name not in outside))
    rows = checked.withColumns(
        {"_instant": F.coalesce(SINCE, "valid_from"), "_file_order": in_order_of_numbers(F.col(FILE))}
    )
    order = Window.partitionBy(*entity, own_number()).orderBy(
        "_instant", TAKEN_AT, FEED, TAKEN_BY, "_file_order", FILE, POSITION
    )
    is_same_moment = F.lead("_instant").over(order).eqNullSafe(F.col("_instant"))
    rows = rows.withColumn("_replaced", F.col(SOUND) & is_same_moment)
    # the content is put together after the first window, so that the shuffle does not carry it twice
    until_now = order.rowsBetween(Window.unboundedPreceding, -1)
    row = F.struct(content.alias("content"), F.col(TAKEN_AT).alias("taken_at"))
    before = F.last(F.when(~F.col("_replaced"), row), ignorenulls=True).over(until_now)
    rows = rows.withColumn("_before", before)
    is_dated_by_mapping, is_first = F.col(SINCE).isNull(), F.col("_before").isNull()
    is_known_earlier = F.col(DELAY_S).isNull() & (F.col(TAKEN_AT) < F.col("_before.taken_at"))
    says_the_same = ~is_dated_by_mapping & F.col("_before.content").eqNullSafe(content)
    says_the_same &= ~F.coalesce(is_known_earlier, F.lit(False))
    begin = F.when(is_first, F.expr(FIRST_INSTANT)).otherwise(F.col("_instant"))
    versions = rows.withColumns(
        {
            DUPLICATE: F.col(SOUND) & (F.col("_replaced") | says_the_same),
            "valid_from": F.when(is_dated_by_mapping, F.col("valid_from")).otherwise(begin),
        }
    )
    known = F.expr(f"timestampadd(SECOND, {DELAY_S}, valid_from)")
    is_known_by_itself = is_dated_by_mapping | F.col(DELAY_S).isNull()
    versions = versions.withColumn("known_at", F.when(is_known_by_itself, F.col("known_at")).otherwise(known))
    outcomes = {CONFLICT: F.lit(False), LANDS: F.col(SOUND) & ~F.col(DUPLICATE), REPLACES: F.lit(False)}
    return versions.drop("_instant", "_file_order", "_replaced", "_before").withColumns(outcomes)


def in_order_of_numbers(file: Column) -> Column:
    """The name of a file with its numbers in DIGITS digits, so that in the order of text 9.csv comes before 10.csv."""
    padded = F.regexp_replace(file, "([0-9]+)", "0" * DIGITS + "$1")
    return F.regexp_replace(padded, f"[0-9]*([0-9]{{{DIGITS}}})", "$1")


def _comparable(column: str, kind: str) -> Column:
    """The column in a type that can be compared: a map as its entries in order."""
    return F.array_sort(F.map_entries(column)).alias(column) if kind.startswith("map<") else F.col(column)
