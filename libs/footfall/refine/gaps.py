"""Values that stand on some lines of an order only, given to its other lines: `fill_down` and `fill_all` of a feed. Pure.

Lines of one file count as one order where they have the same value in the column `within`; a line without one stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.gaps import fills_of
from footfall.mapping.source import Feed
from footfall.mapping.yaml_file import Key
from footfall.steps.sorting import RAW_ROW

_DIFFERS = "_differs_"


def with_gaps_filled(rows: DataFrame, feed: Feed) -> tuple[DataFrame, list[Column]]:
    """The raw rows with their empty values filled, and names of the rules that they break by it, each or NULL.

    `<column>_differs` holds for all lines of an order that has two different values in a column of `fill_all`. The rows have
    columns more, whose names begin with `_differs_`, to which the rules refer.
    """
    faults: list[Column] = []
    if feed.fill_down:
        before = _lines(feed.fill_down.within).orderBy("_position").rowsBetween(Window.unboundedPreceding, 0)
        values = {c: F.col(_quoted(c)) for c in feed.fill_down.columns}
        rows = rows.withColumns({c: F.last(_or_null(v), ignorenulls=True).over(before) for c, v in values.items()})
    if feed.fill_all:
        lines = _lines(feed.fill_all.within)
        values = {c: _or_null(F.col(_quoted(c))) for c in feed.fill_all.columns}
        texts = {c: F.trim(value.cast("string")) for c, value in values.items()}
        differs = {f"{_DIFFERS}{i}": F.min(t).over(lines) != F.max(t).over(lines) for i, t in enumerate(texts.values())}
        filled = {c: F.coalesce(value, F.max(value).over(lines)) for c, value in values.items()}
        rows = rows.withColumns({**filled, **differs})
        faults = [F.when(F.col(f"{_DIFFERS}{i}"), F.lit(f"{c}_differs")) for i, c in enumerate(values)]
    return rows, faults


def without_helpers(rows: DataFrame) -> DataFrame:
    """The rows less the columns that `with_gaps_filled` added."""
    return rows.drop(*(c for c in rows.columns if c.startswith(_DIFFERS)))


def gap_faults(raw: DataFrame, feed: Feed, columns: Sequence[str]) -> list[tuple[Key, str]]:
    """Names under `fill_down` and `fill_all` that are none of the source's columns: their key path, and the fault in words."""
    there = {c.casefold() for c in columns}
    faults: list[tuple[Key, str]] = []
    for key, fill in fills_of(feed).items():
        named: list[tuple[Key, str]] = [((key, "within"), fill.within)]
        named += [((key, "columns", i), name) for i, name in enumerate(fill.columns)]
        words = f"in the files (they have {', '.join(columns)})"
        faults += [(place, f"no column {name} {words}") for place, name in named if name.casefold() not in there]
    maps = {f.name.casefold() for f in raw.schema.fields if isinstance(f.dataType, T.MapType | T.VariantType)}
    named_all = feed.fill_all.columns if feed.fill_all else ()
    faults += [
        (("fill_all", "columns", i), f"{name}: values of this type cannot be compared")
        for i, name in enumerate(named_all)
        if name.casefold() in maps
    ]
    return faults


def was_filled(column: str) -> Column:
    """Whether a typed row has a value in the column that it did not arrive with."""
    return _or_null(F.col(RAW_ROW)[column]).isNull() & F.col(_quoted(column)).isNotNull()


def _lines(within: str) -> WindowSpec:
    """The lines of one order, in one file as it was taken."""
    order = _or_null(F.col(_quoted(within)))
    return Window.partitionBy("_file", "_known_at", order, F.when(order.isNull(), F.col("_position")))


def _or_null(value: Column) -> Column:
    """The value, NULL where it is empty."""
    return F.when(F.trim(value.cast("string")) != "", value)


def _quoted(column: str) -> str:
    return f"`{column.replace('`', '``')}`"
