"""What a step reads: pins table versions, new files and champions, and opens the frames of those pins. Touches the lake, reading only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import Any, Protocol

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract.commits import removes_rows, view_of
from footfall.errors import NothingYet, SourceError, TryAgain
from footfall.runtime.quarantine import label_of, quarantined_before
from footfall.steps.step import Files, Read, Step
from footfall.storage.batch import FILE, MODEL, Batch, Pin
from footfall.storage.books import Books
from footfall.storage.files import contents_of, list_files, read_files
from footfall.storage.in_place import TablePin, TableRead, pin_in_place, read_in_place
from footfall.storage.lake import Lake
from footfall.storage.table_changes import TableChanges
from footfall.storage.versions import UNREADABLE_VERSION
from footfall.tables import BY_NAME, FILES, QUARANTINE

# how names of inputs begin, beside FILE and MODEL
DELTA, RAW, DERIVATION, REMOVED, SHAPE = "delta:", "raw.", "derivation:", "removed:", "shape:"


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
    _in_place: dict[tuple[Any, ...], TableRead] = field(default_factory=dict)  # several steps read one table
    _their_pins: dict[str, TablePin] = field(default_factory=dict)
    _pinning: Lock = field(default_factory=Lock)
    _left_out: dict[str, frozenset[str]] = field(default_factory=dict)  # step -> tables whose news wait in this run

    def pin(self, step: Step) -> dict[str, str]:
        """Name of each input -> its pin: version@batch of a table, version of a champion, content of a new file, a derivation."""
        inputs: dict[str, str] = {}
        for read in step.reads:
            inputs |= self._as_before(step, read) or self._pin_read(read)
        if step.name not in self._left_out:
            _require_raw_rows(step, inputs)
        inputs |= {DERIVATION + read.name: read.derivation for read in step.reads if read.derivation}
        inputs |= {table: str(pin) for table in step.writes if (pin := self.pin_of(table))}
        inputs |= self._removals(step, inputs)
        if self.champions:
            inputs |= {MODEL + name: self.champions.champion_version(name) for name in step.models}
        if step.files:
            inputs |= self._new_files(step, step.files)
        return inputs

    def pin_of(self, table: str) -> Pin | None:
        """What readers use of a table: what its last closed batch left, less or more what others did to its rows since.

        The version is the one that last changed the rows, so that a table that was only laid out anew has the same pin.
        """
        pin = self.books.pin(table)
        if pin is None:
            return None
        commits = self.lake.versions.since(table, pin.version)
        view = view_of(table, pin.version, commits, self.books.is_finished)
        return replace(pin, version=view.content)

    def frames(self, step: Step, batch: Batch, last: Batch | None) -> dict[str, DataFrame]:
        """The frames that `apply` gets: what the batch pinned, and the step's own tables as they were before.

        A feed that was never ingested has no frame, nor have the step's own tables where it begins anew.
        """
        is_anew = begins_anew(batch, last)
        before = None if is_anew else last
        reads = [read for read in step.reads if batch.inputs.get(read.name) or read.name in BY_NAME]
        frames = {read.frame: self._frame(read, batch, before) for read in reads}
        if step.files:
            largest = max((pin.size_bytes for pin in batch.files.values()), default=0)
            raw = self.lake.read(step.writes[0]).schema if self.lake.properties(step.writes[0]) else None
            files = list(batch.files)
            frames["files"] = read_files(self.lake.spark, step.files, files, largest_bytes=largest, raw=raw)
        for table in () if is_anew else step.writes:
            if table in batch.inputs and table not in frames:
                frames[table] = self._pinned(table, batch.inputs[table])
        if step.replay:
            rows = quarantined_before(self.lake, step.replay, label_of(step.replay, batch))
            frames[QUARANTINE.full_name] = rows.where(step.replay.condition).where(F.col("batch_id") < batch.batch_id)
        return frames

    def are_there(self, step: Step, batch: Batch) -> bool:
        """Whether the tables that an earlier run pinned can still be read as they were then."""
        try:
            for frame in self.frames(replace(step, files=None), batch, self.books.last_closed(step.name)).values():
                _ = frame.schema  # Connect looks at the log only now
        except (TryAgain, PySparkException) as fault:
            if isinstance(fault, PySparkException) and fault.getCondition() not in UNREADABLE_VERSION:
                raise
            return False
        return True

    def table_changes(self, step: Step, batch: Batch, last: Batch | None) -> dict[str, TableChanges]:
        """For each Delta table that the step reads in place, what others did to it since the last closed batch."""
        before = None if begins_anew(batch, last) else last
        tables = (read for read in step.reads if read.name.startswith(DELTA) and batch.inputs[read.name])
        changes = {read.name: self._read_in_place(read, batch, before).changes for read in tables}
        return {name: change for name, change in changes.items() if change}

    def leave_out(self, step: Step, tables: frozenset[str]) -> bool:
        """Lets the step read nothing new of these tables in this run; returns whether it has others that brought something."""
        self._left_out[step.name] = self._left_out.get(step.name, frozenset()) | tables
        others = (r.name for r in step.reads if r.name.startswith((RAW, DELTA)) and not r.lookup)
        return any(
            name.startswith(DELTA) or self.pin_of(name) for name in others if name not in self._left_out[step.name]
        )

    def has_quarantined(self, step: Step) -> bool:
        """Whether raw.quarantine holds rows that the step is to take in again."""
        if step.replay is None or self.lake.properties(QUARANTINE.full_name) is None:
            return False
        return not self.lake.read(QUARANTINE.full_name).where(step.replay.condition).isEmpty()

    def _as_before(self, step: Step, read: Read) -> dict[str, str]:
        """What the step's last batch read of a table of which this run reads nothing new; of all others nothing."""
        if read.name not in self._left_out.get(step.name, ()):
            return {}
        last = self.books.last_closed(step.name)
        pins = last.inputs if last else {}
        return {read.name: pins.get(read.name, "")} | {k: pins[k] for k in (SHAPE + read.name,) if k in pins}

    def _pin_read(self, read: Read) -> dict[str, str]:
        if read.name.startswith(DELTA):
            pin = self._pin_in_place(read.name.removeprefix(DELTA))
            return {read.name: f"{pin.version}@{pin.version}", SHAPE + read.name: pin.shape}
        pinned = self.pin_of(read.name)
        return {read.name: str(pinned) if pinned else ""}

    def _pin_in_place(self, table: str) -> TablePin:
        """A shop's Delta table as the run found it: one version for all steps, else the vault would not know a row that facts have."""
        with self._pinning:
            if table not in self._their_pins:
                self._their_pins[table] = pin_in_place(self.lake.spark, table)
            return self._their_pins[table]

    def _removals(self, step: Step, inputs: Mapping[str, str]) -> dict[str, str]:
        """For each table that the step follows, the newest of its pins at which rows had been taken away; kept from batch to batch."""
        last = self.books.last_closed(step.name)
        removals: dict[str, str] = {}
        for read in (read for read in step.reads if read.follows and last):
            before, pinned = (last.inputs.get(read.name, "") if last else ""), inputs[read.name]
            known = last.inputs.get(REMOVED + read.name, "") if last else ""
            if before and pinned and pinned != before and lost_rows(self.lake, read.name, before, pinned):
                known = pinned
            if known:
                removals[REMOVED + read.name] = known
        return removals

    def _new_files(self, step: Step, files: Files) -> dict[str, str]:
        """The files that no batch took yet, or took before they were written anew, each with what identifies its content."""
        listed = list_files(self.lake.spark, files)
        taken = self.books.files_taken(step.name, listed)
        touched = {name for name, file in taken.items() if replace(file.pin, content="") != listed[name]}
        # an untouched file is not read; one that was only copied again has the same content
        contents = contents_of(self.lake.spark, files, [n for n in listed if n not in taken or n in touched])
        pins = {name: replace(listed[name], content=content) for name, content in contents.items()}
        changed = {name for name in touched if pins[name].differs(taken[name].pin)}
        earliest = self.books.now - timedelta(days=files.rewritten_days)
        moments = {name: taken[name].first_taken for name in changed} if files.rewritten_days else {}
        again = {name for name, moment in moments.items() if moment and moment >= earliest}
        if held := sorted(changed - again):
            raise SourceError(
                f"step {step.name}: changed since they were taken: {', '.join(held)}. This feed waits.",
                fix=(
                    "Put the old file back, and give new rows a file name of their own. To have a file read again as it is "
                    f"now, its known rows counting as duplicates, delete its row (step {step.name}) from "
                    f"{self.lake.name(FILES.full_name)}. Of a source that writes its last days anew, the mapping says so: "
                    "`rewrites: 3 days`."
                ),
            )
        return {FILE + name: str(pin) for name, pin in pins.items() if name not in taken or name in again}

    def _frame(self, read: Read, batch: Batch, last: Batch | None) -> DataFrame:
        pinned = batch.inputs.get(read.name, "")
        before = _pin_before(read, batch, last) if read.new and last else None
        if read.name.startswith(DELTA):
            return self._read_in_place(read, batch, last).rows
        if not pinned:
            return self.lake.empty(BY_NAME[read.name])
        frame = self._pinned(read.name, pinned)
        return frame.where(F.col("batch_id") > before.batch_id) if before else frame

    def _read_in_place(self, read: Read, batch: Batch, last: Batch | None) -> TableRead:
        pin = _table_pin(read, batch)
        before = None
        if last and SHAPE + read.name in last.inputs and (not read.new or _pin_before(read, batch, last)):
            before = _table_pin(read, last)
        key = (read.name, pin.version, before.version if before else None, read.new)
        if key not in self._in_place:
            table = read.name.removeprefix(DELTA)
            self._in_place[key] = read_in_place(self.lake.spark, table, pin, before, only_new=read.new)
        return self._in_place[key]

    def _pinned(self, table: str, text: str) -> DataFrame:
        pin = Pin.parse(text)
        return self.lake.read_content(table, pin.version, pin.batch_id)


def _require_raw_rows(step: Step, inputs: Mapping[str, str]) -> None:
    """Raises NothingYet where a step reads feeds, and none of them was ever ingested."""
    feeds = [read.name for read in step.reads if read.name.startswith((RAW, DELTA)) and not read.lookup]
    if feeds and not any(inputs[name] for name in feeds):
        raise NothingYet(f"step {step.name}: {', '.join(feeds)} was never ingested.", fix="Run jobs/ingest.py first.")


def lost_rows(lake: Lake, table: str, before: str, pinned: str) -> bool:
    """Whether rows that were there at one pin were taken away or changed until the other, or nobody knows any more."""
    first, last = Pin.parse(before).version, Pin.parse(pinned).version
    commits = [commit for commit in lake.versions.since(table, first) if commit.version <= last]
    return last < first or len(commits) < last - first or removes_rows(commits)


def begins_anew(batch: Batch, last: Batch | None) -> bool:
    """Whether rows that the step read in earlier batches are gone, so that what it wrote of them has to go too."""
    keys = [key for key in batch.inputs if key.startswith(REMOVED)]
    return last is not None and any(batch.inputs[key] != last.inputs.get(key, "") for key in keys)


def _pin_before(read: Read, batch: Batch, last: Batch) -> Pin | None:
    """What the last closed batch read of the table; None where it read nothing, or derived other values from its rows."""
    derivation, derivation_before = (inputs.get(DERIVATION + read.name, "") for inputs in (batch.inputs, last.inputs))
    pin = last.inputs.get(read.name, "")
    return Pin.parse(pin) if pin and derivation == derivation_before else None


def _table_pin(read: Read, batch: Batch) -> TablePin:
    """The Delta table as the batch pinned it."""
    return TablePin.parse(Pin.parse(batch.inputs[read.name]).version, batch.inputs[SHAPE + read.name])


def has_new_files(inputs: Mapping[str, str]) -> bool:
    """Whether the pinned inputs hold a file that no batch took yet."""
    return any(key.startswith(FILE) for key in inputs)
