"""Runs Steps: pins what they read, applies, checks, writes once, books. Touches the lake and the books, through their modules."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from footfall.contract import Table, Written
from footfall.contract.frames import conform, require_sound
from footfall.errors import ContractError, DataError, GateFailed, TryAgain
from footfall.runtime.session import progress
from footfall.steps import sorting
from footfall.steps.step import FactRows, Output, Read, Step, StepResult
from footfall.storage.books import ROWS, Batch, Books, Pin
from footfall.storage.files import list_files, read_files
from footfall.storage.lake import Lake, Landing
from footfall.tables import BY_NAME, QUARANTINE

DONE, PART, GATE_FAILED = "done", "part", "gate_failed: "  # outcomes of a closed batch; the last with the reason


class Champions(Protocol):
    """Where the runner learns which model versions a step would use."""

    def champion_version(self, model: str) -> str:
        """The version behind the alias `champion`; empty where there is none."""


@dataclass
class Runner:
    """Runs steps one after the other on one lake; `say` gets one line a step."""

    lake: Lake
    books: Books
    say: Any = print
    champions: Champions | None = None

    def run(self, steps: Sequence[Step]) -> None:
        """Runs all steps; raises GateFailed at the end where models missed their gates, with all that are missed.

        A first model that misses its gate leaves no champion: the step that then has none to use is told with it.
        """
        missed: list[str] = []
        try:
            missed += filter(None, map(self.run_step, steps))
        except DataError as fault:
            if not missed:
                raise
            missed.append(fault.what)
        if missed:
            raise GateFailed(
                "; ".join(missed), fix="The last champion stays in use. The run in MLflow shows each gate."
            )

    def run_step(self, step: Step) -> str:
        """Runs one step unless nothing is new to it, part by part; returns the gates that its model missed."""
        while True:
            outcome = self._run_batch(step)
            if outcome != PART:
                return outcome.removeprefix(GATE_FAILED) if outcome.startswith(GATE_FAILED) else ""

    def _run_batch(self, step: Step) -> str:
        """Runs the step's open or next batch; returns its outcome, or that of the last one where nothing is new."""
        started = time.perf_counter()
        last = self.books.last_closed(step.name)
        batch = self.books.unfinished(step.name)
        resumed = batch is not None
        if batch is None:
            inputs = self._pin(step)
            fingerprint = step.fingerprint(inputs)
            if self._is_done(step, last, inputs, fingerprint):
                self.say(f"{step.name:<42} nothing new")
                return last.outcome if last else DONE
            batch = self.books.open(step.name, inputs=inputs, fingerprint=fingerprint)
        work = _Work(step, batch, resumed)
        with progress(self.lake.spark, step.name), self._abandoned_if_nothing_landed(work):
            made = step.apply(self._frames(step, batch, last))
            lines = [line for output in made.outputs for line in self._land(work, output)]
        if made.is_part and not any(line["rows_valid"] for line in lines):
            raise ContractError(
                f"{step.name}: a part brought nothing, and says that there is more.",
                fix="Please report this: the step would go on for ever.",
            )
        if lines:
            self.books.enter(batch, lines)
        outcome = GATE_FAILED + made.gate_failed if made.gate_failed else PART if made.is_part else DONE
        self.books.close(batch, outputs=self._outputs(work, made), outcome=outcome)
        self.say(_told(step, lines, made, time.perf_counter() - started))
        return outcome

    @contextmanager
    def _abandoned_if_nothing_landed(self, work: _Work) -> Iterator[None]:
        """A step that fails before it wrote anything gives its batch up: fixed input is pinned anew.

        A batch that wrote something, or whose process dies, stays open and goes on with the inputs that it pinned.
        """
        try:
            yield
        except Exception as fault:
            with suppress(Exception):  # where even the books cannot be written, the batch just stays open
                labels = {table: f"{work.step.name}/{table}/{work.batch.batch_id}" for table in work.step.writes}
                if not any(self.lake.landing(table, label) for table, label in labels.items()):
                    self.books.abandon(work.batch, why=type(fault).__name__)
            raise

    # --- what a step reads

    def _pin(self, step: Step) -> dict[str, str]:
        inputs = {read.name: self._pin_read(step, read) for read in step.reads}
        inputs |= {table: str(pin) for table in step.writes if (pin := self.books.pin(table))}
        if self.champions:
            inputs |= {f"model:{name}": self.champions.champion_version(name) for name in step.models}
        if step.files:
            inputs |= self._new_files(step)
        return inputs

    def _pin_read(self, step: Step, read: Read) -> str:
        if read.name.startswith("delta:"):
            version = self.lake.foreign_version(read.name.removeprefix("delta:"))
            return f"{version}@{version}"
        pin = self.books.pin(read.name)
        if pin is None and read.name.startswith("raw."):
            raise DataError(f"step {step.name}: {read.name} was never ingested.", fix="Run jobs/ingest.py first.")
        return str(pin) if pin else ""

    def _new_files(self, step: Step) -> dict[str, str]:
        assert step.files is not None  # noqa: S101 - narrows the type
        taken = self.books.files_taken(step.name)
        found = list_files(self.lake.spark, step.files)
        changed = sorted(name for name, size in found.items() if name in taken and taken[name] != str(size))
        if changed:
            raise DataError(
                f"step {step.name}: changed since they were taken: {', '.join(changed)}.",
                fix="A file is taken once. Give new rows a file name of their own, and put the old file back.",
            )
        return {f"file:{name}": str(size) for name, size in found.items() if name not in taken}

    def _is_done(self, step: Step, last: Batch | None, inputs: Mapping[str, str], fingerprint: str) -> bool:
        if step.files:
            return not any(key.startswith("file:") for key in inputs)
        is_there = all(Path(file).exists() for file in step.makes)
        return is_there and last is not None and last.fingerprint == fingerprint and last.outcome != PART

    def _frames(self, step: Step, batch: Batch, last: Batch | None) -> dict[str, DataFrame]:
        frames = {read.name: self._frame(read, batch, last) for read in step.reads}
        if step.files:
            names = [key.removeprefix("file:") for key in batch.inputs if key.startswith("file:")]
            frames["files"] = read_files(self.lake.spark, step.files, names)
        for table in step.writes:
            if table in batch.inputs and table not in frames:
                frames[table] = self.lake.read(table, Pin.parse(batch.inputs[table]).version)
        return frames

    def _frame(self, read: Read, batch: Batch, last: Batch | None) -> DataFrame:
        pinned = batch.inputs.get(read.name, "")
        before = Pin.parse(last.inputs[read.name]) if read.new and last and last.inputs.get(read.name) else None
        if read.name.startswith("delta:"):
            return self.lake.read_foreign(
                read.name.removeprefix("delta:"), Pin.parse(pinned).version, before.version if before else None
            )
        if not pinned:
            return self.lake.empty(BY_NAME[read.name])
        pin = Pin.parse(pinned)
        frame = self.lake.read(read.name, pin.version)
        return frame.where(F.col("batch_id") > before.batch_id) if before else frame

    # --- what a step writes

    def _land(self, work: _Work, output: Output | FactRows) -> list[dict[str, Any]]:
        if isinstance(output, FactRows):
            return self._land_facts(work, output)
        rows = require_sound(conform(output.frame, output.table), output.table)
        landing = self._write_once(work, output.table, rows, as_of=output.as_of)
        return [_line(work.step, "", output.table, rows_valid=landing.rows)]

    def _land_facts(self, work: _Work, output: FactRows) -> list[dict[str, Any]]:
        table, feeds, pinned = output.table, output.feeds, work.batch.inputs
        existing = None
        if table.written is Written.APPEND and table.full_name in pinned:
            existing = self.lake.read(table.full_name, Pin.parse(pinned[table.full_name]).version)
        marked = sorting.mark(output.frame, table, existing=existing, unique=output.unique)
        seen = Observation()
        counted = marked.observe(seen, *sorting.tallies(table, feeds), sorting.places_of_broken())
        valid = sorting.close_intervals(counted.where(sorting.is_valid()).select(*table.column_names), table)
        if work.resumed and self.lake.landing(table.full_name, work.label(table)):
            # an earlier try wrote them: count again, write nothing
            counted.write.format("noop").mode("overwrite").save()
        landing = self._write_once(work, table, conform(valid, table))
        tallies = {feed: seen.get[feed].asDict() for feed in feeds}
        places = seen.get[sorting.PLACES]
        aside, broken = self._quarantine(work, table, sorting.among(output.aside, places)) if places else (0, {})
        sorted_out = [sum(t[key] for t in tallies.values()) for key in ("rows_valid", "rows_quarantined")]
        if sorted_out != [landing.rows, aside]:
            raise ContractError(
                f"{work.label(table)}: {tallies} were sorted, but {landing.rows} rows landed and {aside} were set aside.",
                fix="Please report this: rows were lost.",
            )
        return [_fact_line(work.step, feed, table, tally, broken.get(feed, {})) for feed, tally in tallies.items()]

    def _write_once(
        self, work: _Work, table: Table, rows: DataFrame, *, part: str = "", as_of: Sequence[date] = ()
    ) -> Landing:
        label = work.label(table, part)
        landing = self.lake.landing(table.full_name, label) if work.resumed else None
        if landing is None:
            self.lake.write(
                table, rows, label=label, app=work.app(table, part), batch_id=work.batch.batch_id, as_of=as_of
            )
            landing = self.lake.landing(table.full_name, label)
        if landing is None:
            raise TryAgain(
                f"{label}: the write left no commit, so another driver holds this batch.",
                fix="Start again when it is done.",
            )
        work.landings[table] = landing
        return landing

    def _quarantine(self, work: _Work, table: Table, aside: DataFrame) -> tuple[int, dict[str, dict[str, int]]]:
        """Sets the broken rows aside; returns how many, and feed -> rule -> rows."""
        landing = self._write_once(work, QUARANTINE, conform(aside, QUARANTINE), part=table.name)
        del work.landings[QUARANTINE]  # every refine step adds to it: readers take its newest version
        mine = self.lake.read(QUARANTINE.full_name).where(
            (F.col("target") == table.name) & (F.col("batch_id") == work.batch.batch_id)
        )
        found: dict[str, dict[str, int]] = {}
        for feed, rule, rows in (
            mine.select("feed", F.explode("rules").alias("rule")).groupBy("feed", "rule").count().collect()
        ):
            found.setdefault(feed, {})[rule] = rows
        return landing.rows, found

    def _outputs(self, work: _Work, made: StepResult) -> dict[str, str]:
        """Versions after the batch, and how many rows each table then holds."""
        found: dict[str, str] = {f"model:{name}": version for name, version in made.models.items()}
        for table, landing in work.landings.items():
            before = self.books.pin(table.full_name)
            kept = before.rows if before and table.written is Written.APPEND else 0
            found |= {table.full_name: str(landing.version), table.full_name + ROWS: str(landing.rows + kept)}
        return found


@dataclass
class _Work:
    """A batch while it runs: whether an earlier try began it, and what has landed."""

    step: Step
    batch: Batch
    resumed: bool
    landings: dict[Table, Landing] = field(default_factory=dict)

    def app(self, table: Table, part: str = "") -> str:
        """Delta's txnAppId of a write: the step and the table."""
        return "/".join(filter(None, (self.step.name, table.full_name, part)))

    def label(self, table: Table, part: str = "") -> str:
        """What the commit of a write is found by."""
        return f"{self.app(table, part)}/{self.batch.batch_id}"


def _line(step: Step, feed: str, table: Table, **counts: Any) -> dict[str, Any]:
    zero = dict.fromkeys(("rows_valid", "rows_quarantined", "rows_duplicate", "rows_skipped", "rows_late"), 0)
    return {"step": step.name, "feed": feed, "target": table.full_name, **zero, **counts}


def _fact_line(
    step: Step, feed: str, table: Table, tally: Mapping[str, int], broken: Mapping[str, int]
) -> dict[str, Any]:
    reasons = {key.removeprefix("reason:"): n for key, n in tally.items() if key.startswith("reason:") and n}
    warned = {key.removeprefix("rule:"): n for key, n in tally.items() if key.startswith("rule:") and n}
    counts = {key: n for key, n in tally.items() if key.startswith("rows_")}
    return _line(
        step, feed, table, **counts, skipped_reasons=reasons or None, broken_rules={**warned, **broken} or None
    )


def _told(step: Step, lines: Sequence[Mapping[str, Any]], made: StepResult, seconds: float) -> str:
    """The line that a person reads: rows in, rows out, what was set aside, seconds."""
    read = sum(line.get("rows_read") or 0 for line in lines)
    out = sum(line["rows_valid"] for line in lines)
    aside = [
        f"{sum(line[f'rows_{kind}'] for line in lines):,} {kind}"
        for kind in ("quarantined", "duplicate", "skipped")
        if any(line[f"rows_{kind}"] for line in lines)
    ]
    parts = [
        f"{read:>10,} in" if read else " " * 13,
        f"{out:>10,} out" if lines else " " * 14,
        f"{seconds:6.1f} s",
        ", ".join(aside),
    ]
    parts += [f"{name} version {version}" for name, version in made.models.items()]
    return f"{step.name:<42}" + "  ".join(part for part in parts if part)
