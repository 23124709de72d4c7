"""What a step writes: each output once, facts sorted into valid and quarantined, and the ledger's lines. Touches the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Table, Written
from footfall.contract.frames import conform, require_sound
from footfall.quality.measures import SAMPLE, Measures, measures_by_feed, sampled
from footfall.runtime.explain import is_about_a_value
from footfall.runtime.ledger_lines import broken_by_rule, fact_line, ledger_line
from footfall.runtime.quarantine import QuarantineWriter, SetAside, rows_aside
from footfall.runtime.replacing import Replaced, replaced_by
from footfall.runtime.writes import Writes
from footfall.steps import history, sorting
from footfall.steps.holding import BrokenRows, held_back
from footfall.steps.line_keys import Matching
from footfall.steps.matching import mark, shared_groups
from footfall.steps.step import Expiry, FactRows, Output
from footfall.storage.books import Batch, Pin
from footfall.storage.lake import Landing
from footfall.storage.undo import undo

MOST_SHARED = 1000  # groups of lines that are looked at by themselves; with more, all rows are held against each other
FAILED = (
    "an expression of a mapping failed on a value, so the rows were read again, more slowly, and those on which it fails were "
    "set aside as `<column>_failed`. Fix: use try_cast, try_divide, get and the like where NULL is as good."
)

NOT_PUT_BACK = (
    "rows for {} that it took out of raw.quarantine are in no version of it any more: they are in their raw tables only"
)


@dataclass
class BatchWriter:
    """Writes the outputs of one batch by its `writes`; `last` is the step's last closed batch.

    `warnings` are what a person should know of what has landed.
    """

    writes: Writes
    last: Batch | None = None
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lake, self.step, self.batch = self.writes.lake, self.writes.step, self.writes.batch
        self.quarantine = QuarantineWriter(self.writes)

    def land(self, output: Output | FactRows | Expiry) -> list[dict[str, Any]]:
        """Writes one output; returns its lines of the ledger.

        Where an expression of a mapping fails on a value, the rows are read again, each expression kept from failing.
        """
        try:
            return self._land(output)
        except Exception as fault:
            again = None if isinstance(output, Expiry) or output.table in self.writes.landings else output.guarded
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
        if output.warnings and self.writes.resumed and self.lake.landing(name, self.writes.label(name)):
            # an earlier try wrote them: compute again, write nothing
            rows.write.format("noop").mode("overwrite").save()
        try:
            landing = self.writes.once(output.table, rows, as_of=output.as_of, replaces=output.replaces)
        finally:
            if output.landed:
                output.landed()
        self.warnings += output.warnings() if output.warnings else ()
        return [ledger_line(self.step, "", output.table.full_name, rows_valid=landing.rows)]

    def has_landed(self) -> bool:
        """Whether any table of the step holds a commit of this batch, of this try or an earlier one."""
        return any(self.lake.landing(table, self.writes.label(table)) for table in self.step.writes)

    def is_undone(self) -> bool:
        """Whether an earlier run wrote rows of the batch of which none is there any more: it died as it took them back."""
        for table in self.step.writes:
            landing = self.lake.landing(table, self.writes.label(table))
            if landing and landing.rows:
                rows = self.lake.read(table).where(F.col(BATCH_ID.name) == self.batch.batch_id)
                return rows.isEmpty()
        return False

    def undo(self) -> str:
        """Takes back what the batch wrote, so that the step's tables are as they were before it; what could not be, in words."""
        lost = list[str]()
        for table in self.step.writes:
            label = self.writes.label(table)
            if landing := self.lake.landing(table, label):
                undo(self.lake, table, landing, label=label, batch_id=self.batch.batch_id)
            name = table.partition(".")[2]
            lost += [] if self.quarantine.undo(name) else [NOT_PUT_BACK.format(name)]
        return "; ".join(lost)

    def _expire(self, output: Expiry) -> list[dict[str, Any]]:
        """Removes rows; what an earlier try of the batch removed is counted too."""
        table = output.table
        label = self.writes.label(table, why=output.why)
        landing = self.lake.landing(table, label) if self.writes.resumed else None
        again = landing is None or output.kept is None
        removed = self.lake.remove(table, output.condition, label=label, kept=output.kept) if again else 0
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
        if table.written is not Written.APPEND or table.full_name not in pinned or self.writes.anew:
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
        counts = sorting.tallies(
            table,
            feeds,
            is_first=is_first,
            aside=aside,
            of_documents=output.of_documents,
            fresh=self._fresh(output),
            warned=output.warned,
        )
        counted = marked.observe(observation, *counts, sorting.places_of_broken(), sampled(table))
        rows = sorting.close_intervals(counted.where(sorting.LANDS).select(*table.column_names), table)
        if self.writes.resumed and self.lake.landing(table.full_name, self.writes.label(table.full_name)):
            # an earlier try wrote them: count again, write nothing
            counted.write.format("noop").mode("overwrite").save()
        landing = self.writes.once(
            table, replaced.beside(conform(rows, table), self.batch.batch_id), replaces=replaced.condition
        )
        tallies = {feed: observation.get[feed].asDict() for feed in feeds}
        places = observation.get[sorting.PLACES]
        in_conflict = any(tally["conflicts_aside"] for tally in tallies.values())
        aside_rows = rows_aside(output, marked, places, in_conflict=in_conflict)
        self._hold_back(output, tallies, aside_rows)
        set_aside = self._set_aside(output, aside_rows)
        self._require_all(table, tallies, landing, set_aside.rows, copied=replaced.copied)
        known = {f: (tallies[f]["late_load"], tallies[f]["rows_valid"]) for f in output.without_known}
        texts = [sorting.late_load_warning(f, table, late=late, valid=valid) for f, (late, valid) in known.items()]
        for feed, each in output.of_documents.items():
            documents, empty = (tallies[feed][count] for count in ("documents", "documents_empty"))
            texts.append(sorting.no_elements_warning(feed, each, documents=documents, empty=empty))
        self.warnings += filter(None, texts)
        measures = measures_by_feed(observation.get[SAMPLE] or (), table)
        lines = [fact_line(self.step, feed, table, tally, *set_aside.of(feed)) for feed, tally in tallies.items()]
        return [line | measures.get(line["feed"], Measures()).as_line() for line in lines]

    def _fresh(self, output: FactRows) -> dict[str, Column]:
        """For each feed with a limit which of its rows no batch has read before."""
        fresh = {}
        for feed in self.step.limits:
            read = self.last.inputs.get(output.reads[feed], "") if self.last else ""
            is_fresh = F.lit(True)
            if output.table.written is Written.REPLACE and read and history.TAKEN_BY in output.frame.columns:
                is_fresh = F.col(history.TAKEN_BY) > Pin.parse(read).batch_id
            fresh[feed] = ~F.col(sorting.REPLAYED) if output.replayed is not None else is_fresh
        return fresh

    def _hold_back(self, output: FactRows, tallies: Mapping[str, Mapping[str, int]], aside: DataFrame | None) -> None:
        """Raises HeldBack where too large a share of a feed's new rows is broken; what has landed is taken back then."""
        limits = self.step.limits
        counts = {feed: (tallies[feed][sorting.FRESH_BROKEN], tallies[feed][sorting.FRESH_CHECKED]) for feed in limits}
        feeds = {f: n for f, n in counts.items() if limits[f].is_exceeded(broken=n[0], checked=n[1])}
        if feeds and aside is not None:
            rules = broken_by_rule(aside)
            self.writes.is_to_undo = True
            broken = [BrokenRows(f, *n, rules.get(f, {})) for f, n in feeds.items()]
            raise held_back(output.table.full_name, broken, limits, output.reads)

    def _set_aside(self, output: FactRows, aside: DataFrame | None) -> SetAside:
        if output.replayed is None or not output.of_documents:
            return self.quarantine.bring(output.table, aside, output.replayed)
        # which elements were read is told from the mapped rows, and asked several times
        with self.lake.staged(f"{self.step.name}_read_again", output.replayed) as places:
            return self.quarantine.bring(output.table, aside, places)

    def _require_all(
        self, table: Table, tallies: Mapping[str, Mapping[str, int]], landing: Landing, rows_aside: int, *, copied: int
    ) -> None:
        """Raises ContractError where other rows landed or were set aside than were sorted so."""
        added, replaced, quarantined = (
            sum(tally[key] for tally in tallies.values()) for key in ("rows_valid", "replaced", "rows_quarantined")
        )
        if [added + replaced, quarantined] != [landing.rows - copied, rows_aside]:
            raise self.writes.other_rows(
                f"{self.writes.label(table.full_name)}: {added + replaced:,} rows were to land and {quarantined:,} to be set aside, "
                f"but {landing.rows - copied:,} landed and {rows_aside:,} were set aside."
            )


def _shared(output: FactRows, existing: DataFrame | None) -> list[Any] | None:
    """The groups whose rows have to be held against each other; None where they are too many to be named."""
    if output.matching is None:
        return None
    groups = shared_groups(output.frame, existing=existing, matching=output.matching)
    if groups is None:
        return None
    names = [row[0] for row in groups.distinct().limit(MOST_SHARED + 1).collect() if row[0] is not None]
    return sorted(names) if len(names) <= MOST_SHARED else None
