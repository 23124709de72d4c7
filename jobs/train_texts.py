"""Fits what reads texts: sentiment. A part of jobs/train.py that also runs alone, since tuning wants GPUs. --model picks one."""

import sys

from footfall.cli import Job, main, parser
from footfall.errors import DataError
from footfall.models import sentiment
from footfall.step import Frames, Made, Read, Step
from footfall.tables import LABELLED_TEXTS, TEXT_VECTORS

CODE = ("footfall.models",)
MODELS = (sentiment.NAME,)


def steps(job: Job) -> list[Step]:
    """One step a model that the shop has labels for, or for which it was asked by name."""
    makers = {sentiment.NAME: (_sentiment, LABELLED_TEXTS)}
    wanted = getattr(job.options, "model", None)
    return [
        maker(job)
        for name, (maker, labels) in makers.items()
        if (name in wanted if wanted else job.feeds(labels))
    ]  # fmt: skip


def encoder_fingerprint(job: Job) -> str:
    """The encoder with which the texts were last read; raises DataError where none was."""
    last = job.books.last_closed("understand_text_vectors")
    found = last.outputs.get("model:text_encoder", "") if last else ""
    if not found:
        raise DataError("no text was read by an encoder yet.", mend="Run jobs/understand_text.py first.")
    return found


def _sentiment(job: Job) -> Step:
    asked, rounds = job.settings.sentiment, job.settings.churn.bootstrap_rounds

    def apply(frames: Frames) -> Made:
        trained = sentiment.train(
            frames[LABELLED_TEXTS.full_name], frames[TEXT_VECTORS.full_name], bootstrap_rounds=rounds,
            fingerprint=encoder_fingerprint(job), **asked.model_dump(),
        )  # fmt: skip
        return job.recorded(trained, step="train_sentiment")

    reads = (Read(LABELLED_TEXTS.full_name), Read(TEXT_VECTORS.full_name))
    values = {"sentiment": asked.model_dump(), "mlflow": job.settings.mlflow.model_dump()}
    return Step("train_sentiment", reads, (), apply, CODE, values)


if __name__ == "__main__":
    arguments = parser(__doc__)
    arguments.add_argument("--model", action="append", choices=MODELS, help="only this one (may be given again)")
    sys.exit(main(__doc__, steps, made=arguments))
