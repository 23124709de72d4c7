"""What a run would do and why, step by step, without doing it. Touches the lake, reading only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from footfall.errors import FootfallError
from footfall.runtime.graph import waits_for
from footfall.runtime.inputs import StepInputs
from footfall.runtime.work import PART, Work
from footfall.steps.step import Step
from footfall.storage.batch import FILE, MODEL, Batch


def plan(steps: Sequence[Step], inputs: StepInputs) -> Iterator[str]:
    """One line a step: what it would do, and why. A step behind one that would run may get new input from it."""
    for requirement in (requirement for step in steps for requirement in step.requires):
        try:
            requirement()
        except FootfallError as fault:
            yield f"the run would end before any step: {fault.what}"
    work, would_run = Work(inputs), list[Step]()
    for step in steps:
        before = [other.name for other in would_run if waits_for(step, other)]
        try:
            words = _words(step, work, before)
        except FootfallError as fault:
            words = f"would fail: {fault.what}"
        if words:
            would_run.append(step)
        yield f"{step.name:<42} {words or 'nothing new'}"


def _words(step: Step, work: Work, before: Sequence[str]) -> str:
    """What the step would do and why; empty where it has nothing to do."""
    unfinished = work.books.open_batch(step.name)
    if unfinished and (holder := work.books.held(unfinished)):
        return f"would end the run with exit code 75: {holder}"
    if unfinished and (why := work.why_anew(step, unfinished)):
        return f"would begin anew: batch {unfinished.batch_id} is left open, and {why}"
    if unfinished:
        return f"would go on with batch {unfinished.batch_id}, which a run before left open"
    last = work.books.last_closed(step.name)
    if before and (last is None or not step.cadence_days):
        return f"{'would run' if last is None else 'may run'}, after {', '.join(before[-3:])}"
    pinned = work.pin(step)
    if pinned.is_done:
        return ""
    return f"would run: {'; '.join(_reasons(step, pinned.inputs, pinned.fingerprint, last))}"


def _reasons(step: Step, pins: Mapping[str, str], fingerprint: str, last: Batch | None) -> list[str]:
    if new_files := [key for key in pins if key.startswith(FILE)]:
        return [f"{len(new_files):,} new file{'s' if len(new_files) > 1 else ''}"]
    if last is None:
        return ["it never ran"]
    if last.outcome == PART:
        return ["a part of its work is left"]
    changed = step.changes(fingerprint, last.fingerprint)
    reasons = [f"changed {name}" for name in changed if name != "inputs"]
    own = {*step.writes, *(read.name for read in step.reads if read.lookup and not read.wakes)}
    news = [key for key, pin in pins.items() if last.inputs.get(key, "") != pin and key not in own]
    if news:
        reasons.append(f"new input: {', '.join(key.removeprefix(MODEL) for key in news)}")
    elif step.replay:
        reasons.append("rows of quarantine are taken in again")
    elif "inputs" in changed:
        reasons.append("another day")
    return reasons or ["what it makes is gone"]
