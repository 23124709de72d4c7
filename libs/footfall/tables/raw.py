"""Contracts of the raw layer: one table a feed, as it arrived, and the rows that were set aside. Declarations only."""

from __future__ import annotations

from collections.abc import Mapping

from footfall.contract import Column, Layer, Personal, Table, Written

ARRIVAL = (
    Column("_source", "string", "name of the source, from its mapping", required=True),
    Column("_file", "string", "path of the file below the source's root, or the Delta table", required=True),
    Column("_position", "bigint", "place of the row in its file, from 0", required=True),
    Column("_known_at", "timestamp", "when footfall took the row, UTC", required=True),
)
CORRUPT = Column("_corrupt", "string", "the row as text where it could not be parsed", personal=Personal.FREE_TEXT)


def feed_table(
    feed: str,
    source_columns: Mapping[str, str],
    keep_days: int | None = None,
    *,
    comments: Mapping[str, str] | None = None,
) -> Table:
    """The raw table of one feed: the source's own columns (name -> type in Spark SQL), then where each row came from.

    `comments` say what the source calls columns that have another name here: see `footfall.steps.source_names`.
    Everything that a source sends counts as personal until refine has typed it.
    """
    arrived = tuple(
        Column(name, kind, (comments or {}).get(name, "as it arrived"), personal=Personal.FREE_TEXT)
        for name, kind in source_columns.items()
        if name not in {c.name for c in (*ARRIVAL, CORRUPT)}
    )
    return Table(
        name=feed,
        layer=Layer.RAW,
        version=1,
        grain=f"one row per row of feed {feed}, as it arrived",
        columns=(*ARRIVAL, CORRUPT, *arrived),
        key=("_source", "_file", "_position"),
        keep_days=keep_days,
    )


WAITING = "waiting"  # how the name of a table of waiting rows begins; no source has it
WAITED_FOR = "_waited_for"  # column of rows that are tried again: what was absent; NULL: the row is new
WAITED_ELEMENTS = (
    "_waited_elements"  # column of such rows: of which elements of their lists that was (0: of the row itself)
)
WAITS_FOR = "_waits_for"  # column of rows that are looked up for: the feed whose row has not come; NULL: none is absent


def waiting_table(what: str) -> Table:
    """The raw rows that a step could not use yet, as what belongs to them has not come: where they lie, not what they say.

    `what` is the table that the step makes. The next batch looks at them again, and says anew which of them wait.
    """
    return Table(
        name=f"{WAITING}_{what}",
        layer=Layer.RAW,
        version=2,
        grain=f"one row per raw row (or element of its list) that waits to be taken into {what}",
        columns=(
            Column("feed", "string", "raw table that the row lies in"),
            Column("file", "string", "as _file of the raw row"),
            Column("position", "bigint", "as _position of the raw row"),
            Column("element", "int", "number of the element in its list, from 1; 0 where it is the row itself"),
            Column("taken_by", "bigint", "as batch_id of the raw row"),
            Column("waits_for", "string", "feed or table whose row has not come", required=True),
        ),
        key=("feed", "file", "position", "element", "taken_by"),
        written=Written.REPLACE,
    )


QUARANTINE = Table(
    name="quarantine",
    layer=Layer.RAW,
    version=2,
    grain="one row per raw row (or element of its list) and target table that could not become a fact, with every rule that it broke",
    columns=(
        Column("feed", "string", "raw table that the row came from"),
        Column("target", "string", "table that the row was meant for"),
        Column("file", "string", "as _file of the raw row"),
        Column("position", "bigint", "as _position of the raw row"),
        Column(
            "element",
            "int",
            "number of the element in the list that `each` names, from 1; 0 where it is the row itself",
        ),
        Column("rules", "array<string>", "names of the rules broken", required=True),
        Column("raw_row", "string", "the raw row as JSON", personal=Personal.FREE_TEXT),
        Column("known_at", "timestamp", "when footfall took the row, UTC", required=True),
    ),
    key=("feed", "target", "file", "position", "element"),
)
