"""What is wrong with a mapping's types and expressions on a feed's columns, each with its line. Reads source files only."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from footfall.check.sample import Sample
from footfall.mapping.json_paths import without_json_paths
from footfall.mapping.yaml_file import Places, nearest
from footfall.refine.bare_numbers import bare_numbers
from footfall.refine.elements import element_rows
from footfall.refine.expressions import expression_faults
from footfall.refine.typed import typed_source
from footfall.runtime.explain import data_condition


def sample_faults(sample: Sample, places: Places) -> Iterator[str]:
    """Each type and expression of the feed that is at fault, in words, with file and line."""
    faults = expression_faults(sample.rows, sample.feed)
    for key, words in faults or bare_numbers(sample.rows, sample.feed, sample.feed.into):
        yield f"{nearest(('feeds', sample.key, *key), places)}: {without_json_paths(words)}"


def value_faults(sample: Sample, places: Places) -> Iterator[str]:
    """Each expression that fails on a value of the sample, with file and line, and without the value."""
    typed = typed_source(sample.rows, sample.feed)
    for key, sql in sample.feed.expressions():
        rows = element_rows(typed, sample.feed, sample.feed.into[str(key[1])])
        try:
            rows.agg(F.count(F.expr(sql))).collect()
        except PySparkException as fault:
            if not (condition := data_condition(fault)):
                raise
            words = f"`{without_json_paths(sql)}`: fails on a value of the sample ({condition})"
            yield f"{nearest(('feeds', sample.key, *key), places)}: {words}"
