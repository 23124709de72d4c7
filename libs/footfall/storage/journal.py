"""Writes rows of the books: several at once in one commit, and says which batches another process had first. Touches `books` only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count, repeat
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from footfall.contract import BATCH_ID, Table
from footfall.contract.commits import Commit
from footfall.contract.frames import require_sound
from footfall.storage.batch import Batch, FilePin
from footfall.storage.lake import NEWEST, Lake
from footfall.tables import BATCHES, FILES, LEDGER

OPEN, CLOSED, PROMOTED = "open", "closed", "promoted"  # states of a batch


@dataclass(frozen=True)
class Entry:
    """A new state of a batch, with the lines of the ledger and the files that a closed one brings; `again`: these may be there."""

    batch: Batch
    state: str
    now: datetime
    lines: Sequence[Mapping[str, Any]] = ()
    files: Mapping[str, FilePin] = field(default_factory=dict)
    again: bool = False

    def rows_of(self, table: Table) -> list[dict[str, Any]]:
        """What it brings to a table of the books."""
        batch = self.batch
        key = {"step": batch.step, "batch_id": batch.batch_id}
        if table is LEDGER:
            return [{**line, **key} for line in self.lines]
        if table is FILES:
            return [{**key, "file": name, **asdict(pin)} for name, pin in self.files.items()]
        maps = {"inputs": dict(batch.inputs), "outputs": dict(batch.outputs)}
        words = {"owner": batch.owner, "fingerprint": batch.fingerprint, "outcome": batch.outcome or None}
        return [{**key, **maps, **words, "state": self.state, "now": self.now}]


@dataclass
class Journal:
    """Appends to the books as the process `token`.

    Without `rivals`, what is to be written goes into one commit of each table. With them, where another process may hold the
    same batches and be alive, each entry is a commit of its own, which Delta lets through once (`txnAppId`).
    """

    lake: Lake
    token: str
    rivals: bool
    version: int  # of books.batches, up to which this process knows what others wrote
    _commits: Iterator[int] = field(default_factory=lambda: count(1), init=False)

    def write(self, entries: Sequence[Entry]) -> list[Batch]:
        """Writes lines of the ledger and files, then the states; returns the batches that another process opened before.

        A run that dies in between leaves lines without a closed batch, which the next run finds and does not write again.
        """
        with ThreadPoolExecutor(2, "books") as pool:  # list: a fault of either table is raised here
            list(pool.map(self._bring, (LEDGER, FILES), repeat(entries)))
        lost: list[Batch] = []
        for group in self._groups(entries):
            label = self._append(BATCHES, group)
            lost += self._lost(label, [entry.batch for entry in group if entry.state == OPEN])
        return lost

    def _bring(self, table: Table, entries: Sequence[Entry]) -> None:
        """Appends what the entries bring to the ledger or to the files, but what is there from a run that died."""
        bring = [e for e in entries if e.rows_of(table) and not (e.again and self._is_in(table, e.batch))]
        for group in self._groups(bring):
            self._append(table, group)

    def _groups(self, entries: Sequence[Entry]) -> list[list[Entry]]:
        """The entries of each commit."""
        return [[entry] for entry in entries] if self.rivals else [list(entries)] if entries else []

    def _append(self, table: Table, group: Sequence[Entry]) -> str:
        """Returns the label of the commit, by which only this process's write is found."""
        opens = [str(entry.batch) for entry in group if entry.state == OPEN]
        label = json.dumps({"by": self.token, "commit": next(self._commits), "opens": opens})
        schema = cast("T.StructType", T.DataType.fromDDL(table.schema(*table.column_names, BATCH_ID.name)))
        rows = [row for entry in group for row in entry.rows_of(table)]
        # as an Arrow table it becomes a local relation: no Python worker and no job to make the rows
        values = pa.Table.from_pylist(rows, to_arrow_schema(schema, timezone="UTC"))
        frame = require_sound(self.lake.spark.createDataFrame(values, schema).coalesce(1), table)
        first = group[0]
        app = f"{first.batch.step}/{first.state if table is BATCHES else table.name}" if self.rivals else ""
        self.lake.write(table, frame, label=label, app=app, batch_id=first.batch.batch_id)
        return label

    def _is_in(self, table: Table, batch: Batch) -> bool:
        mine = (F.col("step") == batch.step) & (F.col("batch_id") == batch.batch_id)
        return (
            self.lake.version(table.full_name) is not None and not self.lake.read(table.full_name).where(mine).isEmpty()
        )

    def _lost(self, label: str, opened: Sequence[Batch]) -> list[Batch]:
        """Of the batches that the commit opened, those that a commit of another process opened before it."""
        if not opened:
            return []
        since = self._commits_since(self.version)
        mine = next((commit.version for commit in since if commit.label == label), None)
        if mine is None:  # Delta let an earlier one of another process through instead
            return list(opened)
        self.version = mine
        earlier = {
            name for commit in since if commit.version < mine for name in opens_of(commit.label, but_by=self.token)
        }
        return [batch for batch in opened if str(batch) in earlier]

    def _commits_since(self, version: int) -> list[Commit]:
        commits = _commits_of(self.lake, NEWEST)
        if len(commits) == NEWEST and commits[-1].version > version + 1:
            commits = _commits_of(self.lake, None)
        return [commit for commit in commits if commit.version > version]


def _commits_of(lake: Lake, limit: int | None) -> list[Commit]:
    return [Commit.of(row.asDict()) for row in lake.versions.history(BATCHES.full_name, limit)]


def opens_of(label: str, *, but_by: str = "") -> list[str]:
    """The batches, as `step/batch_id`, that the commit of this label opened; none where that process wrote it."""
    try:
        words = json.loads(label)
        return [] if words["by"] == but_by else list(words["opens"])
    except (ValueError, TypeError, KeyError):  # somebody else's commit
        return []


def first_opener(lake: Lake, batch: Batch) -> str:
    """Token of the process whose commit opened the batch first, of two that did so in the same moment."""
    commits = reversed(_commits_of(lake, None))
    label = next(commit.label for commit in commits if str(batch) in opens_of(commit.label))
    return str(json.loads(label)["by"])
