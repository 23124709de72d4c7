"""What a job's Steps need people to consent to, and the Step that says what they allow: refined.permissions."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import SettingsError
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

    def in_effect() -> int:
        """Statements that hold by now: a clock may be ahead."""
        if job.books.pin(CONSENTS.full_name) is None:
            return 0
        now = F.lit(job.now)
        return (
            job.lake.read(CONSENTS.full_name).where((F.col("event_time") <= now) & (F.col("known_at") <= now)).count()
        )

    def apply(frames: Frames) -> StepResult:
        consents, identities = frames[CONSENTS.full_name], frames[IDENTITIES.full_name]
        now = run_sql("refine", "permissions", values={"now": job.now}, consents=consents, identities=identities)
        before, columns = frames.get(NAME), list(PERMISSIONS.column_names)
        is_same = before is not None and changed_permissions(before, now).isEmpty()
        return StepResult([] if is_same else [Output(PERMISSIONS, now.select(*columns))])

    reads = tuple(Read(table.full_name) for table in (CONSENTS, IDENTITIES))
    return Step("refine_permissions", reads, (NAME,), apply, ("footfall.refine",), run_values={"in_effect": in_effect})


def changed_permissions(before: DataFrame, now: DataFrame) -> DataFrame:
    """The rows that only one of the two states has."""
    earlier, later = (state.select(*PERMISSIONS.column_names) for state in (before, now))
    return earlier.exceptAll(later).unionAll(later.exceptAll(earlier))
