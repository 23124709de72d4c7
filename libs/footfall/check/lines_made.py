"""What `fill_down`, `fill_all` and `each` made of a sample's rows, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.check.sample import Sample
from footfall.mapping.elements import source_sql
from footfall.mapping.gaps import fills_of
from footfall.mapping.source import Target
from footfall.refine.elements import paths_above
from footfall.refine.gaps import was_filled
from footfall.refine.typed import typed_source
from footfall.steps.places import element_of
from footfall.steps.sorting import NO_ELEMENTS, POSITION, SKIPPED

MOST_KEYS = 20  # that are named
_FROM = {"fill_down": "from a line above", "fill_all": "from another line"}


def fill_lines(sample: Sample) -> Iterator[str]:
    """How many rows of the sample got a value of each column that the feed fills."""
    fills = fills_of(sample.feed)
    if not fills:
        return
    columns = [(key, name) for key, fill in fills.items() for name in fill.columns]
    counts = [F.count_if(was_filled(name)).alias(f"_{i}") for i, (_, name) in enumerate(columns)]
    filled = typed_source(sample.rows, sample.feed).agg(*counts).collect()[0]
    for key, fill in fills.items():
        names = [f"{name} {filled[i]:,}" for i, (of, name) in enumerate(columns) if of == key]
        yield f"{key} within {fill.within}: rows that took an empty value {_FROM[key]}: {', '.join(names)}"


def document_lines(sample: Sample, marked: DataFrame, target: Target) -> Iterator[str]:
    """How many documents the marked rows come from; where none has elements, what there is in place of the list."""
    place, is_empty, each = F.col(POSITION), F.col(SKIPPED).eqNullSafe(NO_ELEMENTS), target.each
    documents, empty = marked.agg(
        F.count_if((place >= 0) | (element_of(place) == 1)), F.count_if(is_empty)
    ).collect()[0]  # fmt: skip
    yield f"each of {each} is a row: {documents:,} documents, {empty:,} of them without any"
    if documents and documents == empty:
        there = _keys_beside(sample, target)
        beside = f" (there are {', '.join(there)} in {paths_above(each)[-1]})" if there else ""
        yield f"warning: no document that was looked at has an element of {each}{beside}, so no row comes of it"


def _keys_beside(sample: Sample, target: Target) -> list[str]:
    """The keys of the objects in which the list should be, where it is none of them; none of what is no JSON text."""
    above = paths_above(target.each)
    if not above or not sample.feed.format.startswith("json"):
        return []
    rows = typed_source(sample.rows, sample.feed)
    within = F.expr(source_sql(sample.feed, target, above[-1]))
    if not isinstance(rows.select(within).schema.fields[0].dataType, T.StringType):
        return []
    keys = rows.select(F.explode(F.json_object_keys(within)).alias("key")).distinct().orderBy("key").limit(MOST_KEYS)
    names = [row["key"] for row in keys.collect()]
    return [] if target.each.removeprefix(f"{above[-1]}.") in names else names
