"""Which rows are one and the same, within a batch and with the table's: what identifies them, and their numbers. Pure.

Sound rows with one key are held against each other by content. A row whose content the table or an earlier delivery has is a
duplicate, one with other content a conflict, and all others are new. A delivery is a file: equal rows of it are several lines,
and over files the largest count holds. Rows that have a key by themselves are deliveries each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.steps.comparing import compared
from footfall.steps.line_keys import KNOWN, LINE, Matching, delivery_file
from footfall.steps.sorting import (
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


def mark(
    checked: DataFrame,
    table: Table,
    *,
    existing: DataFrame | None,
    matching: Matching | None = None,
    shared: Sequence[Any] | None = None,
) -> DataFrame:
    """The checked rows, each with what becomes of it: `_duplicate`, `_conflict`, `_lands`, `_replaces`; and numbered.

    Only sound rows compete for a key. `existing` are the rows so far of the table, or those `that_can_match`; None where there
    are none. `_lands` says that the row is written, `_replaces` that it takes the place of a row of the table, whose key it
    gets. `shared` are the `shared_groups`, where they are known: the rows of all others are new as they stand, which saves
    most of the work. Of rows in conflict the first stays by the moment of taking, file and position, so that the choice repeats.
    Checked rows that are not `_in_batch` take part and are not among the marked ones.
    """
    how = matching or Matching(table.key)
    if shared is None:
        return _mark_all(checked, table, existing, how)
    is_shared = F.coalesce(F.col(how.group[0]).isin(*shared), F.lit(False)) if shared else F.lit(False)
    alone = _mark_alone(checked.where(~is_shared), table, how)
    if not shared:
        return alone
    known = existing.where(is_shared) if existing is not None else None
    return alone.unionByName(_mark_all(checked.where(is_shared), table, known, how))


def shared_groups(checked: DataFrame, *, existing: DataFrame | None, matching: Matching) -> DataFrame | None:
    """Groups of the batch of which several deliveries, or the table, have rows: only they need to be held against each other.

    One column; None where this cannot be told by groups, since rows have keys by themselves or groups have several columns, or
    where rows were settled before, of groups that the table has.
    """
    if not matching.counts or matching.keyed or len(matching.group) > 1 or IN_BATCH in checked.columns:
        return None
    group, delivery = matching.group[0], F.xxhash64(TAKEN_AT, FEED, delivery_file(matching))
    groups = checked.groupBy(group).agg(F.min(delivery).alias("first"), F.max(delivery).alias("last"))
    several = groups.where("first <> last").select(group)
    if existing is None:
        return several
    return several.union(groups.select(group).join(existing.select(group), on=group, how="left_semi"))


def _mark_all(checked: DataFrame, table: Table, existing: DataFrame | None, how: Matching) -> DataFrame:
    rows = checked.withColumn(KNOWN, F.lit(False))
    if existing is not None:
        rows = rows.unionByName(how.known(existing), allowMissingColumns=True)
    is_new = ~F.col(KNOWN)
    if IN_BATCH in checked.columns:
        rows, is_new = rows.withColumn(IN_BATCH, F.coalesce(IN_BATCH, F.lit(True))), is_new & F.col(IN_BATCH)
    return compared(rows, table, how).where(is_new).select(*_kept(checked), DUPLICATE, CONFLICT, LANDS, REPLACES)


def _mark_alone(checked: DataFrame, table: Table, how: Matching) -> DataFrame:
    """The same for rows of groups that came in one delivery and that the table does not have: all sound ones are new lines."""
    arrival = (TAKEN_AT, FEED, delivery_file(how), FILE, POSITION)
    order = Window.partitionBy(*how.group, own_number()).orderBy(*how.order_by, *how.then_by, *arrival)
    number = F.when(F.col(SOUND), F.row_number().over(order)).cast(table.column(how.number).type)
    outcomes = {DUPLICATE: F.lit(False), CONFLICT: F.lit(False), LANDS: F.col(SOUND), REPLACES: F.lit(False)}
    return checked.withColumn(how.number, number).withColumns(outcomes).select(*_kept(checked), *outcomes)


def _kept(checked: DataFrame) -> list[str]:
    return [c for c in checked.columns if c not in {LINE, IN_BATCH}]
