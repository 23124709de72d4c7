"""Reads each distinct text once with BERT and stores its vector. On clusters an application of its own: only it holds GPUs."""

import sys
from functools import partial

from footfall.cli import Job, main
from footfall.fetch import fetched_model
from footfall.step import Frames, Made, Output, Read, Step
from footfall.tables import LABELLED_TEXTS, LABELLED_TICKETS, REVIEWS, TEXT_VECTORS, TICKETS
from footfall.text.unread import unread_texts

WITH_TEXT = (REVIEWS, TICKETS, LABELLED_TEXTS, LABELLED_TICKETS)
ENCODER = "text_encoder"  # under this name the books keep the fingerprint with which the last batch read


def steps(job: Job) -> list[Step]:
    """One step: vectors of the texts that this encoder has not read yet."""
    text = job.settings.text
    fetch = partial(fetched_model, tracking_uri=job.settings.mlflow.tracking_uri)

    def apply(frames: Frames) -> Made:
        from footfall.text.bridge import (
            ask_worker,
            encode_texts,
            settled,
        )  # torch: seconds that a run without news saves
        from footfall.text.spec import EncoderSpec

        documents = [frames[table.full_name] for table in WITH_TEXT]
        wanted = EncoderSpec(**text.model_dump(exclude={"tasks"}))
        found = ask_worker(documents[0], encoder=wanted, fetch=fetch).first()
        if found is None:
            return Made()
        print(f"  encoder: {found['said']}")
        spec = settled(wanted, number_type=found["number_type"])
        texts = unread_texts(
            documents,
            vectors=frames.get(TEXT_VECTORS.full_name),
            fingerprint=found["encoder_fingerprint"],
        )
        vectors = encode_texts(texts, encoder=spec, tasks=text.tasks, fetch=fetch)
        return Made([Output(TEXT_VECTORS, vectors)], models={ENCODER: found["encoder_fingerprint"]})

    reads = tuple(Read(table.full_name) for table in WITH_TEXT)
    return [
        Step(
            "understand_text_vectors",
            reads,
            (TEXT_VECTORS.full_name,),
            apply,
            code=("footfall.text",),
            values={"text": text},
        )
    ]


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
