"""Reads texts with one or more encoders, a slice at a time. Knows Spark, through the bridge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial

from pyspark.sql import DataFrame

from footfall.inference.slices import SettledModel, SliceReader
from footfall.inference.unread import ContentColumns
from footfall.text.bridge import ask_worker, encode_texts, settled
from footfall.text.spec import EncoderSpec
from footfall.text.weights import Fetch

COLUMNS = ContentColumns(key="text_id", content="text", fingerprint="encoder_fingerprint")


def text_reader(
    encoders: Sequence[EncoderSpec],
    *,
    texts_per_batch: int,
    stage: Callable[[DataFrame], AbstractContextManager[DataFrame]],
    tasks: int | None = None,
    fetch: Fetch | None = None,
    encode: Callable[..., DataFrame] = encode_texts,
) -> SliceReader[EncoderSpec]:
    """Reads documents (text_id, text) with every encoder in turn, the wanted one last.

    `encode` says what of a text is read: it whole, or its clauses. `stage` is that of `SliceReader`.
    """
    return SliceReader(
        specs=encoders,
        rows_per_slice=texts_per_batch,
        columns=COLUMNS,
        settle=partial(_settled_by_worker, fetch=fetch),
        compute=lambda texts, spec: encode(texts, encoder=spec, tasks=tasks, fetch=fetch),
        stage=stage,
    )


def _settled_by_worker(frame: DataFrame, spec: EncoderSpec, *, fetch: Fetch | None) -> SettledModel[EncoderSpec]:
    answer = ask_worker(frame, encoder=spec, fetch=fetch).collect()[0]
    spec = settled(spec, number_type=answer["number_type"])
    return SettledModel(spec, answer["encoder_fingerprint"], answer["description"])
