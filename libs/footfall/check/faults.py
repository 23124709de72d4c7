"""What is wrong with a mapping's types and expressions on a feed's columns, each with its line. Reads no rows."""

from __future__ import annotations

from collections.abc import Iterator

from footfall.check.sample import Sample
from footfall.mapping.yaml_file import Places, nearest
from footfall.refine.expressions import expression_faults


def sample_faults(sample: Sample, places: Places) -> Iterator[str]:
    """Each type and expression of the feed that is at fault, in words, with file and line."""
    for key, words in expression_faults(sample.rows, sample.feed):
        yield f"{nearest(('feeds', sample.key, *key), places)}: {words}"
