"""Which version of each table the last closed batch left that wrote it. Pure functions of the rows of books.batches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from footfall.contract import Layer

# `outputs` holds other things too: rows of a table (`results.segments#rows`), versions of models (`model:churn`)
_TABLE = re.compile(rf"({'|'.join(Layer)})\.[^#:]+")


@dataclass(frozen=True)
class ClosedVersion:
    """The version of a table after the last closed batch that wrote it; `closed` is the clock of that batch's run, UTC."""

    table: str
    version: int
    step: str
    batch_id: int
    closed: datetime

    def __str__(self) -> str:
        return f"version {self.version}, by batch {self.batch_id} of {self.step}, {self.closed:%Y-%m-%d %H:%M} UTC"


def closed_versions(batches: Iterable[Mapping[str, Any]]) -> dict[str, ClosedVersion]:
    """Table -> its last closed version, sorted by name, from rows of books.batches with `outputs` as a mapping.

    A batch that is open changes nothing, nor does a closed one for a table that it did not write. Models are left out.
    """
    closed = (row for row in batches if row["state"] == "closed")
    versions: dict[str, ClosedVersion] = {}
    for row in sorted(closed, key=lambda row: int(row["batch_id"])):
        tables = (name for name in row["outputs"] if _TABLE.fullmatch(name))
        versions |= {
            name: ClosedVersion(name, int(row["outputs"][name]), row["step"], int(row["batch_id"]), row["now"])
            for name in tables
        }
    return dict(sorted(versions.items()))
