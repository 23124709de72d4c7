"""Values that stand on some lines of an order only, given to its other lines: `fill_down` and `fill_all` of a feed. Pure.

Lines of one file count as one order where they have the same value in the column `within`; a line without one stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract.frames import names_of
from footfall.errors import SourceError
from footfall.mapping.gaps import fills_of
from footfall.mapping.source import Feed
from footfall.mapping.yaml_file import Key
from footfall.steps.sorting import RAW_ROW
from footfall.steps.source_names import quoted

GAPS = "_gaps"


def with_gaps_filled(rows: DataFrame, feed: Feed, columns: Sequence[str]) -> DataFrame:
    """The raw rows with their empty values filled; with `fill_all` there is `_gaps`, the names of the rules that they break by it.

    `<column>_differs` holds for all lines of an order that has two different values in a column of `fill_all`. Each order needs
    all its lines among the rows. `columns` are the source's. Raises SourceError where a column to fill is not among them.
    """
    if faults := gap_faults(rows, feed, columns):
        raise SourceError(
            "\n".join(f"feed of {feed.files}: {'.'.join(map(str, key))}: {words}" for key, words in faults),
            fix="Correct the mapping; jobs/ingest.py --check conf/sources/<source>.yaml shows the lines.",
        )
    fields = {field.name.casefold(): field for field in rows.schema.fields}
    if feed.fill_down:
        before = _lines(feed.fill_down.within).orderBy("_position").rowsBetween(Window.unboundedPreceding, 0)
        values = {fields[c.casefold()]: _or_null(F.col(quoted(c))) for c in feed.fill_down.columns}
        rows = rows.withColumns(_named({f: F.last(v, ignorenulls=True).over(before) for f, v in values.items()}))
    if feed.fill_all:
        lines = _lines(feed.fill_all.within)
        names = {c: fields[c.casefold()] for c in feed.fill_all.columns}
        values = {field: _or_null(F.col(quoted(c))) for c, field in names.items()}
        texts = {c: F.trim(values[field].cast("string")) for c, field in names.items()}
        differs = {f"{GAPS}_{c}": F.min(t).over(lines) != F.max(t).over(lines) for c, t in texts.items()}
        filled = {field: F.coalesce(value, F.max(value).over(lines)) for field, value in values.items()}
        rows = rows.withColumns(_named(filled) | differs)
        broken = [F.when(F.col(quoted(f"{GAPS}_{c}")), F.lit(f"{c}_differs")) for c in texts]
        rows = rows.withColumn(GAPS, names_of(broken)).drop(*differs)
    return rows


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
    return _or_null(F.col(RAW_ROW)[column]).isNull() & F.col(quoted(column)).isNotNull()


def _named(values: Mapping[T.StructField, Column]) -> dict[str, Column]:
    """Other values of columns by their names; the comment of a column says what the source calls it, and stays."""
    return {f.name: value.alias(f.name, metadata=f.metadata) for f, value in values.items()}


def _lines(within: str) -> WindowSpec:
    """The lines of one order, in one file as it was taken."""
    order = _or_null(F.col(quoted(within)))
    return Window.partitionBy("_file", "_known_at", order, F.when(order.isNull(), F.col("_position")))


def _or_null(value: Column) -> Column:
    """The value, NULL where it is empty."""
    return F.when(F.trim(value.cast("string")) != "", value)
