"""What a worker does for one step: pins its inputs, applies it to them and writes what comes of it. Touches the lake, not the books."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from footfall.contract import Table
from footfall.errors import ContractError
from footfall.runtime.consent import People, no_consent, without_withdrawn
from footfall.runtime.inputs import StepInputs, begins_anew, has_new_files
from footfall.runtime.landing import BatchWriter
from footfall.runtime.ledger_lines import one_a_table
from footfall.runtime.writes import Writes
from footfall.steps.step import FactRows, Step, StepResult, has_same_definition
from footfall.storage.batch import Batch
from footfall.storage.books import Books
from footfall.storage.lake import Landing
from footfall.storage.table_changes import TableChanges
from footfall.storage.text_files import is_there

DONE, PART, GATE_FAILED = "done", "part", "gate_failed: "  # outcomes of a closed batch; the last with the reason


@dataclass(frozen=True)
class Pinned:
    """The inputs of a step's next batch, and whether the last closed one did this work already."""

    inputs: Mapping[str, str]
    fingerprint: str
    is_done: bool


@dataclass(frozen=True)
class Applied:
    """What came of a batch: its result, its lines of the ledger, what landed, words for a person, seconds that it took.

    `anew` says that what landed replaced all rows before it.
    """

    result: StepResult
    lines: Sequence[Mapping[str, Any]]
    landings: Mapping[Table, Landing]
    anew: bool
    warnings: Sequence[str]
    seconds: float

    @property
    def outcome(self) -> str:
        """As books.batches says it."""
        if self.result.gate_failed:
            return GATE_FAILED + self.result.gate_failed
        return PART if self.result.is_part else DONE


class Fell(Exception):
    """A step failed; `fault` is why, `has_landed` says that something of its batch is written, so that it stays open."""

    def __init__(self, fault: Exception, *, has_landed: bool) -> None:
        self.fault = fault
        self.has_landed = has_landed
        super().__init__(str(fault))


@dataclass
class Work:
    """The work on steps of one run; each call may be in a thread of its own."""

    inputs: StepInputs

    @property
    def books(self) -> Books:
        """Which only the runner changes."""
        return self.inputs.books

    def pin(self, step: Step) -> Pinned:
        """Pins the inputs of the step's next batch."""
        inputs = self.inputs.pin(step)
        fingerprint = step.fingerprint(inputs)
        return Pinned(inputs, fingerprint, self._is_done(step, inputs, fingerprint))

    def apply(self, step: Step, batch: Batch) -> Applied:
        """Applies the step to what the batch pinned and writes its tables; raises Fell where it fails."""
        started, last, resumed = time.perf_counter(), self.books.last_closed(step.name), not self.books.opened(batch)
        at_most_once, anew = resumed or self.books.may_have_rivals, begins_anew(batch, last)
        writes = Writes(self.inputs.lake, step, batch, resumed=resumed, at_most_once=at_most_once, anew=anew)
        writer = BatchWriter(writes, last)
        try:
            people = People(step, self.inputs.frames(step, batch, last))
            result = step.apply(people.consented)
            result = without_withdrawn(result, people, batch=batch, last=last)
            with ExitStack() as ending:
                if result.ended:
                    ending.callback(result.ended)
                lines = one_a_table([line for output in result.outputs for line in writer.land(output)])
            if step.consent and lines:
                lines[0] |= no_consent(people.skipped())
            _require_news(step, result, lines)
            warnings = [
                *writer.warnings,
                *result.warnings,
                *_noted(lines, result, self.inputs.table_changes(step, batch, last)),
            ]
        except Exception as fault:
            if writes.is_to_undo:
                writer.undo()
            raise Fell(fault, has_landed=not writes.is_to_undo and _has_landed(writer)) from fault
        return Applied(result, lines, writes.landings, anew, warnings, time.perf_counter() - started)

    def why_anew(self, step: Step, batch: Batch) -> str:
        """Why a batch that an earlier run left open cannot be gone on with, in words; empty where it can."""
        if step.fingerprint(batch.inputs) != batch.fingerprint:
            return "the day, code or settings are others now"
        if not self.inputs.are_there(step, batch):
            return "Delta keeps what it pinned no longer"
        return "what it wrote is taken back in part" if self._writer(step, batch).is_undone() else ""

    def undo(self, step: Step, batch: Batch) -> str:
        """Takes back what an earlier run wrote of a batch that is left open; what could not be taken back, in words."""
        return self._writer(step, batch).undo()

    def _writer(self, step: Step, batch: Batch) -> BatchWriter:
        """For a batch that an earlier run left open."""
        return BatchWriter(Writes(self.inputs.lake, step, batch, resumed=True, at_most_once=True))

    def _is_done(self, step: Step, inputs: Mapping[str, str], fingerprint: str) -> bool:
        """Whether the last closed batch did this work, or the step's cadence leaves changed inputs for later."""
        if step.files:
            return not has_new_files(inputs)
        last = self.books.last_closed(step.name)
        if last and step.replay and self.inputs.has_quarantined(step):
            return False
        if last is None or last.outcome == PART or not all(map(is_there, step.makes)):
            return False
        if not step.changes(fingerprint, last.fingerprint) or self._is_within_cadence(step, fingerprint):
            return True
        pins = [self.inputs.pin_of(table) for table in step.waits_in]
        if not pins or any(pin and pin.rows for pin in pins):
            return False
        asleep = step.fingerprint(step.asleep(inputs, last.inputs))
        return not step.changes(asleep, last.fingerprint)  # nobody waits for what is new

    def _is_within_cadence(self, step: Step, fingerprint: str) -> bool:
        """Whether the step registered a model fewer than `cadence_days` ago, and only the inputs changed since."""
        registration = self.books.last_registration(step.name)
        if registration is None or registration.now is None:
            return False
        if not has_same_definition(registration.fingerprint, fingerprint):
            return False
        return self.books.now - registration.now < timedelta(days=step.cadence_days)


def _require_news(step: Step, result: StepResult, lines: Sequence[Mapping[str, Any]]) -> None:
    """Raises ContractError where a part of a step brought nothing and says that there is more."""
    if result.is_part and not any(line["rows_valid"] for line in lines):
        raise ContractError(
            f"{step.name}: a part brought nothing, and says that there is more.",
            fix="Report it: the step would go on for ever.",
        )


def _noted(lines: Sequence[dict[str, Any]], result: StepResult, changes: Mapping[str, TableChanges]) -> list[str]:
    """Enters in the lines of the ledger what others did to the Delta tables that were read in place; returns it in words."""
    reads = {
        feed: name for output in result.outputs if isinstance(output, FactRows) for feed, name in output.reads.items()
    }
    words = []
    for line in lines:
        if change := changes.get(reads.get(line["feed"], "")):
            line["source_changes"] = (change.rows.as_map() if change.rows else None) or None
            line["full_read"] = change.full_read or None
            words.append(change.warning(line["feed"], line["target"]))
    return [*filter(None, words)]


def _has_landed(writer: BatchWriter) -> bool:
    """Whether anything of the batch is written; taken as written where that cannot be told, so that the batch stays open."""
    try:
        return writer.has_landed()
    except Exception:  # the lake may be what failed
        return True
