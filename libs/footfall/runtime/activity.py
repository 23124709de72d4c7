"""The Step that sums up what each actor did by day: new facts are added; whose consent changed, is counted anew."""

from __future__ import annotations

from pyspark.sql import DataFrame

from footfall.features import daily_activity
from footfall.features.coverage import COUNTED
from footfall.runtime.cli import Job
from footfall.runtime.consent import ConsentChanges, consent_changes, removal
from footfall.runtime.inputs import begins_anew
from footfall.runtime.permissions import consent_of
from footfall.steps.consent import allowed
from footfall.steps.step import Expiry, Frames, Output, Read, Step, StepResult
from footfall.tables import DAILY_ACTIVITY, PERMISSIONS

NAME, ALL = "daily_activity", "every row: "  # how frames begin that hold old rows too


def daily_activity_step(job: Job) -> Step:
    """Makes results.daily_activity, of people who consent to analytics.

    Where consent has changed, all that was counted of its actors leaves, and what they did is counted anew as far as they
    consent now. The days of others stay as they are.
    """
    zone, consent = job.settings.shop.time_zone, consent_of(job, "analytics")

    def apply(frames: Frames) -> StepResult:
        facts = {table.name: frames[table.full_name] for table in COUNTED}
        batch, last = job.books.unfinished(NAME), job.books.last_closed(NAME)
        changes = consent_changes(job.lake, consent, frames, batch=batch, last=last)
        removals = list[Expiry]()
        if consent and changes and batch and DAILY_ACTIVITY.full_name in frames and not begins_anew(batch, last):
            before = frames[DAILY_ACTIVITY.full_name]
            removals = removal(DAILY_ACTIVITY, before, changes.actors, key="actor_id", batch=batch)
            again = {
                t.name: allowed(frames[ALL + t.full_name], frames[PERMISSIONS.full_name], consent) for t in COUNTED
            }
            facts = {name: _with_changed(rows, again[name], changes) for name, rows in facts.items()}
        return StepResult([Output(DAILY_ACTIVITY, daily_activity(**facts, time_zone=zone)), *removals])

    reads = [Read(table.full_name, new=True, follows=True) for table in COUNTED]
    reads += [Read(t.full_name, lookup=True, alias=ALL + t.full_name) for t in COUNTED] if consent else []
    code, values = ("footfall.features",), {"time_zone": zone}
    return Step(NAME, tuple(reads), (DAILY_ACTIVITY.full_name,), apply, code, values, consent=consent)


def _with_changed(new: DataFrame, every: DataFrame, changes: ConsentChanges) -> DataFrame:
    """New rows of actors whose consent is as it was, and all rows of the others."""
    if changes.actors is None:
        return every
    others = new.join(changes.actors, "actor_id", "left_anti")
    return others.unionByName(every.join(changes.actors, "actor_id", "left_semi"))
