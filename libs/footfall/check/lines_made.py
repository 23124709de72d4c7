"""What `fill_down`, `fill_all` and `each` made of a sample's rows, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.check.sample import Sample
from footfall.mapping.gaps import fills_of
from footfall.refine.gaps import was_filled
from footfall.refine.typed import typed_source
from footfall.steps.places import element_of
from footfall.steps.sorting import NO_ELEMENTS, POSITION, SKIPPED

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


def document_lines(marked: DataFrame, each: str) -> Iterator[str]:
    """How many documents the marked rows come from."""
    place, is_empty = F.col(POSITION), F.col(SKIPPED).eqNullSafe(NO_ELEMENTS)
    documents, empty = marked.agg(
        F.count_if((place >= 0) | (element_of(place) == 1)), F.count_if(is_empty)
    ).collect()[0]  # fmt: skip
    yield f"each of {each} is a row: {documents:,} documents, {empty:,} of them without any"
