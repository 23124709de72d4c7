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

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import Table, Written
from footfall.contract.frames import no_rows
from footfall.errors import TryAgain
from footfall.features.calendar import MOST_DATES
from footfall.features.changes import changed_rows, first_day, first_day_of_actors
from footfall.features.dates import DatesToWrite, dates_to_write
from footfall.features.former import Former, is_enough
from footfall.runtime.cli import Job
from footfall.runtime.inputs import lost_rows
from footfall.steps.step import Frames, Output, Read, Step, StepResult, has_same_definition
from footfall.storage.batch import Batch, Pin
from footfall.storage.versions import UNREADABLE_VERSION
from footfall.tables import IDENTITIES

EVER = date.min  # before all facts
GONE = (*UNREADABLE_VERSION, "FAILED_READ_FILE", "FileNotFound")  # what reading a version says that was cleaned away


@dataclass(frozen=True)
class DatedTables:
    """The tables `makes` of one step, kept by as-of date.

    `wanted` are the dates of this run, earliest first and the current one last. `reads` are the tables whose news change
    what is told; `activity` is the table that says on which days each actor did anything. `first_known` gives the first day
    on which anything had happened and was known; it is asked only where a date before the current one is missing.
    """

    job: Job
    step: str
    activity: Table
    reads: tuple[Table, ...]
    makes: Mapping[Table, Callable[..., DataFrame]]
    wanted: tuple[date, ...]
    goes_on: bool = False
    first_known: Callable[[Frames], date | None] | None = None

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
        return Step(self.step, reads, writes, apply, code, {"time_zone": self._zone}, day_values=dates)

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
        return min((day for day in days if day is not None), default=None)

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
        if not now or (before and _is_appended(table) and lost_rows(lake, name, before, now)):
            return EVER
        rows = frames[name]
        try:
            if before:
                pin = Pin.parse(before)
                is_added = F.col("batch_id") > pin.batch_id
                rows = (
                    rows.where(is_added)
                    if _is_appended(table)
                    else changed_rows(lake.read_content(name, pin.version, pin.batch_id), rows)
                )
            if table is IDENTITIES:
                return _collected(first_day_of_actors(rows, frames[self.activity.full_name], time_zone=self._zone))
            return _collected(first_day(rows, time_zone=self._zone))
        except (TryAgain, PySparkException) as fault:  # what cannot be compared counts as changed
            if isinstance(fault, TryAgain) or any(sign in str(fault) for sign in GONE):
                return EVER
            raise


def _is_appended(table: Table) -> bool:
    return table.written is Written.APPEND


def _collected(one_day: DataFrame) -> date | None:
    day: date | None = one_day.collect()[0][0]
    return day
