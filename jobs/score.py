"""Applies the champions: groups, churn probabilities with reasons, what reviews say. Each row names its model's version."""

import sys
from typing import Any

from footfall.models.churn import training as churn
from footfall.models.common.featureset import FeatureSet
from footfall.models.common.trained import require_version
from footfall.models.segments import training as segments
from footfall.profiles import user_profiles
from footfall.runtime.cli import Job, main
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import (
    IDENTITIES,
    SEGMENT_CATALOGUE,
    SEGMENTS,
    TEXT_INSIGHTS,
    USER_FEATURES,
    USER_OPINIONS,
    USER_PROFILES,
    USER_SCORES,
    USERS,
)
from jobs import score_texts

CODE = ("footfall.models",)


def steps(job: Job) -> list[Step]:
    """One step a champion of people, what texts say, then the portraits, which show both."""
    return [_segments(job), _churn(job), *score_texts.steps(job), _profiles(job)]


def _champion(job: Job, step: str, model: str, features: FeatureSet) -> dict[str, Any]:
    """The champion that the batch pinned, as the arguments `model` and `model_version`."""
    found = job.champion(model, step=step)
    require_version(found.model, features, name=found.version)
    return {"model": found.model, "model_version": found.version}


def _segments(job: Job) -> Step:
    def apply(frames: Frames) -> StepResult:
        champion = _champion(job, "score_segments", segments.NAME, segments.FEATURES)
        features = frames[USER_FEATURES.full_name]
        people = segments.assign(features, as_of=job.as_of, **champion)
        groups = segments.catalogue(features, people, as_of=job.as_of, **champion)
        when = (job.as_of,)
        return StepResult([Output(SEGMENTS, people, as_of=when), Output(SEGMENT_CATALOGUE, groups, as_of=when)])

    writes = (SEGMENTS.full_name, SEGMENT_CATALOGUE.full_name)
    reads, values = (Read(USER_FEATURES.full_name),), {"as_of": job.as_of}
    return Step("score_segments", reads, writes, apply, CODE, values, models=(segments.NAME,))


def _churn(job: Job) -> Step:
    within = job.settings.churn.active_within_days

    def apply(frames: Frames) -> StepResult:
        champion = _champion(job, "score_churn", churn.NAME, churn.FEATURES)
        features = frames[USER_FEATURES.full_name]
        people = churn.population(features, dates=(job.as_of,), active_within_days=within)
        scores = churn.score(people, as_of=job.as_of, **champion)
        return StepResult([Output(USER_SCORES, scores, as_of=(job.as_of,))])

    reads, values = (Read(USER_FEATURES.full_name),), {"as_of": job.as_of, "active_within_days": within}
    return Step("score_churn", reads, (USER_SCORES.full_name,), apply, CODE, values, models=(churn.NAME,))


def _profiles(job: Job) -> Step:
    tables = (USER_FEATURES, SEGMENTS, SEGMENT_CATALOGUE, USER_SCORES, TEXT_INSIGHTS, USER_OPINIONS, USERS, IDENTITIES)
    as_of, time_zone = job.as_of, job.settings.shop.time_zone

    def apply(frames: Frames) -> StepResult:
        told = {table.name: frames[table.full_name] for table in tables}
        portraits = user_profiles(**told, as_of=as_of, time_zone=time_zone, churn_model=churn.NAME)
        return StepResult([Output(USER_PROFILES, portraits, as_of=(as_of,))])

    reads = tuple(Read(table.full_name) for table in tables)
    values = {"as_of": as_of, "time_zone": time_zone}
    return Step(
        "user_profiles", reads, (USER_PROFILES.full_name,), apply, ("footfall.profiles", "footfall.features"), values
    )


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
