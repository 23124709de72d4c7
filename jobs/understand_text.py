"""Reads each distinct text once with BERT and stores its vector. On clusters an application of its own: only it holds GPUs."""

import sys
from functools import cache, partial
from typing import TYPE_CHECKING

from footfall.cli import Job, main
from footfall.fetch import fetched_model
from footfall.settings import Text
from footfall.step import Frames, Made, Output, Read, Step
from footfall.tables import LABELLED_TEXTS, LABELLED_TICKETS, REVIEWS, TEXT_VECTORS, TICKETS
from footfall.text.spec import EncoderSpec

if TYPE_CHECKING:
    from footfall.text.reading import Reader

ENCODER = "text_encoder"  # under this name the books keep the fingerprint with which the last batch read
DOCUMENTS = (REVIEWS, TICKETS, LABELLED_TEXTS, LABELLED_TICKETS)


def encoders(text: Text) -> list[EncoderSpec]:
    """Those that champions still read by, and last the one that is wanted."""
    here = text.model_dump(exclude={"tasks", "texts_per_batch", "serving"})
    serving = [here | one.model_dump(exclude_none=True) for one in text.serving]
    return [EncoderSpec(**told) for told in (*serving, here)]


def steps(job: Job) -> list[Step]:
    """One step: vectors of the texts that an encoder has not read yet, a slice a batch until none is left."""
    text = job.settings.text
    fetch = partial(fetched_model, tracking_uri=job.settings.mlflow.tracking_uri)

    @cache
    def reader() -> "Reader":
        from footfall.text.reading import Reader  # torch: seconds that a run without news saves

        return Reader(encoders=encoders(text), texts_per_batch=text.texts_per_batch, tasks=text.tasks, fetch=fetch)

    def apply(frames: Frames) -> Made:
        documents = [frames[table.full_name] for table in DOCUMENTS]
        found = reader().next(documents, vectors=frames.get(TEXT_VECTORS.full_name))
        print(f"  encoder: {found.by.said}")
        *serving, wanted = reader().chosen(documents[0])
        read = {ENCODER: wanted.fingerprint} | {f"{ENCODER}/{n}": by.fingerprint for n, by in enumerate(serving, 1)}
        return Made([Output(TEXT_VECTORS, found.vectors)], models=read, is_part=found.is_more)

    reads = tuple(Read(table.full_name) for table in DOCUMENTS)
    writes, values = (TEXT_VECTORS.full_name,), {"text": text}
    return [Step("understand_text_vectors", reads, writes, apply, code=("footfall.text",), values=values)]


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
