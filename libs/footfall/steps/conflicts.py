"""How rows with one key and several contents are told apart, delivery by delivery; pure functions of columns.

A delivery is what came at once: a file, for rows that are counted within it, or a single row that has a key by itself. Each
delivery is held against the lines so far: equal content is matched first; what is left on both sides is paired, and each pair is
a conflict; what is left of the delivery alone are new lines. So over deliveries the largest count holds.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F

IDENTITY = ("delivery", "content", "ordinal")  # of a row among those with its key
OF_TABLE = 0  # the delivery of the table's own rows
_IDENTITIES = "array<struct<delivery:bigint,content:bigint,ordinal:int>>"
_LINES = "array<struct<delivery:bigint,content:bigint,ordinal:int,slot:int,arrived:string>>"


def settled(rows: Column) -> Column:
    """What becomes of the rows of one key: struct<lines, added, conflicts>.

    `rows` is array<struct<is_new, ..., is_in_batch, ..., delivery, content, ordinal, slot, is_latest, arrived, is_again>> in the
    order in which they came, the table's own (`is_new` 0) first; `ordinal` counts equal contents of a delivery from 1, `slot` is
    the number of a line of the table, and `is_latest` says that a conflict replaces the line, unless this one came later: a row
    may have waited meanwhile, or was in quarantine (`is_again`). `arrived` is text in the order in which rows came, NULL where
    it was not kept. A row that is not `is_in_batch` was settled before: it takes its line, and changes none. `lines` are the
    rows that stand in the end, each with the slot that it takes of the table; `added` are the rows by which a line was added,
    `conflicts` those that had another content.
    """
    known = F.transform(
        F.filter(rows, lambda row: row["is_new"] == 0), lambda row: _line(row, row["slot"], row["arrived"])
    )
    deliveries = F.array_distinct(
        F.transform(F.filter(rows, lambda row: row["is_new"] == 1), lambda row: row["delivery"])
    )
    nothing = F.array().cast(_IDENTITIES)
    start = F.struct(known.cast(_LINES).alias("lines"), nothing.alias("added"), nothing.alias("conflicts"))
    return F.aggregate(
        deliveries,
        start,
        lambda state, delivery: _after(state, F.filter(rows, lambda row: row["delivery"] == delivery)),
    )


def _after(state: Column, delivery: Column) -> Column:
    """The state when a delivery has come."""
    known = state["lines"]
    unmatched = F.struct(
        F.filter(delivery, lambda row: ~F.exists(known, lambda line: _is_equal(row, line))).alias("rows"),
        _by_content(F.filter(known, lambda line: ~F.exists(delivery, lambda row: _is_equal(row, line)))).alias("lines"),
    )
    return _let(unmatched, lambda left: _with_unmatched(state, left["rows"], left["lines"]))


def _with_unmatched(state: Column, rows: Column, lines: Column) -> Column:
    pairs = F.least(F.size(rows), F.size(lines))
    changed, replaced = F.slice(rows, F.lit(1), pairs), F.slice(lines, F.lit(1), pairs)
    added = F.slice(rows, pairs + 1, F.size(rows))
    news = F.transform(F.filter(added, lambda row: row["is_in_batch"]), lambda row: _line(row, F.lit(None)))
    latest = F.concat(
        F.filter(state["lines"], lambda line: ~F.array_contains(F.transform(replaced, _identity), _identity(line))),
        F.zip_with(
            changed,
            replaced,
            lambda row, line: F.when(~row["is_in_batch"] | _came_before(row, line), line).otherwise(
                _line(row, line["slot"])
            ),
        ),
    )
    is_latest = F.coalesce(F.get(rows, F.lit(0))["is_latest"], F.lit(False))
    return F.struct(
        F.concat(F.when(is_latest, latest).otherwise(state["lines"]), news).cast(_LINES).alias("lines"),
        F.concat(state["added"], F.transform(added, _identity)).cast(_IDENTITIES).alias("added"),
        F.concat(state["conflicts"], F.transform(changed, _identity)).cast(_IDENTITIES).alias("conflicts"),
    )


def _by_content(lines: Column) -> Column:
    """In an order that is the same whichever of them came first, so that it does not matter how deliveries fall into batches."""
    pairs = F.transform(lines, lambda line: F.struct(line["content"], line["ordinal"], line.alias("line")))
    return F.transform(F.array_sort(pairs), lambda pair: pair["line"])


def _is_equal(row: Column, line: Column) -> Column:
    return (row["content"] == line["content"]) & (row["ordinal"] == line["ordinal"])


def _identity(row: Column) -> Column:
    return F.struct(*(row[name].alias(name) for name in IDENTITY))


def _came_before(row: Column, line: Column) -> Column:
    """Whether a new row came before a line that the table has; lines of the batch itself are in order, and have no `arrived`.

    Where the table's line has none either, a row that is read again counts as the older one, so that it undoes nothing newer.
    """
    return F.coalesce(row["arrived"] < line["arrived"], row["is_again"] & (line["delivery"] == OF_TABLE))


def _line(row: Column, slot: Column, arrived: Column | None = None) -> Column:
    text = F.lit(None) if arrived is None else arrived
    identity = (row[name].alias(name) for name in IDENTITY)
    return F.struct(*identity, slot.cast("int").alias("slot"), text.cast("string").alias("arrived"))


def _let(value: Column, act: Callable[[Column], Column]) -> Column:
    """What `act` makes of the value, which is computed once."""
    return F.get(F.transform(F.array(value), act), F.lit(0))
