"""What a step writes: each output once, facts sorted into valid and quarantined, and the ledger's lines. Touches the lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, Observation, Row
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Table, Written
from footfall.contract.frames import conform, require_sound
from footfall.errors import ContractError, TryAgain
from footfall.runtime.explain import is_about_a_value
from footfall.runtime.ledger_lines import RuleCounts, broken_by_rule, fact_line, ledger_line
from footfall.runtime.replacing import Replaced, replaced_by
from footfall.steps import history, sorting
from footfall.steps.line_keys import Matching
from footfall.steps.matching import mark, shared_groups
from footfall.steps.places import element_of, position_of
from footfall.steps.step import Expiry, FactRows, Output, Step
from footfall.storage.books import Batch, Pin
from footfall.storage.lake import Lake, Landing
from footfall.storage.undo import undo
from footfall.tables import QUARANTINE

MOST_SHARED = 1000  # groups of lines that are looked at by themselves; with more, all rows are held against each other
FAILED = (
    "an expression of a mapping failed on a value, so the rows were read again, more slowly, and those on which it fails were "
    "set aside as `<column>_failed`. Fix: use try_cast, try_divide, get and the like where NULL is as good."
)


@dataclass
class BatchWriter:
    """Writes the outputs of one batch; `resumed` says that an earlier try began it, `anew` that its rows replace all before them.

    `at_most_once` has Delta let each write through once only (`txnAppId`), which costs as much again: where another process may
    hold the same batch and be alive.
    `landings` is what has landed, `warnings` what a person should know of it. `is_to_undo` says that what an earlier try wrote
    is not what this one would write, so that the batch cannot be closed.
    """

    lake: Lake
    step: Step
    batch: Batch
    resumed: bool
    at_most_once: bool
    anew: bool = False
    landings: dict[Table, Landing] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    is_to_undo: bool = False

    def land(self, output: Output | FactRows | Expiry) -> list[dict[str, Any]]:
        """Writes one output; returns its lines of the ledger.

        Where an expression of a mapping fails on a value, the rows are read again, each expression kept from failing.
        """
        try:
            return self._land(output)
        except Exception as fault:
            again = None if isinstance(output, Expiry) or output.table in self.landings else output.guarded
            if again is None or not is_about_a_value(fault):
                raise
        lines = self._land(again())
        self.warnings.append(f"{self.step.name}: {FAILED}")
        return lines

    def _land(self, output: Output | FactRows | Expiry) -> list[dict[str, Any]]:
        if isinstance(output, Expiry):
            return self._expire(output)
        if isinstance(output, FactRows):
            return self._land_facts(output)
        rows = require_sound(conform(output.frame, output.table), output.table)
        name = output.table.full_name
        if output.warnings and self.resumed and self.lake.landing(name, self._label(name)):
            # an earlier try wrote them: compute again, write nothing
            rows.write.format("noop").mode("overwrite").save()
        try:
            landing = self._write_once(output.table, rows, as_of=output.as_of, replaces=output.replaces)
        finally:
            if output.landed:
                output.landed()
        self.warnings += output.warnings() if output.warnings else ()
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
        table, before = output.table, self._before(output)
        if output.versions:
            return self._land_marked(output, history.mark(output.frame, table), Replaced())
        existing = self._that_can_match(output, before)
        shared = _shared(output, existing)
        marked = mark(output.frame, table, existing=existing, matching=output.matching, shared=shared)
        if before is None or output.matching is None or not output.matching.latest:
            return self._land_marked(output, marked, Replaced())
        with self.lake.staged(self.step.name, marked) as staged:  # read twice: what it replaces, and all of it
            return self._land_marked(output, staged, replaced_by(staged, table, before))

    def _before(self, output: FactRows) -> DataFrame | None:
        """The table's rows as they were before the batch; None where there are none to which rows are added."""
        table, pinned = output.table, self.batch.inputs
        if table.written is not Written.APPEND or table.full_name not in pinned or self.anew:
            return None
        pin = Pin.parse(pinned[table.full_name])
        return self.lake.read_content(table.full_name, pin.version, pin.batch_id)

    def _that_can_match(self, output: FactRows, before: DataFrame | None) -> DataFrame | None:
        """Those of them that the batch's keys can be among."""
        if before is None or not output.ranged_key:
            return before
        ranges = sorting.key_ranges(output.frame, output.table, output.ranged_key).collect()
        return sorting.that_can_match(before, output.ranged_key, ranges)

    def _land_marked(self, output: FactRows, marked: DataFrame, replaced: Replaced) -> list[dict[str, Any]]:
        table, feeds, observation = output.table, output.feeds, Observation()
        is_first, aside = table.full_name not in self.batch.inputs, (output.matching or Matching(())).is_set_aside()
        counts = sorting.tallies(table, feeds, is_first=is_first, aside=aside, of_documents=output.of_documents)
        counted = marked.observe(observation, *counts, sorting.places_of_broken())
        rows = sorting.close_intervals(counted.where(sorting.LANDS).select(*table.column_names), table)
        if self.resumed and self.lake.landing(table.full_name, self._label(table.full_name)):
            # an earlier try wrote them: count again, write nothing
            counted.write.format("noop").mode("overwrite").save()
        landing = self._write_once(
            table, replaced.beside(conform(rows, table), self.batch.batch_id), replaces=replaced.condition
        )
        tallies = {feed: observation.get[feed].asDict() for feed in feeds}
        places = observation.get[sorting.PLACES]
        in_conflict = any(tally["conflicts_aside"] for tally in tallies.values())
        set_aside = self._set_aside(output, marked, places, in_conflict=in_conflict)
        rows_aside, broken = (0, {}) if set_aside is None else self._quarantine(table, set_aside)
        self._require_all(table, tallies, landing, rows_aside, copied=replaced.copied)
        known = {f: (tallies[f]["late_load"], tallies[f]["rows_valid"]) for f in output.without_known}
        texts = [sorting.late_load_warning(f, table, late=late, valid=valid) for f, (late, valid) in known.items()]
        for feed, each in output.of_documents.items():
            documents, empty = (tallies[feed][count] for count in ("documents", "documents_empty"))
            texts.append(sorting.no_elements_warning(feed, each, documents=documents, empty=empty))
        self.warnings += filter(None, texts)
        return [fact_line(self.step, feed, table, tally, broken.get(feed, {})) for feed, tally in tallies.items()]

    def _set_aside(
        self, output: FactRows, marked: DataFrame, places: Sequence[Row], *, in_conflict: bool
    ) -> DataFrame | None:
        """The rows for raw.quarantine: those that broke a rule, and those in conflict; None where there are none."""
        frames = [sorting.among(output.aside, places)] if places else []
        if in_conflict and output.conflicts is not None and output.matching is not None:
            place = F.col(sorting.POSITION)
            columns = {"feed": F.col(sorting.FEED), "file": F.col(sorting.FILE)}
            columns |= {"position": position_of(place), "element": element_of(place)}
            rows = marked.where(output.matching.is_set_aside())
            in_conflict_rows = rows.select(*(column.alias(name) for name, column in columns.items()))
            frames.append(output.conflicts.join(in_conflict_rows, on=list(columns), how="left_semi"))
        return reduce(DataFrame.unionByName, frames) if frames else None

    def _require_all(
        self, table: Table, tallies: Mapping[str, Mapping[str, int]], landing: Landing, rows_aside: int, *, copied: int
    ) -> None:
        """Raises ContractError where other rows landed or were set aside than were sorted so."""
        added, replaced, quarantined = (
            sum(tally[key] for tally in tallies.values()) for key in ("rows_valid", "replaced", "rows_quarantined")
        )
        if [added + replaced, quarantined] != [landing.rows - copied, rows_aside]:
            raise self._other_rows(
                f"{self._label(table.full_name)}: {added + replaced:,} rows were to land and {quarantined:,} to be set aside, "
                f"but {landing.rows - copied:,} landed and {rows_aside:,} were set aside."
            )

    def _other_rows(self, what: str) -> ContractError:
        """The fault that other rows are written than were sorted; where an earlier try wrote them, they are to go."""
        self.is_to_undo = self.resumed
        if self.resumed:
            fix = "What a run before wrote of this batch is taken back: start again. Report it with the ledger if it comes again."
            return ContractError(what, fix=fix)
        return ContractError(what, fix="Report it with the ledger: rows were lost.")

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
        if table.written is Written.REPLACE:
            return self._quarantine_what_is_new(table, aside)
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
        return landing.rows, broken_by_rule(quarantined)

    def _quarantine_what_is_new(self, table: Table, aside: DataFrame) -> tuple[int, RuleCounts]:
        """As `_quarantine`, for a table made of all raw rows in each batch: what an earlier batch set aside stays as it is.

        A commit must not read the table that it adds to: Delta refuses it where another step added rows meanwhile.
        """
        self.lake.ensure(QUARANTINE)
        earlier = (F.col("target") == table.name) & (F.col(BATCH_ID.name) < self.batch.batch_id)
        marked = sorting.known_aside(aside, self.lake.read(QUARANTINE.full_name).where(earlier))
        observation = Observation()
        app, label = (name(QUARANTINE.full_name, table.name) for name in (self._app, self._label))
        landing = self.lake.landing(QUARANTINE.full_name, label) if self.resumed else None
        with self.lake.staged(
            self.step.name, marked.observe(observation, *sorting.aside_counts(), sorting.rules_by_place())
        ) as rows_aside:
            if landing is None:
                new = conform(rows_aside.where(~F.col(sorting.IS_KNOWN)).drop(sorting.IS_KNOWN), QUARANTINE)
                app = app if self.at_most_once else ""
                self.lake.write(QUARANTINE, new, app=app, label=label, batch_id=self.batch.batch_id)
                landing = self.lake.landing(QUARANTINE.full_name, label)
        counts = observation.get
        rows, known = counts[sorting.ROWS_ASIDE], counts[sorting.ROWS_KNOWN]
        if rows - known != (landing.rows if landing else 0):
            raise self._other_rows(
                f"{label}: {rows:,} rows are to be set aside, {known:,} of them were so before, and "
                f"{landing.rows if landing else 0:,} landed."
            )
        has_all = rows < sorting.MOST_PLACES
        return rows, sorting.rule_counts(counts[sorting.RULES] or ()) if has_all else broken_by_rule(aside)

    def _app(self, table: str, part: str = "") -> str:
        """Delta's txnAppId of a write: the step and the table."""
        return "/".join(filter(None, (self.step.name, table, part)))

    def _label(self, table: str, part: str = "") -> str:
        """What the commit of a write is found by."""
        return f"{self._app(table, part)}/{self.batch.batch_id}"


def _shared(output: FactRows, existing: DataFrame | None) -> list[Any] | None:
    """The groups whose rows have to be held against each other; None where they are too many to be named."""
    if output.matching is None:
        return None
    groups = shared_groups(output.frame, existing=existing, matching=output.matching)
    if groups is None:
        return None
    names = [row[0] for row in groups.distinct().limit(MOST_SHARED + 1).collect() if row[0] is not None]
    return sorted(names) if len(names) <= MOST_SHARED else None
