"""What a step writes: each output once, facts sorted into valid and quarantined, and the ledger's lines. Touches the lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from footfall.contract import Table, Written
from footfall.contract.frames import conform, require_sound
from footfall.errors import ContractError, TryAgain
from footfall.steps import sorting
from footfall.steps.step import Expiry, FactRows, Output, Step
from footfall.storage.books import Batch, Pin
from footfall.storage.lake import Lake, Landing
from footfall.storage.undo import undo
from footfall.tables import QUARANTINE

RuleCounts = dict[str, dict[str, int]]  # feed -> rule -> rows that broke it


@dataclass
class BatchWriter:
    """Writes the outputs of one batch; `resumed` says that an earlier try began it, `anew` that its rows replace all before them.

    `at_most_once` has Delta let each write through once only (`txnAppId`), which costs as much again: where another process may
    hold the same batch and be alive.
    `landings` is what has landed, `warnings` what a person should know of it.
    """

    lake: Lake
    step: Step
    batch: Batch
    resumed: bool
    at_most_once: bool
    anew: bool = False
    landings: dict[Table, Landing] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def land(self, output: Output | FactRows | Expiry) -> list[dict[str, Any]]:
        """Writes one output; returns its lines of the ledger."""
        if isinstance(output, Expiry):
            return self._expire(output)
        if isinstance(output, FactRows):
            return self._land_facts(output)
        rows = require_sound(conform(output.frame, output.table), output.table)
        try:
            landing = self._write_once(output.table, rows, as_of=output.as_of, replaces=output.replaces)
        finally:
            if output.landed:
                output.landed()
        return [ledger_line(self.step, "", output.table.full_name, rows_valid=landing.rows)]

    def has_landed(self) -> bool:
        """Whether any table of the step holds a commit of this batch, of this try or an earlier one."""
        return any(self.lake.landing(table, self._label(table)) for table in self.step.writes)

    def undo(self) -> None:
        """Takes back what the batch wrote, so that the step's tables are as they were before it."""
        for table in self.step.writes:
            label = self._label(table)
            if landing := self.lake.landing(table, label):
                undo(self.lake, table, landing, label=label, batch_id=self.batch.batch_id)
            target = table.partition(".")[2]
            if self.lake.landing(QUARANTINE.full_name, self._label(QUARANTINE.full_name, target)):
                self.lake.delete(QUARANTINE.full_name, target=target, batch_id=self.batch.batch_id)

    def _expire(self, output: Expiry) -> list[dict[str, Any]]:
        """Removes rows; what an earlier try of the batch removed is counted too."""
        table, label = output.table, self._label(output.table)
        landing = self.lake.landing(table, label) if self.resumed else None
        removed = self.lake.remove(table, output.condition, label=label)
        if landing:
            removed += (
                self.lake.read(table, landing.version - 1).count() - self.lake.read(table, landing.version).count()
            )
        return [ledger_line(self.step, "", table, rows_expired=removed)]

    def _land_facts(self, output: FactRows) -> list[dict[str, Any]]:
        table, feeds, pinned = output.table, output.feeds, self.batch.inputs
        existing, is_first = None, table.full_name not in pinned
        if table.written is Written.APPEND and not is_first and not self.anew:
            before = Pin.parse(pinned[table.full_name])
            existing = self.lake.read_content(table.full_name, before.version, before.batch_id)
        if existing is not None and output.ranged_key:
            ranges = sorting.key_ranges(output.frame, table, output.ranged_key).collect()
            existing = sorting.that_can_match(existing, output.ranged_key, ranges)
        marked = sorting.mark(output.frame, table, existing=existing, unique=output.unique)
        observation = Observation()
        counted = marked.observe(
            observation, *sorting.tallies(table, feeds, is_first=is_first), sorting.places_of_broken()
        )
        valid = sorting.close_intervals(counted.where(sorting.is_valid()).select(*table.column_names), table)
        if self.resumed and self.lake.landing(table.full_name, self._label(table.full_name)):
            # an earlier try wrote them: count again, write nothing
            counted.write.format("noop").mode("overwrite").save()
        landing = self._write_once(table, conform(valid, table))
        tallies = {feed: observation.get[feed].asDict() for feed in feeds}
        places = observation.get[sorting.PLACES]
        rows_aside, broken = self._quarantine(table, sorting.among(output.aside, places)) if places else (0, {})
        sorted_out = [sum(t[key] for t in tallies.values()) for key in ("rows_valid", "rows_quarantined")]
        if sorted_out != [landing.rows, rows_aside]:
            raise ContractError(
                f"{self._label(table.full_name)}: {tallies} were sorted, but {landing.rows} rows landed and "
                f"{rows_aside} were set aside.",
                fix="Report it with the ledger: rows were lost.",
            )
        counts = {f: (tallies[f]["late_load"], tallies[f]["rows_valid"]) for f in output.without_known}
        texts = [sorting.late_load_warning(f, table, late=late, valid=valid) for f, (late, valid) in counts.items()]
        self.warnings += filter(None, texts)
        return [_fact_line(self.step, feed, table, tally, broken.get(feed, {})) for feed, tally in tallies.items()]

    def _write_once(
        self, table: Table, rows: DataFrame, *, part: str = "", as_of: Sequence[date] = (), replaces: str = ""
    ) -> Landing:
        app, label = self._app(table.full_name, part), self._label(table.full_name, part)
        landing = self.lake.landing(table.full_name, label) if self.resumed else None
        if landing is None:
            batch_id, anew = self.batch.batch_id, self.anew and not part
            how: dict[str, Any] = {
                "label": label,
                "batch_id": batch_id,
                "as_of": as_of,
                "replaces": replaces,
                "anew": anew,
            }
            self.lake.write(table, rows, app=app if self.at_most_once else "", **how)
            landing = self.lake.landing(table.full_name, label)
            if landing is None and not self.at_most_once:  # without rows Delta commits only what has a txnAppId
                self.lake.write(table, self.lake.empty(table), app=app, **how)
                landing = self.lake.landing(table.full_name, label)
        if landing is None:
            raise TryAgain(
                f"{label}: the write left no commit, so another driver holds this batch.",
                fix="Start again when it is done.",
            )
        self.landings[table] = landing
        return landing

    def _quarantine(self, table: Table, aside: DataFrame) -> tuple[int, RuleCounts]:
        """Sets the broken rows aside; returns how many, and the rows by feed and rule."""
        observation = Observation()
        landing = self._write_once(
            QUARANTINE, conform(aside.observe(observation, sorting.rules_by_place()), QUARANTINE), part=table.name
        )
        del self.landings[QUARANTINE]  # every refine step adds to it: readers take its newest version
        if not self.resumed and landing.rows < sorting.MOST_PLACES:
            return landing.rows, sorting.rule_counts(observation.get[sorting.RULES] or ())
        quarantined = self.lake.read(QUARANTINE.full_name).where(
            (F.col("target") == table.name) & (F.col("batch_id") == self.batch.batch_id)
        )
        by_rule = quarantined.select("feed", F.explode("rules").alias("rule")).groupBy("feed", "rule").count()
        counts: RuleCounts = {}
        for feed, rule, rows in by_rule.collect():
            counts.setdefault(feed, {})[rule] = rows
        return landing.rows, counts

    def _app(self, table: str, part: str = "") -> str:
        """Delta's txnAppId of a write: the step and the table."""
        return "/".join(filter(None, (self.step.name, table, part)))

    def _label(self, table: str, part: str = "") -> str:
        """What the commit of a write is found by."""
        return f"{self._app(table, part)}/{self.batch.batch_id}"


def ledger_line(step: Step, feed: str, target: str, **counts: Any) -> dict[str, Any]:
    """One line of books.ledger; counts that are not stated are 0."""
    zero = dict.fromkeys(("rows_valid", "rows_quarantined", "rows_duplicate", "rows_skipped", "rows_late"), 0)
    return {"step": step.name, "feed": feed, "target": target, **zero, **counts}


def _fact_line(
    step: Step, feed: str, table: Table, tally: Mapping[str, int], broken: Mapping[str, int]
) -> dict[str, Any]:
    skipped = {key.removeprefix("reason:"): n for key, n in tally.items() if key.startswith("reason:") and n}
    warnings = {key.removeprefix("rule:"): n for key, n in tally.items() if key.startswith("rule:") and n}
    counts = {key: n for key, n in tally.items() if key.startswith("rows_")}
    return ledger_line(
        step,
        feed,
        table.full_name,
        **counts,
        skipped_reasons=skipped or None,
        broken_rules=broken or None,
        warnings=warnings or None,
    )
