"""The books: opens and closes batches, keeps the ledger, knows which versions readers use. Touches the layer `books` only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from footfall.contract import Table
from footfall.contract.frames import conform, require_sound
from footfall.errors import TryAgain
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import BATCHES, LEDGER

ABANDONED = "abandoned"  # prefix of the outcome of a batch that failed before it wrote anything
ROWS = "#rows"  # suffix in `outputs`: rows of the table after the batch
MODEL = "model:"  # prefix in `inputs` and `outputs`: the version of a model that was used or registered
PROMOTES = "promotes:"  # prefix in `outputs`: the version that becomes champion after the batch has closed


@dataclass(frozen=True)
class Batch:
    """One batch of a step, as a row of books.batches has it."""

    step: str
    batch_id: int
    owner: str
    inputs: Mapping[str, str]
    fingerprint: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    outcome: str = ""
    now: datetime | None = None  # the clock of the run that wrote its newest state

    @property
    def registered(self) -> bool:
        """Whether it registered a version of a model."""
        return any(key.startswith(MODEL) for key in self.outputs)

    @property
    def promotes(self) -> dict[str, str]:
        """Model -> number of the version that becomes champion when the batch has closed; empty: none is any more."""
        versions = {key.removeprefix(PROMOTES): n for key, n in self.outputs.items() if key.startswith(PROMOTES)}
        return dict(sorted(versions.items()))


@dataclass(frozen=True)
class Pin:
    """What a reader of a table uses: the version after the last closed batch of its writer, and that batch."""

    version: int
    batch_id: int
    rows: int

    def __str__(self) -> str:
        return f"{self.version}@{self.batch_id}"

    @classmethod
    def parse(cls, text: str) -> Pin:
        """The pin that `str` wrote; rows are not kept."""
        version, _, batch_id = text.partition("@")
        return cls(int(version), int(batch_id), 0)


class Books:
    """The state of all steps: read once, then updated by the batches of this process."""

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
        rows = lake.read(BATCHES.full_name).withColumn("now_s", F.unix_seconds("now"))
        for row in rows.orderBy("step", "batch_id", "state").collect():
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

    def unfinished(self, step: str) -> Batch | None:
        """The step's open batch, whose owner is this process from now on.

        Raises TryAgain where another process holds it that may be alive.
        """
        batch = self._open.get(step)
        if batch is not None and batch.owner != str(self._owner):
            self._claim(batch)
        return batch

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

    def files_taken(self, step: str) -> dict[str, str]:
        """Files that closed batches of an ingest step took, with their sizes in bytes."""
        taken = (batch.inputs.items() for batch in self._closed.get(step, []))
        return {key.removeprefix("file:"): size for items in taken for key, size in items if key.startswith("file:")}

    def open(self, step: str, *, inputs: Mapping[str, str], fingerprint: str) -> Batch:
        """Opens the step's next batch, or raises TryAgain where another process was first."""
        batch = Batch(step, self._last_id.get(step, 0) + 1, str(self._owner), inputs, fingerprint)
        label = self._append_state(batch, "open", at_most_once=True)
        if self._lake.landing(BATCHES.full_name, label) is None:  # Delta writes a state of a batch only once
            raise TryAgain(
                f"step {step}: another process opened batch {batch.batch_id} first.",
                fix="Start again when it is done.",
            )
        self._open[step] = batch
        self._last_id[step] = batch.batch_id
        self._opened_here.add((step, batch.batch_id))
        return batch

    def opened(self, batch: Batch) -> bool:
        """Whether this process opened the batch; else an earlier one did, and may have written something."""
        return (batch.step, batch.batch_id) in self._opened_here

    def close(self, batch: Batch, *, outputs: Mapping[str, str], outcome: str) -> Batch:
        """Closes the batch and returns it closed: from here on readers use its outputs."""
        closed = replace(batch, outputs=outputs, outcome=outcome, now=self.now)
        self._append_state(closed, "closed", at_most_once=self._may_have_a_rival)
        self._open.pop(batch.step, None)
        self._closed.setdefault(batch.step, []).append(closed)
        return closed

    def mark_promoted(self, batch: Batch) -> None:
        """Notes that the closed batch's versions are champions, so that no later run promotes them again."""
        self._append_state(batch, "promoted", at_most_once=True)
        self._promoted.add((batch.step, batch.batch_id))

    def abandon(self, batch: Batch, *, why: str) -> None:
        """Closes a batch that wrote nothing, or that was undone, so that its step pins its inputs anew; readers keep what they had."""
        if not self.opened(batch):  # the run before may have come as far as the ledger
            self._lake.delete(LEDGER.full_name, step=batch.step, batch_id=batch.batch_id)
        abandoned = replace(batch, outputs={}, outcome=f"{ABANDONED}: {why}")
        self._append_state(abandoned, "closed", at_most_once=self._may_have_a_rival)
        self._open.pop(batch.step, None)

    def enter(self, batch: Batch, lines: Sequence[Mapping[str, Any]]) -> None:
        """Writes the batch's lines of the ledger; the ledger's rule stops it where rows were lost."""
        if not self.opened(batch):  # the run before may have entered them
            mine = (F.col("step") == batch.step) & (F.col("batch_id") == batch.batch_id)
            if not self._lake.read(LEDGER.full_name).where(mine).isEmpty():
                return
        app = f"{batch.step}/ledger"
        self._write(LEDGER, lines, app=app, batch_id=batch.batch_id, at_most_once=self._may_have_a_rival)

    @property
    def _may_have_a_rival(self) -> bool:
        """Whether another process may hold the same batch and be alive: a scheduler's retry, or the one that was taken over."""
        return bool(self._owner.run_id) or self._take_over

    def _append_state(self, batch: Batch, state: str, *, at_most_once: bool) -> str:
        """Returns the label of the commit, in which only this process's write can be found."""
        row = {
            "step": batch.step, "state": state, "owner": batch.owner, "inputs": dict(batch.inputs), "outputs": dict(batch.outputs),
            "fingerprint": batch.fingerprint, "outcome": batch.outcome or None, "now": self.now,
        }  # fmt: skip
        app = f"{batch.step}/{state}"
        return self._write(BATCHES, [row], app=app, batch_id=batch.batch_id, at_most_once=at_most_once)

    def _write(
        self, table: Table, rows: Sequence[Mapping[str, Any]], *, app: str, batch_id: int, at_most_once: bool
    ) -> str:
        schema = cast("T.StructType", T.DataType.fromDDL(table.schema()))
        # as an Arrow table it becomes a local relation: no Python worker and no job to make the rows
        values = pa.Table.from_pylist([dict(row) for row in rows], to_arrow_schema(schema, timezone="UTC"))
        frame = self._lake.spark.createDataFrame(values, schema).coalesce(1)
        label = f"{app}/{batch_id} by {self._owner.token}"
        once = app if at_most_once else ""
        self._lake.write(table, require_sound(conform(frame, table), table), label=label, app=once, batch_id=batch_id)
        return label

    def _claim(self, batch: Batch) -> None:
        other = Owner.parse(batch.owner)
        if not (self._take_over or self._owner.may_resume(other)):
            raise TryAgain(
                f"step {batch.step}: batch {batch.batch_id} is held by process {other.pid} (run id {other.run_id or 'none'}).",
                fix="Wait for it; or, if you know that it is dead, start again with --take-over.",
            )
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
        if row["state"] == "open" and self._last_id.get(batch.step) != batch.batch_id:
            self._open[batch.step] = batch
        elif row["state"] == "closed" and not batch.outcome.startswith(ABANDONED):
            self._closed.setdefault(batch.step, []).append(batch)
        elif row["state"] == "promoted":
            self._promoted.add((batch.step, batch.batch_id))
        self._last_id[batch.step] = batch.batch_id  # `closed` is sorted before `open` of the same batch
