"""What the rows look like that a batch brings to a table, from a sample of them: shares of NULL and distributions by column. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import Column, Row
from pyspark.sql import functions as F

from footfall.contract import Column as TableColumn
from footfall.contract import Personal, Table
from footfall.steps.sorting import FEED, FILE, LANDS, POSITION

SAMPLE, MOST_SAMPLED = "_sample", 2000  # rows of a batch and table; the standard error of a share is 1.1% at most
MOST_LABELS, OTHER, MOST_SIGNS = 50, "(other)", 40
_NUMBERS = ("int", "bigint", "double", "decimal")


@dataclass(frozen=True)
class Measures:
    """Of one feed's rows: how many were sampled, the share of NULL by column, and by column the share of each label.

    The label of a text is the text, that of a number the powers of 2 that it lies between.
    """

    sampled_rows: int = 0
    null_shares: Mapping[str, float] = field(default_factory=dict)
    distributions: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def as_line(self) -> dict[str, Any]:
        """What goes into the line of the ledger; nothing where no row was sampled."""
        if not self.sampled_rows:
            return {}
        return {
            "sampled_rows": self.sampled_rows,
            "null_shares": dict(self.null_shares),
            "distributions": {column: dict(shares) for column, shares in self.distributions.items()},
        }


def sampled(table: Table) -> Column:
    """array<struct> of marked rows that land, MOST_SAMPLED at most: those with the least hashes of their places.

    The sample is the same however the rows are laid out. It holds values of columns that are about nobody, and of all others
    whether they are NULL.
    """
    values = [F.col(c.name) if _is_open(c) else F.col(c.name).isNull() for c in _measured(table)]
    named = [value.alias(c.name) for value, c in zip(values, _measured(table), strict=True)]
    return F.min_by(
        F.struct(F.col(FEED), *named), F.when(F.col(LANDS), F.xxhash64(FILE, POSITION)), MOST_SAMPLED
    ).alias(SAMPLE)


def measures_by_feed(rows: Iterable[Row], table: Table) -> dict[str, Measures]:
    """The measures of each feed of which rows were `sampled`."""
    by_feed: dict[str, list[Row]] = {}
    for row in rows:
        by_feed.setdefault(row[FEED], []).append(row)
    return {feed: _measures(of_feed, table) for feed, of_feed in by_feed.items()}


def _measures(rows: list[Row], table: Table) -> Measures:
    nulls, distributions = {}, {}
    for column in _measured(table):
        values = [row[column.name] for row in rows]
        if not _is_open(column):
            nulls[column.name] = sum(values) / len(rows)
            continue
        present = [value for value in values if value is not None]
        if not column.required and column.name not in table.key:
            nulls[column.name] = 1 - len(present) / len(rows)
        if present:
            distributions[column.name] = _shares(map(label_of, present))
    return Measures(len(rows), nulls, distributions)


def _shares(labels: Iterable[str]) -> dict[str, float]:
    counts = Counter(labels)
    total = counts.total()
    commonest = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_LABELS])
    others = total - sum(commonest.values())
    return {label: count / total for label, count in commonest.items()} | ({OTHER: others / total} if others else {})


def label_of(value: Any) -> str:
    """The label of a value: `8 to 16` of a number, the text itself of a text."""
    if isinstance(value, str | bool):
        return str(value)[:MOST_SIGNS]
    number = float(value)
    if not number:
        return "0"
    least = math.ldexp(0.5, math.frexp(number)[1])
    low, high = f"{least:g}", f"{least * 2:g}"  # of the greatest numbers `inf`
    return f"{low} to {high}" if number > 0 else f"-{high} to -{low}"


def _measured(table: Table) -> list[TableColumn]:
    """Columns of whose values, or NULLs, something can be said."""
    return [c for c in table.columns if _is_open(c) or not (c.required or c.name in table.key)]


def _is_open(column: TableColumn) -> bool:
    """Whether values of the column may leave the rows: numbers, texts and truths that are about nobody."""
    is_plain = column.type in {"string", "boolean"} or column.type.startswith(_NUMBERS)
    return is_plain and column.personal is Personal.NONE
