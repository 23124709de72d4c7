"""Applies the champions: groups, scores with reasons, what documents say; then what that comes to for people and items."""

import sys
from typing import Any

from footfall.features.opinions import item_opinions, user_opinions
from footfall.profiles import user_profiles
from footfall.runtime.cli import Job, main
from footfall.runtime.dated import DatedTables
from footfall.runtime.permissions import consent_of
from footfall.runtime.scoring import WRITTEN, score_steps
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import (
    IDENTITIES,
    ITEM_OPINIONS,
    SEGMENT_CATALOGUE,
    SEGMENTS,
    TEXT_ASPECTS,
    TEXT_INSIGHTS,
    USER_FEATURES,
    USER_OPINIONS,
    USER_PROFILES,
    USER_SCORES,
    USERS,
)


def steps(job: Job) -> list[Step]:
    """The champions' scores, the opinions of people and about items where the shop has texts, and the portraits."""
    with_texts = any(job.feeds(table) for table in WRITTEN)
    return [*score_steps(job), *([_opinions(job)] if with_texts else []), _profiles(job)]


def _opinions(job: Job) -> Step:
    """For the dates of user_features, so that a model can learn from them."""
    tables, makes = (
        (TEXT_INSIGHTS, TEXT_ASPECTS, IDENTITIES),
        {USER_OPINIONS: user_opinions, ITEM_OPINIONS: item_opinions},
    )
    consent = consent_of(job, "text", "profiling")
    return DatedTables(job, "opinions", TEXT_INSIGHTS, tables, makes, job.dates.every, consent=consent).as_step(
        ("footfall.features",)
    )


def _profiles(job: Job) -> Step:
    tables = (USER_FEATURES, SEGMENTS, SEGMENT_CATALOGUE, USER_SCORES, TEXT_INSIGHTS, USER_OPINIONS, USERS, IDENTITIES)
    values = _values(job)

    def apply(frames: Frames) -> StepResult:
        arguments: dict[str, Any] = {table.name: frames[table.full_name] for table in tables}
        return StepResult([Output(USER_PROFILES, user_profiles(**arguments, **values), as_of=(job.as_of,))])

    reads = tuple(Read(table.full_name) for table in tables)
    code, consent = ("footfall.profiles",), consent_of(job, "analytics", "profiling")
    return Step("user_profiles", reads, (USER_PROFILES.full_name,), apply, code, values, consent=consent)


def _values(job: Job) -> dict[str, Any]:
    return {"as_of": job.as_of, "time_zone": job.settings.shop.time_zone}


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
