"""What a step reads: pins table versions, new files and champions, and opens the frames of those pins. Touches the lake, reading only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import DataError
from footfall.steps.step import Files, Read, Step
from footfall.storage.books import MODEL, Batch, Books, Pin
from footfall.storage.files import list_files, read_files
from footfall.storage.lake import Lake
from footfall.tables import BY_NAME

FILE, DELTA, RAW, DERIVATION = "file:", "delta:", "raw.", "derivation:"  # how names of inputs begin, beside MODEL


class Champions(Protocol):
    """The registry as the runner knows it: which version of a model is champion, and how a version becomes it."""

    def champion_version(self, model: str) -> str:
        """Number of the version behind the alias `champion`; empty where there is none."""

    def promote(self, model: str, number: str) -> None:
        """Gives the version the alias `champion`, or takes the alias away where `number` is empty."""


@dataclass(frozen=True)
class StepInputs:
    """Pins the inputs of steps on one lake, and opens them as frames."""

    lake: Lake
    books: Books
    champions: Champions | None

    def pin(self, step: Step) -> dict[str, str]:
        """Name of each input -> its pin: version@batch of a table, version of a champion, size of a new file, a derivation."""
        inputs = {read.name: self._pin_read(step, read) for read in step.reads}
        inputs |= {DERIVATION + read.name: read.derivation for read in step.reads if read.derivation}
        inputs |= {table: str(pin) for table in step.writes if (pin := self.books.pin(table))}
        if self.champions:
            inputs |= {MODEL + name: self.champions.champion_version(name) for name in step.models}
        if step.files:
            inputs |= self._new_files(step, step.files)
        return inputs

    def frames(self, step: Step, batch: Batch, last: Batch | None) -> dict[str, DataFrame]:
        """The frames that `apply` gets: what the batch pinned, and the step's own tables as they were before."""
        frames = {read.name: self._frame(read, batch, last) for read in step.reads}
        if step.files:
            sizes = {key.removeprefix(FILE): int(n) for key, n in batch.inputs.items() if key.startswith(FILE)}
            largest = max(sizes.values(), default=0)
            frames["files"] = read_files(self.lake.spark, step.files, list(sizes), largest_bytes=largest)
        for table in step.writes:
            if table in batch.inputs and table not in frames:
                frames[table] = self.lake.read(table, Pin.parse(batch.inputs[table]).version)
        return frames

    def _pin_read(self, step: Step, read: Read) -> str:
        if read.name.startswith(DELTA):
            version = self.lake.foreign_version(read.name.removeprefix(DELTA))
            return f"{version}@{version}"
        pin = self.books.pin(read.name)
        if pin is None and read.name.startswith(RAW):
            raise DataError(f"step {step.name}: {read.name} was never ingested.", fix="Run jobs/ingest.py first.")
        return str(pin) if pin else ""

    def _new_files(self, step: Step, files: Files) -> dict[str, str]:
        sizes_taken = self.books.files_taken(step.name)
        sizes = list_files(self.lake.spark, files)
        changed = sorted(name for name, size in sizes.items() if name in sizes_taken and sizes_taken[name] != str(size))
        if changed:
            raise DataError(
                f"step {step.name}: changed since they were taken: {', '.join(changed)}.",
                fix="Put the old file back, and give new rows a file name of their own: a file is taken once.",
            )
        return {FILE + name: str(size) for name, size in sizes.items() if name not in sizes_taken}

    def _frame(self, read: Read, batch: Batch, last: Batch | None) -> DataFrame:
        pinned = batch.inputs.get(read.name, "")
        before = _pin_before(read, batch, last) if read.new and last else None
        if read.name.startswith(DELTA):
            version_before = before.version if before else None
            return self.lake.read_foreign(read.name.removeprefix(DELTA), Pin.parse(pinned).version, version_before)
        if not pinned:
            return self.lake.empty(BY_NAME[read.name])
        pin = Pin.parse(pinned)
        frame = self.lake.read(read.name, pin.version)
        return frame.where(F.col("batch_id") > before.batch_id) if before else frame


def _pin_before(read: Read, batch: Batch, last: Batch) -> Pin | None:
    """What the last closed batch read of the table; None where it read nothing, or derived other values from its rows."""
    derivation, derivation_before = (inputs.get(DERIVATION + read.name, "") for inputs in (batch.inputs, last.inputs))
    pin = last.inputs.get(read.name, "")
    return Pin.parse(pin) if pin and derivation == derivation_before else None


def has_new_files(inputs: Mapping[str, str]) -> bool:
    """Whether the pinned inputs hold a file that no batch took yet."""
    return any(key.startswith(FILE) for key in inputs)
