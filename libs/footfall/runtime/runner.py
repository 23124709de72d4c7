"""Runs Steps: opens a batch on pinned inputs, applies the step, writes, closes, promotes. Touches the lake through its modules."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from footfall.contract import Written
from footfall.errors import ContractError
from footfall.runtime.inputs import Champions, StepInputs, has_new_files
from footfall.runtime.landing import BatchWriter
from footfall.runtime.session import progress
from footfall.steps.step import Step, StepResult, has_same_definition
from footfall.storage.books import MODEL, PROMOTES, ROWS, Batch, Books
from footfall.storage.lake import Lake
from footfall.storage.text_files import is_there

DONE, PART, GATE_FAILED = "done", "part", "gate_failed: "  # outcomes of a closed batch; the last with the reason


@dataclass
class Runner:
    """Runs steps one after the other on one lake; `say` gets one line a step."""

    lake: Lake
    books: Books
    say: Any = print
    champions: Champions | None = None

    def run(self, steps: Sequence[Step]) -> list[str]:
        """Runs all steps, once all that they require is there; returns the gates that models missed, after a line for each.

        A missed gate stops nothing: the steps behind it run. The warnings are also printed where a later step fails,
        since they may be its cause.
        """
        for requirement in (requirement for step in steps for requirement in step.requires):
            requirement()
        self._promote_due()
        missed_gates: list[str] = []
        try:
            for step in steps:
                missed_gates += filter(None, (self.run_step(step),))
        finally:
            for words in missed_gates:
                self.say(f"warning: {words}")
        return missed_gates

    def run_step(self, step: Step) -> str:
        """Runs one step unless nothing is new to it, part by part; returns the gates that its model missed.

        A batch that an earlier run left open comes first, then what is new since.
        """
        unfinished = self._unfinished(step)
        if unfinished:
            self._run_batch(step, unfinished)
        outcome = self._run_next(step, is_first=unfinished is None)
        while outcome == PART:
            outcome = self._run_next(step, is_first=False)
        return outcome.removeprefix(GATE_FAILED) if outcome.startswith(GATE_FAILED) else ""

    def _unfinished(self, step: Step) -> Batch | None:
        """The batch that an earlier run left open, to go on with; one of another day, code or settings is undone instead."""
        batch = self.books.unfinished(step.name)
        if batch is None or step.fingerprint(batch.inputs) == batch.fingerprint:
            return batch
        BatchWriter(self.lake, step, batch, resumed=True).undo()
        self.books.abandon(batch, why="the day, code or settings are others now")
        self.say(f"{step.name:<42} begins anew: a run before, of another day, code or settings, ended too early")
        return None

    def _run_next(self, step: Step, *, is_first: bool) -> str:
        """Runs the step's next batch; returns its outcome, or that of the last one where nothing is new."""
        pins = StepInputs(self.lake, self.books, self.champions).pin(step)
        fingerprint, last = step.fingerprint(pins), self.books.last_closed(step.name)
        if self._is_done(step, last, pins, fingerprint):
            if is_first:
                self.say(f"{step.name:<42} nothing new")
            return last.outcome if last else DONE
        return self._run_batch(step, self.books.open(step.name, inputs=pins, fingerprint=fingerprint))

    def _run_batch(self, step: Step, batch: Batch) -> str:
        """Applies the step to what the batch pinned, writes, closes and promotes; returns the batch's outcome."""
        started, last = time.perf_counter(), self.books.last_closed(step.name)
        inputs = StepInputs(self.lake, self.books, self.champions)
        writer = BatchWriter(self.lake, step, batch, resumed=not self.books.opened(batch))
        with progress(self.lake.spark, step.name), self._abandoned_if_nothing_landed(writer):
            result = step.apply(inputs.frames(step, batch, last))
            lines = [line for output in result.outputs for line in writer.land(output)]
        if result.is_part and not any(line["rows_valid"] for line in lines):
            raise ContractError(
                f"{step.name}: a part brought nothing, and says that there is more.",
                fix="Report it: the step would go on for ever.",
            )
        if lines:
            self.books.enter(batch, lines)
        outcome = GATE_FAILED + result.gate_failed if result.gate_failed else PART if result.is_part else DONE
        self._promote(self.books.close(batch, outputs=self._outputs(writer, result), outcome=outcome))
        self.say(_summary_line(step, lines, result, time.perf_counter() - started))
        for words in (*writer.warnings, *result.warnings):
            self.say(f"warning: {words}")
        return outcome

    def _is_done(self, step: Step, last: Batch | None, pins: Mapping[str, str], fingerprint: str) -> bool:
        """Whether the last closed batch did this work, or the step's cadence leaves changed inputs for later."""
        if step.files:
            return not has_new_files(pins)
        if last is None or last.outcome == PART or not all(map(is_there, step.makes)):
            return False
        return last.fingerprint == fingerprint or self._is_within_cadence(step, fingerprint)

    def _is_within_cadence(self, step: Step, fingerprint: str) -> bool:
        """Whether the step registered a model fewer than `cadence_days` ago, and only the inputs changed since."""
        registration = self.books.last_registration(step.name)
        if registration is None or registration.now is None:
            return False
        if not has_same_definition(registration.fingerprint, fingerprint):
            return False
        return self.books.now - registration.now < timedelta(days=step.cadence_days)

    @contextmanager
    def _abandoned_if_nothing_landed(self, writer: BatchWriter) -> Iterator[None]:
        """A step that fails before it wrote anything gives its batch up: fixed input is pinned anew.

        A batch that wrote something, or whose process dies, stays open and goes on with the inputs that it pinned.
        """
        try:
            yield
        except Exception as fault:
            with suppress(Exception):  # where even the books cannot be written, the batch just stays open
                if not writer.has_landed():
                    self.books.abandon(writer.batch, why=type(fault).__name__)
            raise

    def _outputs(self, writer: BatchWriter, result: StepResult) -> dict[str, str]:
        """What the batch closes with: versions of tables and rows in them, versions of models and which to promote."""
        outputs = {MODEL + name: version for name, version in result.models.items()}
        outputs |= {PROMOTES + name: version for name, version in result.promotes.items()}
        for table, landing in writer.landings.items():
            before = self.books.pin(table.full_name)
            adds = table.written in {Written.APPEND, Written.UPDATE} and landing.removed is not None
            kept = before.rows - (landing.removed or 0) if before and adds else 0
            outputs |= {table.full_name: str(landing.version), table.full_name + ROWS: str(landing.rows + kept)}
        return outputs

    def _promote_due(self) -> None:
        """Does what a run left undone that was killed after it closed a batch and before it moved the alias."""
        for batch in self.books.promotions_due() if self.champions else ():
            self._promote(batch)
            versions = ", ".join(f"{model} version {number or 'none'}" for model, number in batch.promotes.items())
            self.say(f"{batch.step:<42} champion now: {versions} (the run before ended too early)")

    def _promote(self, batch: Batch) -> None:
        """Makes the closed batch's versions champions and says so in the books, so that a rollback later stays."""
        if self.champions is None or not batch.promotes:
            return
        for model, number in batch.promotes.items():
            if self.champions.champion_version(model) != number:
                self.champions.promote(model, number)
        self.books.mark_promoted(batch)


def _summary_line(step: Step, lines: Sequence[Mapping[str, Any]], result: StepResult, seconds: float) -> str:
    """The line that a person reads: rows in, rows out, what was set aside, seconds."""
    rows_in = sum(line.get("rows_read") or 0 for line in lines)
    rows_out = sum(line["rows_valid"] for line in lines)
    aside = [
        f"{sum(line[f'rows_{kind}'] for line in lines):,} {kind}"
        for kind in ("quarantined", "duplicate", "skipped")
        if any(line[f"rows_{kind}"] for line in lines)
    ]
    parts = [
        f"{rows_in:>10,} in" if rows_in else " " * 13,
        f"{rows_out:>10,} out" if lines else " " * 14,
        f"{seconds:6.1f} s",
        ", ".join(aside),
    ]
    parts += [f"{name} version {version}" for name, version in result.models.items()]
    return f"{step.name:<42}" + "  ".join(part for part in parts if part)
