"""What a job's Steps need people to consent to, and the Step that says what they allow: refined.permissions."""

from __future__ import annotations

from pyspark.sql import functions as F

from footfall.errors import SettingsError
from footfall.features.changes import changed_rows
from footfall.runtime.cli import Job
from footfall.steps.consent import Consent
from footfall.steps.sql import run_sql
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import CONSENTS, IDENTITIES, PERMISSIONS

NAME = PERMISSIONS.full_name


def consent_of(job: Job, *purposes: str) -> Consent | None:
    """The consent that a Step for these purposes needs; None in a shop whose sources bring no consents.

    Raises SettingsError where nobody could ever consent.
    """
    defaults = job.settings.consent.model_dump()
    withheld = tuple(purpose for purpose, default in defaults.items() if default == "withheld")
    if job.feeds(CONSENTS):
        return Consent(purposes, withheld)
    if withheld:
        raise SettingsError(
            f"{', '.join(f'consent.{purpose}' for purpose in withheld)} is withheld where nobody said anything, and no source "
            "brings consents, so that nobody could ever consent.",
            fix="Map a feed into consents (docs/consent.md), or set it to given.",
        )
    return None


def permissions_step(job: Job) -> Step:
    """Makes refined.permissions; where nothing in it has changed it stays as it is, so that no step looks again."""

    def in_effect() -> list[int]:
        """How many statements, and beginnings and ends of who is who, hold by now: clocks may be ahead."""
        now = F.lit(job.now)
        moments = {
            CONSENTS: (F.greatest("event_time", "known_at"),),
            IDENTITIES: (F.col("known_from"), F.col("known_to")),
        }
        written = {table: columns for table, columns in moments.items() if job.books.pin(table.full_name)}
        counts = (
            job.lake.read(table.full_name).agg(*(F.count_if(moment <= now) for moment in columns)).collect()[0]
            for table, columns in written.items()
        )
        return [count for row in counts for count in row]

    def apply(frames: Frames) -> StepResult:
        consents, identities = frames[CONSENTS.full_name], frames[IDENTITIES.full_name]
        now = run_sql("refine", "permissions", values={"now": job.now}, consents=consents, identities=identities)
        before, columns = frames.get(NAME), list(PERMISSIONS.column_names)
        is_same = before is not None and changed_rows(before, now).isEmpty()
        return StepResult([] if is_same else [Output(PERMISSIONS, now.select(*columns))])

    reads = tuple(Read(table.full_name) for table in (CONSENTS, IDENTITIES))
    return Step("refine_permissions", reads, (NAME,), apply, ("footfall.refine",), run_values={"in_effect": in_effect})
