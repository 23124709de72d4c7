"""What a step writes: each output once, facts sorted into valid and quarantined, and the ledger's lines. Touches the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Table, Written
from footfall.contract.commits import UNDO, WITHDRAWN
from footfall.contract.frames import conform, require_sound
from footfall.quality.measures import SAMPLE, Measures, measures_by_feed, sampled
from footfall.runtime.explain import is_about_a_value
from footfall.runtime.inputs import DELTA
from footfall.runtime.ledger_lines import broken_by_rule, fact_line, ledger_line
from footfall.runtime.quarantine import QuarantineWriter, SetAside, rows_aside
from footfall.runtime.replacing import Replaced, replaced_by
from footfall.runtime.writes import Writes
from footfall.steps import history, sorting
from footfall.steps.deliveries import worst_first
from footfall.steps.holding import BrokenRows, held_back
from footfall.steps.line_keys import Matching
from footfall.steps.matching import mark, shared_groups
from footfall.steps.step import Expiry, FactRows, Output
from footfall.storage.books import Batch, Pin
from footfall.storage.lake import Landing
from footfall.storage.undo import bring_back, undo
from footfall.tables import BY_NAME

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
        labels = [
            (t, label) for t in self.step.writes for label in (self.writes.label(t), *self._labels_of_removals(t))
        ]
        return any(self.lake.landing(table, label) for table, label in labels)

    def is_undone(self) -> bool:
        """Whether an earlier run died as it took back what the batch wrote: none of its rows is there, or removed ones are again."""
        for table in self.step.writes:
            if any(self.lake.landing(table, UNDO + label) for label in self._labels_of_removals(table)):
                return True
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
            for removal in self._labels_of_removals(table):
                bring_back(self.lake, BY_NAME[table], label=removal)
            name = table.partition(".")[2]
            lost += [] if self.quarantine.undo(name) else [NOT_PUT_BACK.format(name)]
        return "; ".join(lost)

    def _labels_of_removals(self, table: str) -> list[str]:
        """How the commit is found by which rows of people who withdrew leave the table, in steps that need consent."""
        return [self.writes.label(table, why=WITHDRAWN)] if self.step.consent else []

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
        fresh = self._fresh(output)
        counts = sorting.tallies(
            table,
            feeds,
            is_first=is_first,
            aside=aside,
            of_documents=output.of_documents,
            fresh=fresh,
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
        if aside_rows is not None:
            self._hold_back(output, marked, fresh, tallies, aside_rows)
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

    def _hold_back(
        self,
        output: FactRows,
        marked: DataFrame,
        fresh: Mapping[str, Column],
        tallies: Mapping[str, Mapping[str, int]],
        aside: DataFrame,
    ) -> None:
        """Raises HeldBack where too large a share of a feed's new rows is broken; what has landed is taken back then."""
        limits = self.step.limits
        worst = [self._worst(output, marked, fresh[feed], feed, tallies[feed]) for feed in limits]
        if held := [rows for rows in worst if limits[rows.feed].is_exceeded(broken=rows.broken, checked=rows.checked)]:
            feeds = [replace(rows, rules=_rules_of(aside, rows)) for rows in held]
            self.writes.is_to_undo = True
            raise held_back(output.table.full_name, feeds, limits, output.reads)

    def _worst(
        self, output: FactRows, marked: DataFrame, is_fresh: Column, feed: str, tally: Mapping[str, int]
    ) -> BrokenRows:
        """A feed's new rows; where not too many of all are broken, those of the delivery of which most are."""
        limit = self.step.limits[feed]
        of_all = BrokenRows(feed, tally[sorting.FRESH_BROKEN], tally[sorting.FRESH_CHECKED])
        is_exceeded = limit.is_exceeded(broken=of_all.broken, checked=of_all.checked)
        if is_exceeded or of_all.broken < limit.rows or not self._has_several_deliveries(output.reads[feed]):
            return of_all
        aside = (output.matching or Matching(())).is_set_aside()
        mine = (F.col(sorting.FEED) == feed) & is_fresh
        worst = worst_first(marked, mine, aside, least_broken=limit.rows).first()
        return BrokenRows(feed, worst["broken"], worst["checked"], taken_at=worst["taken_at"]) if worst else of_all

    def _has_several_deliveries(self, read: str) -> bool:
        """Whether the feed's table got more than one batch since the step read it last; what is read in place comes as one."""
        pins = (inputs.get(read, "") for inputs in (self.last.inputs if self.last else {}, self.batch.inputs))
        before, now = (Pin.parse(pin).batch_id if pin else 0 for pin in pins)
        return not read.startswith(DELTA) and now - before > 1

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


def _rules_of(aside: DataFrame, rows: BrokenRows) -> dict[str, int]:
    """The rules that they break, with how many rows break each."""
    mine = aside.where(F.col("known_at").cast("string") == rows.taken_at) if rows.taken_at else aside
    return broken_by_rule(mine).get(rows.feed, {})
