"""Fits the models and registers each version in MLflow; champion only past its gates. --model picks one."""

import sys

from footfall.cli import Job, main, parser
from footfall.errors import DataError
from footfall.features.dates import AsOfDates, as_of_dates
from footfall.features.labels import no_purchase
from footfall.models import churn, segments, sentiment
from footfall.models.shape import Trained
from footfall.step import Frames, Made, Read, Step
from footfall.tables import DAILY_ACTIVITY, IDENTITIES, LABELLED_TEXTS, TEXT_VECTORS, USER_FEATURES

CODE = ("footfall.models",)
MODELS = (segments.NAME, sentiment.NAME, churn.NAME)


def steps(job: Job) -> list[Step]:
    """One step a model; sentiment only where a source brings labelled texts."""
    has_labels = any(LABELLED_TEXTS.name in f.into for s in job.settings.all_sources for f in s.feeds.values())
    makers = {segments.NAME: _segments, sentiment.NAME: _sentiment, churn.NAME: _churn}
    wanted = getattr(job.options, "model", None) or [n for n in MODELS if n != sentiment.NAME or has_labels]
    return [makers[name](job) for name in wanted]


def encoder_fingerprint(job: Job) -> str:
    """The encoder with which the texts were last read; raises DataError where none was."""
    last = job.books.last_closed("understand_text_vectors")
    found = last.outputs.get("model:text_encoder", "") if last else ""
    if not found:
        raise DataError("no text was read by an encoder yet.", mend="Run jobs/understand_text.py first.")
    return found


def _dates(job: Job) -> AsOfDates:
    told, asked = job.settings.features, job.settings.churn
    return as_of_dates(
        job.as_of, horizon_days=asked.horizon_days, return_window_days=asked.return_window_days,
        training_dates=told.training_dates, training_step_days=told.training_step_days,
    )  # fmt: skip


def _recorded(job: Job, trained: Trained, step: str) -> Made:
    batch = job.books.unfinished(step)
    number = job.registry.record(trained, tables=batch.inputs if batch else {}, step=step)
    return Made(models={trained.name: number}, gate_failed=trained.missed)


def _segments(job: Job) -> Step:
    asked = job.settings.segments

    def apply(frames: Frames) -> Made:
        before = job.registry.champion_version(segments.NAME)
        old = job.registry.load(segments.NAME, before).model if before else None
        rows = segments.examples(frames[USER_FEATURES.full_name], as_of=job.as_of)
        with job.lake.staged("train_segments", rows) as people:
            trained = segments.train(people, before=old, **asked.model_dump())
        return _recorded(job, trained, "train_segments")

    values = {"segments": asked.model_dump(), "as_of": job.as_of, "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_segments", (Read(USER_FEATURES.full_name),), (), apply, CODE, values)


def _sentiment(job: Job) -> Step:
    asked, rounds = job.settings.sentiment, job.settings.churn.bootstrap_rounds

    def apply(frames: Frames) -> Made:
        trained = sentiment.train(
            frames[LABELLED_TEXTS.full_name], frames[TEXT_VECTORS.full_name], bootstrap_rounds=rounds,
            fingerprint=encoder_fingerprint(job), **asked.model_dump(),
        )  # fmt: skip
        return _recorded(job, trained, "train_sentiment")

    reads = (Read(LABELLED_TEXTS.full_name), Read(TEXT_VECTORS.full_name))
    values = {"sentiment": asked.model_dump(), "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_sentiment", reads, (), apply, CODE, values)


def _churn(job: Job) -> Step:
    asked, dates = job.settings.churn, _dates(job)

    def apply(frames: Frames) -> Made:
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
        return _recorded(job, trained, "train_churn")

    reads = tuple(Read(t.full_name) for t in (USER_FEATURES, DAILY_ACTIVITY, IDENTITIES))
    values = {"churn": asked.model_dump(), "dates": dates.every, "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_churn", reads, (), apply, (*CODE, "footfall.features.labels"), values)


if __name__ == "__main__":
    arguments = parser(__doc__)
    arguments.add_argument("--model", action="append", choices=MODELS, help="only this one (may be given again)")
    sys.exit(main(__doc__, steps, made=arguments))
