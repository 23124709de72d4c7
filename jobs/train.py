"""Fits the models and registers each version in MLflow; champion only past its gates. --model picks one."""

import sys

from footfall.features.dates import AsOfDates, as_of_dates
from footfall.features.labels import no_purchase
from footfall.models.churn import training as churn
from footfall.models.segments import training as segments
from footfall.runtime.cli import Job, main, parser
from footfall.steps.step import Frames, Read, Step, StepResult
from footfall.tables import DAILY_ACTIVITY, IDENTITIES, USER_FEATURES
from jobs import train_texts

CODE = ("footfall.models",)
MODELS = (segments.NAME, churn.NAME, *train_texts.MODELS)


def steps(job: Job) -> list[Step]:
    """One step a model: of people first, then those that read texts, as far as the shop has labels for them."""
    of_people = {segments.NAME: _segments, churn.NAME: _churn}
    wanted = getattr(job.options, "model", None)
    made = [maker(job) for name, maker in of_people.items() if name in (wanted or of_people)]
    return [*made, *train_texts.steps(job)]


def _dates(job: Job) -> AsOfDates:
    told, asked = job.settings.features, job.settings.churn
    return as_of_dates(
        job.as_of, horizon_days=asked.horizon_days, return_window_days=asked.return_window_days,
        training_dates=told.training_dates, training_step_days=told.training_step_days,
    )  # fmt: skip


def _segments(job: Job) -> Step:
    asked = job.settings.segments

    def apply(frames: Frames) -> StepResult:
        before = job.registry.champion_version(segments.NAME)
        old = job.registry.load(segments.NAME, before).model if before else None
        rows = segments.examples(frames[USER_FEATURES.full_name], as_of=job.as_of)
        with job.lake.staged("train_segments", rows) as people:
            trained = segments.train(people, before=old, **asked.model_dump())
        return job.recorded(trained, step="train_segments")

    values = {"segments": asked.model_dump(), "as_of": job.as_of, "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_segments", (Read(USER_FEATURES.full_name),), (), apply, CODE, values)


def _churn(job: Job) -> Step:
    asked, dates = job.settings.churn, _dates(job)

    def apply(frames: Frames) -> StepResult:
        past = (*dates.training, dates.judged)
        features = frames[USER_FEATURES.full_name]
        people = churn.population(features, dates=past, active_within_days=asked.active_within_days)
        labels = no_purchase(
            people.select("as_of_date", "user_id"),
            daily_activity=frames[DAILY_ACTIVITY.full_name], identities=frames[IDENTITIES.full_name],
            horizon_days=asked.horizon_days, return_window_days=asked.return_window_days,
            time_zone=job.settings.shop.time_zone,
        )  # fmt: skip
        with job.lake.staged("train_churn", churn.examples(people, labels)) as rows:
            trained = churn.train(
                rows, training=dates.training, judged=dates.judged, horizon_days=asked.horizon_days,
                min_auroc_gain=asked.min_auroc_gain, bootstrap_rounds=asked.bootstrap_rounds,
            )  # fmt: skip
        return job.recorded(trained, step="train_churn")

    reads = tuple(Read(t.full_name) for t in (USER_FEATURES, DAILY_ACTIVITY, IDENTITIES))
    values = {"churn": asked.model_dump(), "dates": dates.every, "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_churn", reads, (), apply, (*CODE, "footfall.features.labels"), values)


if __name__ == "__main__":
    arguments = parser(__doc__)
    arguments.add_argument("--model", action="append", choices=MODELS, help="only this one (may be given again)")
    sys.exit(main(__doc__, steps, made=arguments))
