"""Reads each text and its clauses once with BERT and stores their vectors. On clusters an application of its own: only it holds GPUs."""

import sys
from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from footfall import tables
from footfall.contract import Table
from footfall.registry.fetch import fetched_model
from footfall.runtime.cli import Job, main
from footfall.runtime.parts import Parts
from footfall.runtime.permissions import consent_of
from footfall.runtime.runner import PART
from footfall.runtime.session import tasks_at_once
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.text.spec import ENCODER, EncoderSpec, encoder_specs, require_weights

if TYPE_CHECKING:
    from footfall.inference.slices import SliceReader

HAS_CONTENT = r"[^\s\p{Z}\p{Cc}]"  # a text of white space has no clause and would stay unread for ever
WRITTEN = (tables.REVIEWS, tables.TICKETS)  # by customers
DOCUMENTS = (*WRITTEN, tables.LABELLED_TEXTS, tables.LABELLED_CLAUSES, tables.LABELLED_TICKETS)
SOURCES = {tables.TEXT_VECTORS: DOCUMENTS, tables.CLAUSE_VECTORS: WRITTEN}


def steps(job: Job) -> list[Step]:
    """Vectors of texts, then of the clauses of what customers wrote: a slice a batch; no step for what no source brings."""
    return [_read(job, into, sources) for into, sources in SOURCES.items() if any(map(job.feeds, sources))]


def _read(job: Job, into: Table, sources: Sequence[Table]) -> Step:
    """Reads with every encoder what it has not read yet."""
    name, parts = f"understand_{into.name}", Parts(into.full_name)
    text, encoders = job.settings.text, encoder_specs(job.settings.text.model_dump())
    fetch = partial(fetched_model, tracking_uri=job.settings.mlflow.tracking_uri)

    def weights_exist() -> None:
        master = str(job.spark.conf.get("spark.master", "local"))
        require_weights(encoders, workers_elsewhere=not master.startswith("local"))

    @cache
    def reader() -> "SliceReader[EncoderSpec]":
        from footfall.text.bridge import encode_clauses, encode_texts  # torch: seconds that a run without news saves
        from footfall.text.reading import text_reader

        encode = encode_clauses if into is tables.CLAUSE_VECTORS else encode_texts
        return text_reader(
            encoders, texts_per_batch=text.texts_per_batch, tasks=text.tasks or tasks_at_once(job.spark), fetch=fetch,
            encode=encode, stage=partial(job.lake.staged, name),
        )  # fmt: skip

    def apply(frames: Frames) -> StepResult:
        batch, last = job.books.unfinished(name), job.books.last_closed(name)
        goes_on, was_cut = batch is not None and parts.goes_on(batch), last is not None and last.outcome == PART
        documents = [frames[table.full_name].where(F.col("text").rlike(HAS_CONTENT)) for table in sources]
        if not goes_on and all(texts.isEmpty() for texts in documents):
            return StepResult()  # no encoder is loaded for nothing
        piece = reader().next(documents, results=frames.get(into.full_name), goes_on=goes_on, was_cut=was_cut)
        print(f"  encoder: {piece.model.description}")
        *serving, wanted = reader().settled(documents[0])
        fingerprints = {ENCODER: wanted.fingerprint}
        fingerprints |= {f"{ENCODER}/{number}": encoder.fingerprint for number, encoder in enumerate(serving, 1)}
        outputs = [Output(into, piece.results, landed=piece.landed)] if piece.count else []
        return StepResult(outputs, models=fingerprints, is_part=piece.is_more)

    reads, requires = tuple(Read(table.full_name) for table in sources), (weights_exist,)
    code, values, consent = ("footfall.text",), {"text": text}, consent_of(job, "text")
    return Step(name, reads, (into.full_name,), apply, code, values, requires=requires, consent=consent)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
