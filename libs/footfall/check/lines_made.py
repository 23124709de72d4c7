"""What `fill_down`, `fill_all`, `each` and `links` made of a sample's rows, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.check.sample import Sample
from footfall.mapping.gaps import fills_of
from footfall.mapping.source import Target
from footfall.refine.elements import texts_above
from footfall.refine.fills import ShopDefaults
from footfall.refine.gaps import was_filled
from footfall.refine.links import UNUSABLE, named_pairs
from footfall.refine.typed import typed_source
from footfall.steps.places import element_of
from footfall.steps.sorting import NO_ELEMENTS, POSITION, SKIPPED, no_elements_warning

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


def link_lines(sample: Sample, shop: ShopDefaults) -> Iterator[str]:
    """How many identifiers of each sort the rows of the sample link with which, and how many rows have no usable time."""
    pairs = named_pairs(sample.rows, sample.feed, sample.name, shop=shop, guard=sample.guard)
    counts = pairs.groupBy("anchor", "evidence").agg(
        F.count_if(F.lit(True)).alias("rows"), F.count_if(UNUSABLE).alias("unusable"),
        F.countDistinct("kind", "identifier").alias("anchors"), F.countDistinct("linked_kind", "linked_identifier").alias("linked"),
    )  # fmt: skip
    lines = [
        f"{row['anchor']} - {row['evidence']}: {row['rows']:,} rows link {row['anchors']:,} with {row['linked']:,}"
        + (f"; {row['unusable']:,} of them have no usable time, and link nobody" if row["unusable"] else "")
        for row in counts.orderBy("anchor", "evidence").collect()
    ]
    yield from lines or ["no row names two identifiers"]


def document_lines(sample: Sample, marked: DataFrame, table: str, place_of_each: str) -> Iterator[str]:
    """How many documents the marked rows come from; and where none has an element, a warning that says what there is."""
    target = sample.feed.into[table]
    each = target.each
    place, is_empty = F.col(POSITION), F.col(SKIPPED).eqNullSafe(NO_ELEMENTS)
    documents, empty = marked.agg(
        F.count_if((place >= 0) | (element_of(place) == 1)), F.count_if(is_empty)
    ).collect()[0]  # fmt: skip
    yield f"each of {each} is a row: {documents:,} documents, {empty:,} of them without any"
    if words := no_elements_warning(sample.name, each, documents=documents, empty=empty):
        there = _keys_beside(sample, target)
        yield f"warning: {place_of_each}: {words}{f' (there are {there})' if there else ''}"


def _keys_beside(sample: Sample, target: Target) -> str:
    """The keys of the objects of JSON text in which the list would be one; empty where none has any."""
    if not (texts := texts_above(sample.feed, target)):
        return ""
    keys = typed_source(sample.rows, sample.feed).select(F.explode(F.json_object_keys(F.expr(texts[-1]))).alias("key"))
    return ", ".join(row["key"] for row in keys.distinct().orderBy("key").limit(MOST_KEYS).collect())
