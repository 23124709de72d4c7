"""Runs Steps, several at once: opens their batches, closes them, promotes. Workers apply Steps; only this thread writes the books."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from footfall.contract import Written
from footfall.errors import DataError, FootfallError, Held, HeldBack, NothingYet, SourceError
from footfall.runtime.explain import explain
from footfall.runtime.graph import Schedule
from footfall.runtime.inputs import Champions, StepInputs
from footfall.runtime.ledger_lines import summary_line
from footfall.runtime.session import in_pool, watched
from footfall.runtime.work import DONE, GATE_FAILED, PART, Applied, Fell, Pinned, Work
from footfall.steps.step import Step
from footfall.storage.books import MODEL, PROMOTES, ROWS, Batch, Books
from footfall.storage.lake import Lake

PATIENCE_S = 1.0  # so long a commit of the books waits for steps that are being pinned

__all__ = ["DONE", "GATE_FAILED", "PART", "Runner"]


@dataclass
class Runner:
    """Runs steps on one lake, at most `at_once` at a time; `say` gets one line a step as it ends."""

    lake: Lake
    books: Books
    say: Callable[[str], Any] = print
    champions: Champions | None = None
    at_once: int = 1

    def run(self, steps: Sequence[Step]) -> list[str]:
        """Runs all steps, once all that they require is there; returns the gates that models missed, after a line for each.

        A missed gate stops nothing. A step that fails stops only those that wait for it, and one whose files cannot be used
        stops nobody. All the others run; then its fault is raised, or an ExceptionGroup where several failed. Where another
        process is at work on the same steps nothing more is begun (Held), so that one of the two ends its work. The warnings of
        gates are printed before, since they may be the cause.
        """
        for requirement in (requirement for step in steps for requirement in step.requires):
            requirement()
        self.books.require_free(step.name for step in steps)
        # steps of a replay take rows out of raw.quarantine, to which the others add
        runner = replace(self, at_once=1) if any(step.replay for step in steps) else self
        run = _StepLoop(runner, steps, Work(StepInputs(self.lake, self.books, self.champions)))
        self._promote_due()
        try:
            run.to_the_end()
        finally:
            missed_gates = [words for number in range(len(steps)) if (words := run.missed_gates.get(number))]
            for words in missed_gates:
                self.say(f"warning: {words}")
        if run.faults:
            raise run.faults[0] if len(run.faults) == 1 else ExceptionGroup("several steps failed", run.faults)
        return missed_gates

    def promote(self, batch: Batch) -> None:
        """Makes the closed batch's versions champions and notes it in the books, so that a rollback later stays."""
        if self.champions is None or not batch.promotes:
            return
        for model, number in batch.promotes.items():
            if self.champions.champion_version(model) != number:
                self.champions.promote(model, number)
        self.books.mark_promoted(batch)

    def _promote_due(self) -> None:
        """Does what a run left undone that was killed after it closed a batch and before it moved the alias."""
        for batch in self.books.promotions_due() if self.champions else ():
            self.promote(batch)
            versions = ", ".join(f"{model} version {number or 'none'}" for model, number in batch.promotes.items())
            self.say(f"{batch.step:<42} champion now: {versions} (the run before ended too early)")


@dataclass
class _StepLoop:
    """One run of steps. Its loop hands work to threads and is the only one that changes the books.

    What has ended is closed in the commit that opens what follows it, so a step mostly costs one commit of the books.
    """

    runner: Runner
    steps: Sequence[Step]
    work: Work
    faults: list[Exception] = field(default_factory=list)
    missed_gates: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.books, self.schedule = self.runner.books, Schedule(self.steps)
        self._lines: list[str] = []  # for a person, said once what they tell of is in the books
        self._pinning: dict[Future[Pinned], int] = {}
        self._applying: dict[Future[Applied], tuple[int, Batch]] = {}
        self._opened: list[tuple[int, Batch]] = []  # opened since the last commit, and not begun
        self._worked: set[int] = set()  # of which this run has already done a batch
        self._without_files: set[str] = set()  # raw tables without a row yet, since no file can be used, say
        self._is_held = False  # another process is at work on the same steps

    def to_the_end(self) -> None:
        """Runs what can run; faults of steps are collected."""
        names = [step.name for step in self.steps]

        def running() -> list[str]:
            return [names[number] for number, _ in list(self._applying.values())]

        with ThreadPoolExecutor(self.runner.at_once, "step") as self._pool, watched(self.runner.lake.spark, running):
            try:
                self._start_ready()
                while self._pinning or self._applying or self._opened:
                    patience = PATIENCE_S if self._pinning else None
                    futures: list[Future[Any]] = [*self._pinning, *self._applying]
                    ended, _ = wait(futures, patience, FIRST_COMPLETED) if futures else (set(), set())
                    for future in ended:
                        self._take(future)
                    self._start_ready()
                    if not self._pinning or not ended:  # else what is pinned in a moment joins this commit
                        self._commit()
                        self._start_ready()  # a step whose batch was lost leaves its worker to the next
                for step in self.schedule.left if self._is_held else ():
                    self._lines.append(f"{step.name:<42} not run, since another process is at work")
                self._commit()
            except _BooksFailed as failed:
                if self.faults:  # the disk is full, say: what failed first says why
                    raise ExceptionGroup("several steps failed", [*self.faults, failed.fault]) from failed.fault
                raise failed.fault from None
            finally:
                self._pool.shutdown(wait=True, cancel_futures=True)

    def _start_ready(self) -> None:
        """Begins steps as long as one is ready and a worker free."""
        while not self._is_held and len(self._pinning) + len(self._applying) + len(self._opened) < self.runner.at_once:
            number = self.schedule.take()
            if number is None:
                return
            self._guarded(number, partial(self._begin, number))

    def _begin(self, number: int) -> None:
        """Goes on with a batch that an earlier run left open, or pins the step's next one."""
        step = self.steps[number]
        batch = self.books.unfinished(step.name)
        if batch and (why := self.work.why_anew(step, batch)):
            if lost := self.work.undo(step, batch):
                why = f"{why}; {lost}"
            self.books.abandon(batch, why=why)
            self._lines.append(f"{step.name:<42} begins anew: a run before ended too early, and {why}")
            batch = None
        if batch:
            self._apply(number, batch)
        else:
            self._pin(number)

    def _pin(self, number: int) -> None:
        self._pinning[self._pool.submit(self.work.pin, self.steps[number])] = number

    def _apply(self, number: int, batch: Batch) -> None:
        step = self.steps[number]
        future = self._pool.submit(in_pool, self.runner.lake.spark, step.name, self.work.apply, step, batch)
        self._applying[future] = (number, batch)

    def _take(self, future: Future[Any]) -> None:
        """Acts on what a worker did."""
        if future in self._pinning:
            number = self._pinning.pop(future)
            self._guarded(number, lambda: self._pinned(number, future.result()))
        else:
            number, batch = self._applying.pop(future)
            self._guarded(number, lambda: self._applied(number, batch, future.result()), batch)

    def _pinned(self, number: int, pinned: Pinned) -> None:
        step = self.steps[number]
        if not pinned.is_done:
            batch = self.books.open(step.name, inputs=pinned.inputs, fingerprint=pinned.fingerprint)
            self._opened.append((number, batch))
            return
        last = self.books.last_closed(step.name)
        if number not in self._worked:
            self._lines.append(f"{step.name:<42} nothing new")
        self._done(number, last.outcome if last else DONE)

    def _applied(self, number: int, batch: Batch, applied: Applied) -> None:
        step, resumed = self.steps[number], not self.books.opened(batch)
        outputs = _outputs(applied, self.books)
        closed = self.books.close(batch, outputs=outputs, outcome=applied.outcome, lines=applied.lines)
        if closed.promotes:
            self._commit()
            self.runner.promote(closed)
        self._lines.append(summary_line(step, applied.lines, seconds=applied.seconds, models=applied.result.models))
        for words in applied.warnings:
            self._lines.append(f"warning: {words}")
        self._worked.add(number)
        if resumed:  # the books have to know the files that it took before the step looks for new ones
            self._commit()
        if resumed or applied.outcome == PART:  # what is new since, or the next part
            self._pin(number)
        else:
            self._done(number, applied.outcome)

    def _done(self, number: int, outcome: str = "") -> None:
        if outcome.startswith(GATE_FAILED):
            self.missed_gates[number] = outcome.removeprefix(GATE_FAILED)
        step = self.steps[number]
        self._without_files |= {table for table in step.writes if step.files and self.books.pin(table) is None}
        self.schedule.done(number)

    def _guarded(self, number: int, act: Callable[[], None], batch: Batch | None = None) -> None:
        """Does it; where it fails, the step has failed, and those that wait for it do not run.

        A batch that wrote nothing is given up, so that fixed input is pinned anew. One that wrote something, or whose process
        dies, stays open and goes on with the inputs that it pinned.
        """
        try:
            act()
        except _BooksFailed:
            raise
        except Fell as fell:
            if batch and not fell.has_landed:
                self.books.abandon(batch, why=type(fell.fault).__name__)
            self._failed(number, fell.fault)
        except Exception as fault:
            self._failed(number, fault)

    def _failed(self, number: int, fault: Exception) -> None:
        step, lost = self.steps[number], list[Step]()
        self._is_held |= isinstance(fault, Held)
        if isinstance(fault, NothingYet) and (step.replay or any(r.name in self._without_files for r in step.reads)):
            self._lines.append(f"{step.name:<42} has no row yet")
            self.schedule.done(number)
            return
        self.faults.append(fault)
        if isinstance(fault, HeldBack):
            self._held_back(number, fault)
            return
        if _waits_alone(step, fault):
            self._done(number)
        else:
            lost = self.schedule.failed(number)
        if len(self.steps) > 1:
            why = f": {fault.what}" if isinstance(fault, FootfallError) else ""  # what others say may hold a value
            self._lines.append(f"{step.name:<42} failed{why}")
        for later in lost:
            self._lines.append(f"{later.name:<42} not run, since it waits for {step.name}")

    def _held_back(self, number: int, fault: HeldBack) -> None:
        """The feeds of which too much is broken wait; the step goes on with what others brought, if there are any."""
        step = self.steps[number]
        self._lines.append(f"{step.name:<42} held back: {fault.what}")
        if self.work.inputs.leave_out(step, fault.reads):
            self._pin(number)
        else:
            self._done(number)

    def _commit(self) -> None:
        """Writes what is noted in the books, says what came of it, and begins the batches that are open now."""
        opened, self._opened = self._opened, []
        try:
            lost = self.books.commit()
        except Exception as fault:
            raise _BooksFailed(fault) from fault
        lines, self._lines = self._lines, []
        for line in lines:
            self.runner.say(line)
        for number, batch in opened:
            if batch.step in lost:
                self._failed(number, lost[batch.step])
            else:
                self._apply(number, batch)


class _BooksFailed(Exception):
    """Nothing can be written into the books: the run ends, whatever a step might do about it."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault
        super().__init__(str(fault))


def _outputs(applied: Applied, books: Books) -> dict[str, str]:
    """What a batch closes with: versions of tables and rows in them, versions of models and which to promote."""
    outputs = {MODEL + name: version for name, version in applied.result.models.items()}
    outputs |= {PROMOTES + name: version for name, version in applied.result.promotes.items()}
    for table, landing in applied.landings.items():
        before = books.pin(table.full_name)
        adds = table.written in {Written.APPEND, Written.UPDATE} and landing.removed is not None and not applied.anew
        expired = sum(line.get("rows_expired") or 0 for line in applied.lines if line["target"] == table.full_name)
        kept = before.rows - (landing.removed or 0) - expired if before and adds else 0
        outputs |= {table.full_name: str(landing.version), table.full_name + ROWS: str(landing.rows + kept)}
    return outputs


def _waits_alone(step: Step, fault: Exception) -> bool:
    """Whether a feed waits for files that can be used, and all others go on with what it brought before."""
    known = fault if isinstance(fault, FootfallError) else explain(fault)
    return step.files is not None and isinstance(known, SourceError | DataError)
