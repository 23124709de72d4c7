"""Whether two copies of a table are equal: numbers within the tolerance of their contract, all else exactly. Pure."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from footfall.contract import Table


def differences(left: pa.Table, right: pa.Table, contract: Table) -> list[str]:
    """A sentence for each difference of two copies; rows are matched by the contract's key."""
    copies = [_by_key(rows, contract) for rows in (left, right)]
    if copies[0].keys() != copies[1].keys():
        return [f"{contract.full_name}: {left.num_rows} and {right.num_rows} rows, or other keys"]
    counts = {
        column.name: sum(
            not is_same(row[column.name], copies[1][key][column.name], column.tolerance)
            for key, row in copies[0].items()
        )
        for column in contract.columns
    }
    return [f"{contract.full_name}.{name} differs in {n} of {len(copies[0])} rows" for name, n in counts.items() if n]


def is_same(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two values agree: numbers within `tolerance` of the greater, maps entry by entry, all else exactly."""
    if isinstance(a, int | float) and type(a) is type(b):
        return abs(a - b) <= tolerance * max(abs(a), abs(b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(is_same(a[k], b[k], tolerance) for k in a)
    return bool(a == b)


def _by_key(rows: pa.Table, contract: Table) -> dict[tuple[Any, ...], dict[str, Any]]:
    names = contract.column_names
    values = zip(*(_values(rows[name]) for name in names), strict=True)
    listed = (dict(zip(names, row, strict=True)) for row in values)
    return {tuple(row[k] for k in contract.key): row for row in listed}


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Python's values; a map as a dict, because its entries have no order."""
    values = column.to_pylist()
    return [None if v is None else dict(v) for v in values] if pa.types.is_map(column.type) else values
