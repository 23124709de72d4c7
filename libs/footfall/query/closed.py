"""The version that the last closed batch left of each table, and the batches that are over. Pure functions of rows of books.batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from footfall.contract.commits import IsFinished, written_tables


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
        ClosedVersion(name, version, row["step"], int(row["batch_id"]), row["now"])
        for row in batches
        if row["state"] == "closed"
        for name, version in written_tables(row["outputs"]).items()
    ]
    newest_last = sorted(closed, key=lambda version: (version.table, version.version))
    return {version.table: version for version in newest_last}


def finished_in(batches: Iterable[Mapping[str, Any]]) -> IsFinished:
    """Whether a step's batch is over: closed, or given up and undone. One before the step's newest is, wherever its rows are.

    jobs/maintain.py moves rows of old batches to books.history.
    """
    newest: dict[str, int] = {}
    closed: set[tuple[str, int]] = set()
    for row in batches:
        step, batch_id = row["step"], int(row["batch_id"])
        newest[step] = max(batch_id, newest.get(step, 0))
        if row["state"] == "closed":
            closed.add((step, batch_id))
    return lambda step, batch_id: batch_id < newest.get(step, 0) or (step, batch_id) in closed
