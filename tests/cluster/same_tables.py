"""Compares the tables of two lakes as design.md asks: to the bit, and floats within the tolerance of their contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

from footfall.contract import Table

_SHOWN = 3


def read_lake(root: Path) -> dict[str, pa.Table]:
    """`layer.name` -> all rows of each Delta table below the root."""
    folders = sorted(log.parent for log in root.glob("*/*/_delta_log"))
    return {".".join(f.relative_to(root).parts): DeltaTable(str(f)).to_pyarrow_table() for f in folders}


def differences(left: pa.Table, right: pa.Table, contract: Table) -> list[str]:
    """What tells two copies of a table apart, in words; empty where they are the same.

    Rows are matched by the contract's key, so their order does not matter.
    """
    if set(left.column_names) != set(right.column_names):
        return [f"columns differ: {sorted(set(left.column_names) ^ set(right.column_names))}"]
    order = [(name, "ascending") for name in contract.key]
    left, right = left.sort_by(order), right.select(left.column_names).sort_by(order)
    keys = [[tuple(row.values()) for row in side.select(list(contract.key)).to_pylist()] for side in (left, right)]
    if keys[0] != keys[1]:
        here, there = set(keys[0]), set(keys[1])
        counts = f"{left.num_rows} and {right.num_rows} rows"
        return [f"{counts}; only left: {_few(here - there)}; only right: {_few(there - here)}"]
    tolerances = {c.name: c.tolerance for c in contract.all_columns}
    return [
        told for name in left.column_names if (told := _unlike(name, left, right, keys[0], tolerances.get(name, 0.0)))
    ]


def is_same(a: Any, b: Any, tolerance: float, scale: float = 0.0) -> bool:
    """Whether two values agree: numbers within `tolerance` of the greater (or of `scale`), all else equal.

    Numbers in an array are measured against its greatest: a vector's element near 0 has no relative error of its own.
    """
    if tolerance and isinstance(a, int) and isinstance(b, int):
        return abs(a - b) <= tolerance * max(abs(a), abs(b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b) or abs(a - b) <= tolerance * max(abs(a), abs(b), scale)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(is_same(a[k], b[k], tolerance) for k in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        scale = max((abs(x) for x in (*a, *b) if isinstance(x, float)), default=0.0)
        return len(a) == len(b) and all(is_same(x, y, tolerance, scale) for x, y in zip(a, b, strict=True))
    return bool(a == b) and type(a) is type(b)


def _unlike(name: str, left: pa.Table, right: pa.Table, keys: list[tuple[Any, ...]], tolerance: float) -> str | None:
    """The rows in which one column differs, or None."""
    if left[name].equals(right[name]):
        return None
    is_map = pa.types.is_map(left.schema.field(name).type)
    pairs = zip(keys, left[name].to_pylist(), right[name].to_pylist(), strict=True)
    wrong = [(key, a, b) for key, a, b in pairs if not is_same(_unordered(a, is_map), _unordered(b, is_map), tolerance)]
    if not wrong:
        return None
    shown = "; ".join(f"{key}: {a!r} and {b!r}" for key, a, b in wrong[:_SHOWN])
    return f"{name} differs in {len(wrong)} of {len(keys)} rows (tolerance {tolerance}): {shown}"


def _unordered(value: Any, is_map: bool) -> Any:
    """A map as a dict: its entries have no order."""
    return dict(value) if is_map and value is not None else value


def _few(keys: set[tuple[Any, ...]]) -> str:
    return f"{len(keys)} {sorted(keys, key=repr)[:_SHOWN]}"
