"""Steps that keep a table by as-of date: which dates a run makes, since what it pins says something else. Reads the lake.

Every closed batch of such a step leaves each kept date as its pinned inputs tell it. So the next batch looks at what is new
to it, and at nothing else: rows of new batches, or where a table is replaced, the rows that changed. Features as of the days
up to the first on which any of that was known stay. All dates are made again where code or settings changed, and where
somebody deleted or changed rows of a table that is otherwise appended to, such as a DELETE by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import Table, Written
from footfall.contract.frames import no_rows
from footfall.features.calendar import MOST_DATES
from footfall.features.changes import changed_rows, first_day, first_day_of_actors
from footfall.features.dates import DatesToWrite, dates_to_write
from footfall.features.former import Former, is_enough
from footfall.runtime.cli import Job
from footfall.runtime.consent import consent_changes
from footfall.runtime.inputs import lost_rows
from footfall.steps.consent import Consent, allowed
from footfall.steps.step import Frames, Output, Read, Step, StepResult, has_same_definition
from footfall.storage.batch import Batch, Pin
from footfall.storage.versions import is_gone
from footfall.tables import IDENTITIES, PERMISSIONS

EVER = date.min  # before all facts


@dataclass(frozen=True)
class DatedTables:
    """The tables `makes` of one step, kept by as-of date.

    `wanted` are the dates of this run, earliest first and the current one last. `reads` are the tables whose news change
    what is told; `activity` is the table that says on which days each actor did anything. `first_known` gives the first day
    on which anything had happened and was known; it is asked only where a date before the current one is missing. A row of
    `makes` depends on one person's rows alone where they are `of_persons`: those who withdraw leave it, and the others stay.
    """

    job: Job
    step: str
    activity: Table
    reads: tuple[Table, ...]
    makes: Mapping[Table, Callable[..., DataFrame]]
    wanted: tuple[date, ...]
    goes_on: bool = False
    first_known: Callable[[Frames], date | None] | None = None
    consent: Consent | None = None
    of_persons: bool = False

    def as_step(self, code: tuple[str, ...]) -> Step:
        """The Step that makes the dates that are missing or changed, drops those that nobody wants, and keeps the others.

        The functions of `makes` get the frames of `reads` by name, `dates` and `time_zone`; where it `goes_on`, also `former`:
        an earlier date's rows, from which first and last days can be taken, or None.
        """

        def apply(frames: Frames) -> StepResult:
            write = self.plan(frames)
            arguments: dict[str, Any] = {table.name: frames[table.full_name] for table in self.reads}
            arguments |= {"dates": write.make, "time_zone": self._zone}
            arguments |= {"former": self._former(frames, write)} if self.goes_on else {}
            beside = frames[self.activity.full_name]
            rows = {t: make(**arguments) if write.make else no_rows(beside, t) for t, make in self.makes.items()}
            return StepResult([Output(t, frame, as_of=write.every) for t, frame in rows.items()] if write.every else [])

        reads = tuple(Read(table.full_name) for table in dict.fromkeys((*self.reads, self.activity, IDENTITIES)))
        writes, dates = tuple(table.full_name for table in self.makes), {"dates": self.wanted}
        zone = {"time_zone": self._zone}
        return Step(self.step, reads, writes, apply, code, zone, day_values=dates, consent=self.consent)

    def plan(self, frames: Frames) -> DatesToWrite:
        """The dates to make and to drop."""
        existing, since = self._existing(frames), self._changed_since_last_batch(frames)
        first = (self.first_known or self._first_day)(frames) if set(self.wanted[:-1]) - existing else None
        return dates_to_write(self.wanted, existing=existing, changed_since=since, first_known=first)

    def _former(self, frames: Frames, write: DatesToWrite) -> Former | None:
        """The date that those to make can go on from, where its rows and the facts of a year are enough for them."""
        if write.base is None or len(write.make) >= MOST_DATES:
            return None
        activity, identities = frames[self.activity.full_name], frames[IDENTITIES.full_name]
        if not is_enough(write.base, activity, identities, dates=write.make, time_zone=self._zone):
            return None
        rows = frames[next(iter(self.makes)).full_name].where(F.col("as_of_date") == F.lit(write.base))
        return Former(write.base, rows)

    def _existing(self, frames: Frames) -> set[date]:
        """Dates of which all of the tables have rows."""
        tables = [frames[t.full_name] for t in self.makes if t.full_name in frames]
        dates = [{row[0] for row in table.select("as_of_date").distinct().collect()} for table in tables]
        return set.intersection(*dates) if len(dates) == len(self.makes) else set()

    def _changed_since_last_batch(self, frames: Frames) -> date | None:
        """The first day on which something was known that the step's last batch did not see; None where there is nothing."""
        last, batch = self.job.books.last_closed(self.step), self.job.books.unfinished(self.step)
        if batch is None or last is None or not has_same_definition(last.fingerprint, batch.fingerprint):
            return EVER
        days = [self._changed_since(table, frames, last, batch) for table in self.reads]
        days.append(self._consent_changed_since(frames, last, batch))
        return min((day for day in days if day is not None), default=None)

    def _consent_changed_since(self, frames: Frames, last: Batch, batch: Batch) -> date | None:
        """The first day of what is known of those whose consent changed; where the rows are `of_persons`, who gave it (again)."""
        changes = consent_changes(self.job.lake, self.consent, frames, batch=batch, last=last)
        if changes is None:
            return None
        actors = changes.more if self.of_persons else changes.actors
        if actors is None:
            return EVER
        facts = [frames[t.full_name] for t in self.reads if {"actor_id", "event_date"} <= set(t.column_names)]
        firsts = [first_day(rows.join(actors, "actor_id", "left_semi"), time_zone=self._zone) for rows in facts]
        return min((day for day in map(_collected, firsts) if day is not None), default=None)

    def _first_day(self, frames: Frames) -> date | None:
        return _collected(first_day(frames[self.activity.full_name], time_zone=self._zone))

    @property
    def _zone(self) -> str:
        return self.job.settings.shop.time_zone

    def _changed_since(self, table: Table, frames: Frames, last: Batch, batch: Batch) -> date | None:
        name, lake = table.full_name, self.job.lake
        before, now = last.inputs.get(name, ""), batch.inputs.get(name, "")
        if before == now:
            return None
        if not now:
            return EVER
        is_added_to = table.written in {Written.APPEND, Written.UPDATE}
        lost = bool(before) and is_added_to and lost_rows(lake, name, before, now)
        if lost and table.written is Written.APPEND:
            return EVER
        rows = frames[name]
        try:
            if before:
                pin = Pin.parse(before)
                is_added = F.col("batch_id") > pin.batch_id
                rows = (
                    rows.where(is_added)
                    if is_added_to and not lost
                    else changed_rows(self._before(table, frames, pin), rows)
                )
            if table is IDENTITIES:
                return _collected(first_day_of_actors(rows, frames[self.activity.full_name], time_zone=self._zone))
            return _collected(first_day(rows, time_zone=self._zone))
        except Exception as fault:  # what cannot be compared counts as changed
            if is_gone(fault):
                return EVER
            raise

    def _before(self, table: Table, frames: Frames, pin: Pin) -> DataFrame:
        """The table as it was, of people less those who do not consent now, as `frames` has it."""
        rows = self.job.lake.read_content(table.full_name, pin.version, pin.batch_id)
        if self.consent is None or table is not IDENTITIES:
            return rows
        return allowed(rows, frames[PERMISSIONS.full_name], self.consent)


def _collected(one_day: DataFrame) -> date | None:
    day: date | None = one_day.collect()[0][0]
    return day
