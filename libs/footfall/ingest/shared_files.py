"""Files that two feeds of a source take: what both make of their rows counts twice. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from footfall.mapping.source import Source

MOST_NAMED = 5
_SIGNS = re.compile(r"[\\*?\[\]{}]")


def feeds_beside(source: Source, name: str) -> dict[str, list[str]]:
    """Feed -> the tables that it fills as the feed of this name does, for those declared before it that may take the same files."""
    own = source.feeds[name]
    before = list(source.feeds)[: list(source.feeds).index(name)]
    beside = {other: [table for table in own.into if table in source.feeds[other].into] for other in before}
    return {
        other: tables
        for other, tables in beside.items()
        if tables and _may_overlap(own.files or "", source.feeds[other].files or "")
    }


def shared_words(name: str, other: str, tables: Collection[str], own: Collection[str], theirs: Collection[str]) -> str:
    """What to say of the files that both feeds take; empty where there are none."""
    both = sorted({*own} & {*theirs})
    if not both:
        return ""
    more = f" and {len(both) - MOST_NAMED:,} more" if len(both) > MOST_NAMED else ""
    return (
        f"the feeds {other} and {name} both take {', '.join(both[:MOST_NAMED])}{more}, and both fill {', '.join(tables)}: rows may "
        "count twice there. Where that is not meant, give the feeds `files` that share none."
    )


def _may_overlap(pattern: str, other: str) -> bool:
    """Whether a file can fit both patterns, by how they begin and end."""
    if not pattern or not other:
        return False
    begins, ends = ([_SIGNS.split(p)[i] for p in (pattern, other)] for i in (0, -1))
    starts_alike = begins[0].startswith(begins[1]) or begins[1].startswith(begins[0])
    return starts_alike and (ends[0].endswith(ends[1]) or ends[1].endswith(ends[0]))
