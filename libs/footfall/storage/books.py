"""The books: opens and closes batches, keeps the ledger, knows which versions readers use. Touches the layer `books` only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from operator import itemgetter
from threading import Lock
from typing import Any

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import Held
from footfall.storage.batch import ABANDONED, MODEL, PROMOTES, ROWS, Batch, FilePin, Pin, TakenFile
from footfall.storage.journal import CLOSED, OPEN, PROMOTED, Entry, Journal, first_opener
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import BATCHES, FILES, LEDGER

__all__ = ["ABANDONED", "MODEL", "PROMOTES", "ROWS", "Batch", "Books", "Pin"]


FEW_FILES = 10_000  # files of all steps that are read at once; of more, each step reads its own


class Books:
    """The state of all steps: read once, then updated by the batches of this process.

    `open`, `close`, `abandon` and `mark_promoted` change this state at once and note what is to be written; `commit` writes
    all that was noted, in as few commits as can be. Only one thread changes the books; others may read them meanwhile.
    """

    def __init__(self, lake: Lake, *, owner: Owner, now: datetime, take_over: bool = False) -> None:
        self._lake = lake
        self._owner = owner
        self.now = now
        self._take_over = take_over
        lake.ensure(BATCHES)
        lake.ensure(LEDGER)
        self._closed: dict[str, list[Batch]] = {}
        self._last_id: dict[str, int] = {}
        self._open: dict[str, Batch] = {}
        self._opened_here: set[tuple[str, int]] = set()
        self._promoted: set[tuple[str, int]] = set()
        self._noted: list[Entry] = []
        self._few_files: list[tuple[Any, ...]] | None = None
        self._files_lock = Lock()
        self._closed_here: set[str] = set()  # steps
        version = lake.version(BATCHES.full_name) or 0  # rows that come between this look and the next are known, too
        self._journal = Journal(lake, owner.token, rivals=self.may_have_rivals, version=version)
        rows = lake.read(BATCHES.full_name).withColumn("now_s", F.unix_seconds("now")).collect() if version else []
        for row in sorted(rows, key=itemgetter("step", "batch_id", "state")):  # here: Spark would take two jobs for it
            self._remember(row)

    def last_closed(self, step: str) -> Batch | None:
        """The step's newest closed batch."""
        batches = self._closed.get(step)
        return batches[-1] if batches else None

    def last_registration(self, step: str) -> Batch | None:
        """The step's newest closed batch that registered a version of a model."""
        return next((batch for batch in reversed(self._closed.get(step, [])) if batch.registered), None)

    def has_registered(self, step: str, model: str, number: str) -> bool:
        """Whether a closed batch of the step registered that version of the model."""
        return any(batch.outputs.get(MODEL + model) == number for batch in self._closed.get(step, []))

    def open_batch(self, step: str) -> Batch | None:
        """The step's open batch, whoever holds it."""
        return self._open.get(step)

    def unfinished(self, step: str) -> Batch | None:
        """The step's open batch, whose owner is this process from now on.

        Raises Held where another process holds it that may be alive.
        """
        batch = self._open.get(step)
        if batch is not None and batch.owner != str(self._owner):
            self._claim(batch)
        return batch

    def require_free(self, steps: Iterable[str]) -> None:
        """Raises Held where another process that may be alive holds a batch of one of the steps."""
        for batch in filter(None, map(self._open.get, steps)):
            if words := self.held(batch):
                raise Held(words, fix="Wait for it; or, if you know that it is dead, start again with --take-over.")

    def held(self, batch: Batch) -> str:
        """Who holds an open batch, where that is another process that may be alive; else empty."""
        other = Owner.parse(batch.owner)
        if self._take_over or self._owner.may_resume(other):
            return ""
        run = f" (run id {other.run_id})" if other.run_id else ""
        return f"step {batch.step}: batch {batch.batch_id} is held by process {other.pid}{run}."

    def pin(self, table: str) -> Pin | None:
        """The version that readers use now: that of the newest closed batch that wrote the table; None where none did.

        A step's last batch may have written nothing to the table. Then the version of an earlier batch is still in use.
        """
        writers = [batch for batches in self._closed.values() for batch in batches if table in batch.outputs]
        if not writers:
            return None
        newest = max(writers, key=lambda batch: int(batch.outputs[table]))
        return Pin(int(newest.outputs[table]), newest.batch_id, int(newest.outputs.get(table + ROWS, 0)))

    def is_finished(self, step: str, batch_id: int) -> bool:
        """Whether that batch of the step is over: closed, or given up and undone. One that these books do not know is not."""
        batch = self._open.get(step)
        return batch_id <= self._last_id.get(step, 0) and (batch is None or batch.batch_id != batch_id)

    def open_batches(self) -> list[Batch]:
        """All batches that are not over, whoever holds them; by step."""
        return [self._open[step] for step in sorted(self._open)]

    def promotions_due(self) -> list[Batch]:
        """Last closed batches with versions to promote that are not marked as promoted."""
        last = [batches[-1] for batches in self._closed.values()]
        return [b for b in last if b.promotes and (b.step, b.batch_id) not in self._promoted]

    def files_taken(self, step: str, names: Collection[str]) -> dict[str, TakenFile]:
        """Those of the files that closed batches of an ingest step took, as they were taken last."""
        if not names or self.last_closed(step) is None:
            return {}
        moments = {batch.batch_id: batch.now for batch in self._closed[step]}
        taken: dict[str, TakenFile] = {}
        for batch_id, name, *pin in sorted(self._files_of(step, names)):
            first = taken[name].first_taken if name in taken else moments.get(batch_id)
            taken[name] = TakenFile(FilePin(*pin), first)
        return taken

    def _files_of(self, step: str, names: Collection[str]) -> list[tuple[Any, ...]]:
        """Rows (batch_id, file, size, time of change, content) of the step's files of these names."""
        columns = ("batch_id", "file", "size_bytes", "changed_ms", "content")
        with self._files_lock:
            if self._few_files is None:  # eleven feeds would ask one after the other, a job of Spark each time
                rows = self._lake.read(FILES.full_name).select("step", *columns).limit(FEW_FILES + 1).collect()
                self._few_files = [tuple(row) for row in rows]
        if len(self._few_files) <= FEW_FILES and step not in self._closed_here:
            return [row[1:] for row in self._few_files if row[0] == step and row[2] in names]
        wanted = self._lake.spark.createDataFrame(pa.table({"file": pa.array(names, pa.string())}))
        mine = self._lake.read(FILES.full_name).where(F.col("step") == step).join(wanted, "file", "left_semi")
        return [tuple(row) for row in mine.select(*columns).collect()]

    def open(self, step: str, *, inputs: Mapping[str, str], fingerprint: str) -> Batch:
        """Opens the step's next batch. It is this process's own once `commit` has not named it as lost."""
        batch = Batch(step, self._last_id.get(step, 0) + 1, str(self._owner), inputs, fingerprint)
        self._note(batch, OPEN)
        self._open[step] = batch
        self._last_id[step] = batch.batch_id
        self._opened_here.add((step, batch.batch_id))
        return batch

    def opened(self, batch: Batch) -> bool:
        """Whether this process opened the batch; else an earlier one did, and may have written something."""
        return (batch.step, batch.batch_id) in self._opened_here

    def close(
        self, batch: Batch, *, outputs: Mapping[str, str], outcome: str, lines: Sequence[Mapping[str, Any]] = ()
    ) -> Batch:
        """Closes the batch with its lines of the ledger, and returns it closed: from `commit` on readers use its outputs.

        The ledger's rule stops `commit` where rows were lost.
        """
        closed = replace(batch.without_files(), outputs=outputs, outcome=outcome, now=self.now)
        self._note(closed, CLOSED, lines, batch.files)
        self._open.pop(batch.step, None)
        self._closed.setdefault(batch.step, []).append(closed)
        self._closed_here.add(batch.step)
        return closed

    def mark_promoted(self, batch: Batch) -> None:
        """Notes that the closed batch's versions are champions, so that no later run promotes them again."""
        self._note(batch, PROMOTED)
        self._promoted.add((batch.step, batch.batch_id))

    def abandon(self, batch: Batch, *, why: str) -> None:
        """Closes a batch that wrote nothing, or that was undone, so that its step pins its inputs anew; readers keep what they had."""
        if not self.opened(batch):  # the run before may have come as far as the ledger
            self._lake.delete(LEDGER.full_name, step=batch.step, batch_id=batch.batch_id)
        self._note(replace(batch.without_files(), outputs={}, outcome=f"{ABANDONED}: {why}"), CLOSED)
        self._open.pop(batch.step, None)

    def commit(self) -> dict[str, Held]:
        """Writes what was noted; returns the steps whose batch another process opened first, each with what to say."""
        entries, self._noted = self._noted, []
        lost = {}
        for batch in self._journal.write(entries) if entries else []:
            self._open.pop(batch.step, None)
            words = f"step {batch.step}: another process opened batch {batch.batch_id} first."
            lost[batch.step] = Held(words, fix="Start again when it is done.")
        return lost

    @property
    def may_have_rivals(self) -> bool:
        """Whether another process may hold the same batch and be alive: a scheduler's retry, or the one that was taken over."""
        return bool(self._owner.run_id) or self._take_over

    def _note(
        self,
        batch: Batch,
        state: str,
        lines: Sequence[Mapping[str, Any]] = (),
        files: Mapping[str, FilePin] | None = None,
    ) -> None:
        self._noted.append(Entry(batch, state, self.now, lines, files or {}, again=not self.opened(batch)))

    def _claim(self, batch: Batch) -> None:
        self.require_free([batch.step])
        name = self._lake.name(BATCHES.full_name)
        self._lake.spark.sql(
            f"UPDATE {name} SET owner = :owner WHERE step = :step AND batch_id = :batch_id AND state = 'open'",  # noqa: S608 - a table name
            args={"owner": str(self._owner), "step": batch.step, "batch_id": batch.batch_id},
        )

    def _remember(self, row: T.Row) -> None:
        batch = Batch(
            row["step"],
            row["batch_id"],
            row["owner"],
            row["inputs"],
            row["fingerprint"],
            row["outputs"],
            row["outcome"] or "",
            datetime.fromtimestamp(row["now_s"], UTC),
        )
        if row["state"] == OPEN and self._last_id.get(batch.step) != batch.batch_id:
            self._open[batch.step] = batch
        elif row["state"] == OPEN and batch.step in self._open:  # two processes opened it in the same moment
            first = first_opener(self._lake, batch)
            self._open[batch.step] = batch if Owner.parse(batch.owner).token == first else self._open[batch.step]
        elif row["state"] == CLOSED and not batch.outcome.startswith(ABANDONED):
            self._closed.setdefault(batch.step, []).append(batch)
        elif row["state"] == PROMOTED:
            self._promoted.add((batch.step, batch.batch_id))
        self._last_id[batch.step] = batch.batch_id  # `closed` is sorted before `open` of the same batch
