"""Filters as pyarrow.parquet.read_table takes them: conditions that all hold, or lists of such of which one holds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

from footfall.errors import DataError
from footfall.query.conditions import OPERATORS, Condition, as_expression, exact, shown

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.compute import Expression

Filters = Sequence[Condition] | Sequence[Sequence[Condition]]

_FIX = (
    'Write conditions such as [("as_of_date", "=", date(2018, 1, 1))], a list of such lists of which one holds, or an '
    f"Expression of pyarrow. Operators: {', '.join(OPERATORS)}."
)


def groups_of(filters: Filters | None) -> list[list[Condition]]:
    """The filters as groups of conditions: a row passes where all conditions of one group hold.

    Raises DataError where they are of another form.
    """
    if filters is None:
        return []
    if not isinstance(filters, list | tuple):
        raise DataError(f"filters are a {type(filters).__name__}: {shown(filters)}.", fix=_FIX)
    groups = [filters] if any(isinstance(part, tuple) and _is_condition(part) for part in filters) else filters
    return [[_condition(part) for part in _parts(group)] for group in groups if group]


def exact_groups(filters: Filters | None, schema: pa.Schema) -> list[list[Condition]]:
    """The groups with values of the columns' own types, so that all mean the same in every reader."""
    return [[exact(condition, schema.field(condition[0]).type) for condition in group] for group in groups_of(filters)]


def columns_of(filters: Filters | None) -> list[str]:
    """The columns that the conditions are about."""
    return list(dict.fromkeys(column for group in groups_of(filters) for column, _, _ in group))


def expression_of(groups: Sequence[Sequence[Condition]], schema: pa.Schema) -> Expression:
    """The groups, which are exact, as one expression of Arrow."""
    return reduce(
        or_,
        (
            reduce(and_, (as_expression(condition, schema.field(condition[0]).type) for condition in group))
            for group in groups
        ),
    )


def on_partitions(
    groups: Sequence[Sequence[Condition]], partition_columns: Sequence[str]
) -> list[list[Condition]] | None:
    """What the groups demand of partition columns, in delta-rs' notation; None where some group demands nothing.

    A condition that delta-rs may read in another way, such as one about null, demands nothing: each row is compared.
    """
    demands = [
        [condition for condition in group if condition[0] in partition_columns and _is_plain(condition)]
        for group in groups
    ]
    return demands if demands and all(demands) else None


def _is_plain(condition: Condition) -> bool:
    """Whether the condition compares with days, words or whole numbers."""
    _, operator, value = condition
    values = value if isinstance(value, list) else [value]
    return operator != "not in" and bool(values) and all(isinstance(v, date | str | int) for v in values)


def _is_condition(part: Sequence[Any]) -> bool:
    return len(part) == 3 and isinstance(part[0], str)


def _parts(group: Any) -> Sequence[Any]:
    if not isinstance(group, list | tuple):
        raise DataError(f"filters: {shown(group)} is no condition.", fix=_FIX)
    return group


def _condition(part: Any) -> Condition:
    """The condition with `=` for `==`."""
    if not isinstance(part, tuple) or not _is_condition(part) or part[1] not in (*OPERATORS, "=="):
        raise DataError(f"filters: {shown(part)} is no condition of a column, an operator and a value.", fix=_FIX)
    column, operator, value = part
    return column, "=" if operator == "==" else operator, value
