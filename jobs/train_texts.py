"""Fits what reads texts. A part of jobs/train.py that also runs alone, since tuning wants GPUs. --model picks one."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pyspark.sql import DataFrame

from footfall.errors import DataError, TooFew
from footfall.models.aspects import model as aspects
from footfall.models.aspects import training as aspect_training
from footfall.models.common import documents as insights
from footfall.models.intents import training as intents
from footfall.models.sentiment import training as sentiment
from footfall.models.topics import training as topics
from footfall.registry.fetch import encoder_folder
from footfall.runtime.cli import Job, main, parser
from footfall.runtime.runner import PART
from footfall.steps.step import Frames, Read, Step, StepResult
from footfall.tables import CLAUSE_VECTORS, LABELLED_CLAUSES, LABELLED_TEXTS, LABELLED_TICKETS, TEXT_VECTORS
from jobs.understand_text import WRITTEN, encoders

CODE = ("footfall.models", "footfall.text.normal")
MODELS = (sentiment.NAME, intents.NAME, aspects.NAME, topics.NAME)
RISING = ("false_alarm_share", "min_users")  # settings of topics that the scoring reads


def steps(job: Job) -> list[Step]:
    """One step a model that the shop has texts for, or for which it was asked by name."""
    makers = {
        sentiment.NAME: (_sentiment, (LABELLED_TEXTS,)), intents.NAME: (_intents, (LABELLED_TICKETS,)),
        aspects.NAME: (_aspects, WRITTEN), topics.NAME: (_topics, WRITTEN),
    }  # fmt: skip
    wanted = getattr(job.options, "model", None)
    made = [
        maker(job)
        for name, (maker, needs) in makers.items()
        if (name in wanted if wanted else any(job.feeds(table) for table in needs))
    ]
    made = made if wanted else [replace(step, apply=_unless_too_few(step.apply)) for step in made]
    with_sentiment = sentiment.NAME in (wanted or ()) or (not wanted and job.feeds(LABELLED_TEXTS))
    return [*([_sentiment_encoder(job)] if job.settings.fine_tune.enabled and with_sentiment else []), *made]


def _unless_too_few(apply: Callable[[Frames], StepResult]) -> Callable[[Frames], StepResult]:
    """Without enough texts a model is told to be missing, and trained when there are; who asks for it by name gets the error."""

    def made(frames: Frames) -> StepResult:
        try:
            return apply(frames)
        except TooFew as fault:
            print(f"  not trained yet: {fault}")
            return StepResult()

    return made


def written(frames: Frames) -> DataFrame:
    """All that customers wrote, as documents."""
    return insights.documents(**{table.name: frames[table.full_name] for table in WRITTEN})


def encoder_fingerprint(job: Job) -> str:
    """The encoder with which the texts were last read; raises DataError where none was."""
    last = job.books.last_closed("understand_text_vectors")
    found = last.outputs.get("model:text_encoder", "") if last else ""
    if last and last.outcome == PART:
        raise DataError("the texts are not all read yet.", fix="Run jobs/understand_text.py to its end.")
    if not found:
        raise DataError("no text was read by an encoder yet.", fix="Run jobs/understand_text.py first.")
    return found


def _sentiment(job: Job) -> Step:
    asked, rounds = job.settings.sentiment, job.settings.churn.bootstrap_rounds

    def apply(frames: Frames) -> StepResult:
        trained = sentiment.train(
            frames[LABELLED_TEXTS.full_name], frames[TEXT_VECTORS.full_name], bootstrap_rounds=rounds,
            fingerprint=encoder_fingerprint(job), **asked.model_dump(),
        )  # fmt: skip
        return job.recorded(trained, step="train_sentiment")

    reads = (Read(LABELLED_TEXTS.full_name), Read(TEXT_VECTORS.full_name))
    values = {"sentiment": asked.model_dump(), "rounds": rounds, "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_sentiment", reads, (), apply, CODE, values)


def _sentiment_encoder(job: Job) -> Step:
    asked, mood, text = job.settings.fine_tune, job.settings.sentiment, job.settings.text
    rounds = job.settings.churn.bootstrap_rounds

    def apply(frames: Frames) -> StepResult:
        from footfall.models.sentiment_encoder import training as sentiment_encoder
        from footfall.tuning.distributed import ignore, trained_in
        from footfall.tuning.spec import TuningSpec

        with encoder_folder(text.encoder, tracking_uri=job.settings.mlflow.tracking_uri) as folder:
            trained = sentiment_encoder.train(
                frames[LABELLED_TEXTS.full_name], frames[TEXT_VECTORS.full_name],
                fingerprint=encoder_fingerprint(job), encoder_dir=folder, out_dir=Path(asked.folder),
                text=encoders(text)[-1], spec=TuningSpec.of(asked.model_dump(), text.model_dump()),
                how=trained_in(asked.processes, on_driver=asked.on_driver), log=ignore,
                trials=asked.search_trials, folds=asked.search_folds,
                judged_share=mood.judged_share, neutral_share=mood.neutral_share, min_auroc_gain=mood.min_auroc_gain,
                bootstrap_rounds=rounds,
            )  # fmt: skip
        return job.recorded(trained, step="train_sentiment_encoder")

    reads = (Read(LABELLED_TEXTS.full_name), Read(TEXT_VECTORS.full_name))
    values = {
        "sentiment": mood,
        "fine_tune": asked,
        "text": encoders(text)[-1],
        "rounds": rounds,
        "mlflow": job.settings.mlflow.model_dump(),
    }
    return Step("train_sentiment_encoder", reads, (), apply, (*CODE, "footfall.tuning", "footfall.text"), values)


def _intents(job: Job) -> Step:
    asked, rounds = job.settings.intents.model_dump(), job.settings.churn.bootstrap_rounds

    def apply(frames: Frames) -> StepResult:
        trained = intents.train(
            frames[LABELLED_TICKETS.full_name], frames[TEXT_VECTORS.full_name],
            fingerprint=encoder_fingerprint(job), bootstrap_rounds=rounds, **asked,
        )  # fmt: skip
        return job.recorded(trained, step="train_intents")

    reads = (Read(LABELLED_TICKETS.full_name), Read(TEXT_VECTORS.full_name))
    values = {"intents": asked, "rounds": rounds, "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_intents", reads, (), apply, CODE, values)


def _aspects(job: Job) -> Step:
    asked, time_zone = job.settings.aspects.model_dump(), job.settings.shop.time_zone

    def apply(frames: Frames) -> StepResult:
        documents = insights.known_before(written(frames), as_of=job.as_of, time_zone=time_zone)
        fingerprint = encoder_fingerprint(job)
        trained = aspect_training.train(
            documents, frames[CLAUSE_VECTORS.full_name], frames[LABELLED_CLAUSES.full_name],
            frames[TEXT_VECTORS.full_name], fingerprint=fingerprint, **asked,
        )  # fmt: skip
        return job.recorded(trained, step="train_aspects")

    reads = tuple(Read(table.full_name) for table in (*WRITTEN, CLAUSE_VECTORS, LABELLED_CLAUSES, TEXT_VECTORS))
    values = {"aspects": asked, "as_of": job.as_of, "time_zone": time_zone, "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_aspects", reads, (), apply, CODE, values)


def _topics(job: Job) -> Step:
    asked, time_zone = job.settings.topics.model_dump(exclude=set(RISING)), job.settings.shop.time_zone

    def apply(frames: Frames) -> StepResult:
        fingerprint, before = encoder_fingerprint(job), job.registry.champion_version(topics.NAME)
        old = job.registry.load(topics.NAME, before).model if before else None
        texts = topics.examples(
            written(frames),
            frames[TEXT_VECTORS.full_name],
            fingerprint=fingerprint,
            as_of=job.as_of,
            time_zone=time_zone,
        )
        trained = topics.train(texts, fingerprint=fingerprint, before=old, **asked)
        return job.recorded(trained, step="train_topics")

    reads = tuple(Read(table.full_name) for table in (*WRITTEN, TEXT_VECTORS))
    values = {"topics": asked, "as_of": job.as_of, "time_zone": time_zone, "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_topics", reads, (), apply, CODE, values)


if __name__ == "__main__":
    arguments = parser(__doc__)
    arguments.add_argument("--model", action="append", choices=MODELS, help="only this one (may be given again)")
    sys.exit(main(__doc__, steps, made=arguments))
