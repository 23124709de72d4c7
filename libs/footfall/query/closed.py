"""The version that the last closed batch left of each table, and the batches that are over. Pure functions of rows of books.batches."""

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
    closed = [
        ClosedVersion(name, int(version), row["step"], int(row["batch_id"]), row["now"])
        for row in batches
        if row["state"] == "closed"
        for name, version in row["outputs"].items()
        if _TABLE.fullmatch(name)
    ]
    newest_last = sorted(closed, key=lambda version: (version.table, version.version))
    return {version.table: version for version in newest_last}


def finished_batches(batches: Iterable[Mapping[str, Any]]) -> frozenset[tuple[str, int]]:
    """The batches that are over, as (step, batch_id): closed, or given up and undone."""
    return frozenset((row["step"], int(row["batch_id"])) for row in batches if row["state"] == "closed")
