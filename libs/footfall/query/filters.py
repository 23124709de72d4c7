"""Filters as pyarrow.parquet.read_table takes them: conditions that all hold, or lists of such of which one holds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

Condition = tuple[str, str, Any]  # column; =, ==, !=, <, <=, >, >=, in or not in; value
Filters = Sequence[Condition] | Sequence[Sequence[Condition]]


def groups_of(filters: Filters | None) -> list[list[Condition]]:
    """The filters as groups of conditions: a row passes where all conditions of one group hold."""
    if not filters:
        return []
    if isinstance(filters[0], tuple):
        return [list(cast("Sequence[Condition]", filters))]
    return [list(group) for group in cast("Sequence[Sequence[Condition]]", filters)]


def columns_of(filters: Filters | None) -> list[str]:
    """The columns that the conditions are about."""
    return list(dict.fromkeys(column for group in groups_of(filters) for column, _, _ in group))


def on_partitions(filters: Filters | None, partition_columns: Sequence[str]) -> list[list[Condition]] | None:
    """What the filters demand of partition columns, in delta-rs' notation; None where some group demands nothing."""
    groups = [
        [
            (column, operator.replace("==", "="), value)
            for column, operator, value in group
            if column in partition_columns
        ]
        for group in groups_of(filters)
    ]
    return groups if groups and all(groups) else None
