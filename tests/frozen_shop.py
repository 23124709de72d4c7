"""Checksums of what a seed means: of constants, of kinds of dirt, and of each column of a small shop's files.

    PYTHONPATH=libs:tests .venv/bin/python tests/frozen_shop.py FOLDER    # adds what frozen_shop.json does not have yet

FOLDER is what `simulate` wrote of the plan in test_simulate.py. Rows count by their values, to six digits where they are no
whole numbers, so neither Parquet's bytes nor a processor's last bit matters.
"""

from __future__ import annotations

import ast
import csv
import importlib
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from footfall import simulation
from footfall.simulation.dirt import KINDS_OF_DIRT

FROZEN = Path(__file__).parent / "data" / "frozen_shop.json"
# To these others are added; what they are about is frozen by kinds of dirt and by columns, or is no matter of a seed.
GROWING = {
    "dirt.KINDS_OF_DIRT",
    "dirt.KEYS",
    "outputs.OUTPUTS",
    "outputs.WANTED_OUTPUT",
    "outputs.DIRTY_FEEDS",
    "frames.KINDS_OF_ROWS",
    "frames.OF_ITEMS",
    "frames.DECIDED",
    "assigned.NOTHING_ASSIGNED",
    "policy_table.CHOICES",
    "policy_table.REQUIRED",
    "policy_table.PROPENSITY",
}


def digest(values: Any) -> str:
    return blake2b(repr(values).encode(), digest_size=6).hexdigest()


def plain(value: Any) -> Any:
    """The value in numbers, texts and lists that are equal wherever it was computed."""
    match value:
        case bool() | int() | str() | None:
            return value
        case float() | Decimal():
            return f"{value:.6g}"
        case np.ndarray() | tuple() | list():
            return [plain(v) for v in value]
        case np.generic():
            return plain(value.item())
        case dict():
            return [[plain(k), plain(v)] for k, v in value.items()]
    return str(value)


def constants() -> dict[str, str]:
    """Module.NAME -> digest, of the constants that a seed's rows hang on."""
    digests = {}
    for module in sorted(Path(simulation.__file__).parent.glob("*.py")):
        values = (
            vars(importlib.import_module(f"footfall.simulation.{module.stem}")) if module.stem != "__init__" else {}
        )
        for name in _assigned(module):
            if name.isupper() and f"{module.stem}.{name}" not in GROWING and not name.startswith("_"):
                digests[f"{module.stem}.{name}"] = digest(plain(values[name]))
    return digests


def _assigned(module: Path) -> Iterator[str]:
    for statement in ast.parse(module.read_text(encoding="utf-8")).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            yield from (name.id for name in names if isinstance(name, ast.Name))


def kinds_of_dirt() -> dict[str, str]:
    """Name of a kind -> digest of it and of the draw from which on it comes: new kinds stand behind the others of their feed."""
    low: dict[tuple[str, bool], int] = {}
    digests = {}
    for kind in KINDS_OF_DIRT:
        of = kind.feed, kind.is_of_days
        digests[kind.name] = digest(
            (low.get(of, 0), kind.feed, kind.share, kind.end, kind.rule, kind.where, [*kind.changes.items()])
        )
        low[of] = low.get(of, 0) + kind.share
    return digests


def columns(out: Path) -> dict[str, str]:
    """Folder.column -> digest of its values, in the order of files and rows."""
    of_columns: dict[str, list[Any]] = {}
    for file in sorted(
        f for f in out.rglob("part-*") if f.is_file() and f.relative_to(out).parts[0] in {"raw", "truth"}
    ):
        path = file.parent.relative_to(out)
        folder = "/".join(part for part in path.parts if not part.startswith(("day=", "month=")))
        for place, row in enumerate(_rows(file)):
            for name, value in row.items():
                of_columns.setdefault(f"{folder}.{name}", []).append((path.name, place, plain(value)))
    return {name: digest(values) for name, values in of_columns.items()}


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix == ".parquet":
        yield from pq.read_table(file, partitioning=None).to_pylist()
    elif file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines)
    else:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield row | {f"props.{name}": value for name, value in (row.pop("props", None) or {}).items()}


def main() -> None:
    """Adds digests that are not recorded, and changes none."""
    recorded = json.loads(FROZEN.read_text(encoding="utf-8")) if FROZEN.exists() else {}
    now = {"constants": constants(), "dirt": kinds_of_dirt(), "columns": columns(Path(sys.argv[1]))}
    merged = {kind: dict(sorted((digests | recorded.get(kind, {})).items())) for kind, digests in now.items()}
    FROZEN.write_text(json.dumps(merged, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
