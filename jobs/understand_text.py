"""Reads each text and its clauses once with BERT and stores their vectors. On clusters an application of its own: only it holds GPUs."""

import sys
from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.registry.fetch import fetched_model
from footfall.runtime.cli import Job, main
from footfall.settings import Text
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import (
    CLAUSE_VECTORS,
    LABELLED_CLAUSES,
    LABELLED_TEXTS,
    LABELLED_TICKETS,
    REVIEWS,
    TEXT_VECTORS,
    TICKETS,
)
from footfall.text.spec import EncoderSpec

if TYPE_CHECKING:
    from footfall.text.reading import TextReader

ENCODER = "text_encoder"  # under this name the books keep the fingerprint with which the last batch read
SAYS_SOMETHING = r"[^\s\p{Z}\p{Cc}]"  # what is white space alone has no clause, and would stay unread for ever
WRITTEN = (REVIEWS, TICKETS)  # by customers
DOCUMENTS = (*WRITTEN, LABELLED_TEXTS, LABELLED_CLAUSES, LABELLED_TICKETS)


def encoders(text: Text) -> list[EncoderSpec]:
    """Those that champions still read by, and last the one that is wanted."""
    here = text.model_dump(exclude={"tasks", "texts_per_batch", "serving"})
    serving = [here | one.model_dump(exclude_none=True) for one in text.serving]
    return [EncoderSpec(**told) for told in (*serving, here)]


def steps(job: Job) -> list[Step]:
    """Vectors of texts, then of the clauses of what customers wrote: a slice a batch until none is left."""
    return [_read(job, TEXT_VECTORS, DOCUMENTS), _read(job, CLAUSE_VECTORS, WRITTEN)]


def _read(job: Job, into: Table, tables: Sequence[Table]) -> Step:
    """Reads with every encoder what it has not read yet."""
    text = job.settings.text
    fetch = partial(fetched_model, tracking_uri=job.settings.mlflow.tracking_uri)

    @cache
    def reader() -> "TextReader":
        from footfall.text.bridge import encode_clauses, encode_texts  # torch: seconds that a run without news saves
        from footfall.text.reading import TextReader

        return TextReader(
            encoders=encoders(text), texts_per_batch=text.texts_per_batch, tasks=text.tasks, fetch=fetch,
            encode=encode_clauses if into is CLAUSE_VECTORS else encode_texts,
        )  # fmt: skip

    def apply(frames: Frames) -> StepResult:
        documents = [frames[table.full_name].where(F.col("text").rlike(SAYS_SOMETHING)) for table in tables]
        found = reader().next(documents, vectors=frames.get(into.full_name))
        print(f"  encoder: {found.by.said}")
        *serving, wanted = reader().chosen(documents[0])
        read = {ENCODER: wanted.fingerprint} | {f"{ENCODER}/{n}": by.fingerprint for n, by in enumerate(serving, 1)}
        return StepResult([Output(into, found.vectors)], models=read, is_part=found.is_more)

    reads, values = tuple(Read(table.full_name) for table in tables), {"text": text}
    return Step(f"understand_{into.name}", reads, (into.full_name,), apply, code=("footfall.text",), values=values)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
