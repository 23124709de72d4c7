"""The encoder on Spark's workers: a frame of texts in, a frame of vectors out. With `reading.py` all of `text` that uses Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.functions import pandas_udf

from footfall.inference.compute import NumberType
from footfall.inference.worker import claimed_device, gpu_share, over_windows, pipelined
from footfall.tables.texts import TEXT_VECTORS
from footfall.text.clauses import split_clauses
from footfall.text.encoder import Encoded, Encoder, TokenIds, encoder_of_process
from footfall.text.normal import normalise_text
from footfall.text.spec import EncoderSpec
from footfall.text.weights import Fetch

VECTORS = TEXT_VECTORS.schema()
CHOICE = T.StructType(
    [
        T.StructField("device", T.StringType()),
        T.StructField("number_type", T.StringType()),
        T.StructField("encoder_fingerprint", T.StringType()),
        T.StructField("description", T.StringType()),
    ]
)


def encode_texts(
    texts: DataFrame, *, encoder: EncoderSpec, tasks: int | None = None, fetch: Fetch | None = None
) -> DataFrame:
    """Vectors of `texts` (text_id, text; one row a text_id): the columns of text_vectors, less batch_id.

    A text is normalised first; its text_id is a hash of the normalised text. `tasks` repartitions the texts by text_id
    into so many tasks: a small table lies in one file, and one task would encode it all. `fetch` must be a function that
    workers can import; it fetches encoders that are named by a URI with a scheme.
    """
    encoder, share = _with_absolute_path(encoder), gpu_share(texts)

    def encode(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return over_windows(batches, load=lambda: _worker_encoder(encoder, fetch, share), compute=_encoded)

    rows = texts.select("text_id", "text")
    return (rows.repartition(tasks, "text_id") if tasks else rows).mapInArrow(encode, VECTORS)


def encode_clauses(
    texts: DataFrame, *, encoder: EncoderSpec, tasks: int | None = None, fetch: Fetch | None = None
) -> DataFrame:
    """Vectors of the clauses of `texts`, each encoded alone: the columns of clause_vectors, less batch_id.

    Offsets are those of the normalised text. The other arguments are those of `encode_texts`.
    """

    def split(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            rows = [
                (f"{text_id}/{number}/{start}/{end}", text[start:end])
                for text_id, text in zip(batch["text_id"], normalise_text(batch["text"]), strict=True)
                for number, (start, end) in enumerate(split_clauses(text), 1)
            ]
            yield pd.DataFrame(rows, columns=["text_id", "text"])

    clauses = texts.select("text_id", "text").mapInPandas(split, "text_id string, text string")
    place = F.split("text_id", "/")
    return encode_texts(clauses, encoder=encoder, tasks=tasks, fetch=fetch).select(
        place[0].alias("text_id"),
        place[1].cast("int").alias("clause_number"),
        "encoder_fingerprint",
        place[2].cast("int").alias("start_char"),
        place[3].cast("int").alias("end_char"),
        "vector",
    )


def vector_udf(encoder: EncoderSpec, *, gpu_share: float = 1.0, fetch: Fetch | None = None) -> Callable[..., Column]:
    """A pandas UDF from a text to its float32[dim] of length 1, NULL of NULL; `spark.udf.register` takes it for SQL.

    `encode_texts` is better for a table: its windows are larger than an Arrow batch.
    """
    encoder = _with_absolute_path(encoder)

    def vectors(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for texts in batches:
            present = normalise_text(texts.dropna())
            encoded = _worker_encoder(encoder, fetch, gpu_share).encode(present.tolist())
            by_row = dict(zip(present.index, encoded.vectors, strict=True))
            yield pd.Series([by_row.get(row) for row in texts.index], index=texts.index, dtype=object)

    kind = T.ArrayType(T.FloatType(), False)
    return cast("Callable[..., Column]", cast("Any", pandas_udf)(vectors, kind))  # its stubs know no plain Series


def ask_worker(frame: DataFrame, *, encoder: EncoderSpec, fetch: Fetch | None = None) -> DataFrame:
    """One row, from a worker of `frame`'s session: device, number_type, encoder_fingerprint, and a description.

    Only the workers know which number type `auto` means, and so which vectors exist already.
    """
    encoder, share = _with_absolute_path(encoder), gpu_share(frame)

    def answer(_: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        loaded = _worker_encoder(encoder, fetch, share)
        device = loaded.device
        values = (device.name, str(device.number_type), loaded.fingerprint, f"text encoder on {device}")
        yield pa.RecordBatch.from_pydict({name: [v] for name, v in zip(CHOICE.names, values, strict=True)})

    return frame.sparkSession.range(0, 1, 1, 1).mapInArrow(answer, CHOICE)


def settled(encoder: EncoderSpec, *, number_type: str) -> EncoderSpec:
    """The spec with the number type that a worker chose, so that all workers of a run use the same."""
    return replace(encoder, number_type=NumberType(number_type))


def _with_absolute_path(encoder: EncoderSpec) -> EncoderSpec:
    """The spec with an absolute path: a relative one is the driver's, and workers start in another directory."""
    is_local = not encoder.has_scheme and encoder.path.is_dir()
    return replace(encoder, encoder=str(encoder.path.resolve())) if is_local else encoder


def _worker_encoder(encoder: EncoderSpec, fetch: Fetch | None, gpu_share: float) -> Encoder:
    return encoder_of_process(encoder, claimed_device(encoder, gpu_share=gpu_share), fetch)


def _encoded(encoder: Encoder, windows: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
    """One batch a window; where the encoder works ahead, one window is tokenized while one is computed and one handed on."""

    def read(window: pa.Table) -> tuple[pa.Array, TokenIds]:
        texts = normalise_text(pd.Series(_strings(window["text"]), dtype=object))
        return window["text_id"].combine_chunks(), encoder.read(texts.tolist())

    def begin(work: tuple[pa.Array, TokenIds]) -> Callable[[], pa.RecordBatch]:
        text_ids, tokens = work
        encoded = encoder.begin(tokens)
        return lambda: _record_batch(text_ids, encoded(), encoder.fingerprint)

    return pipelined(windows, read=read, begin=begin, ahead=encoder.passes.works_ahead)


def _strings(texts: pa.ChunkedArray) -> list[str | None]:
    """The column's strings; Spark passes on the bytes of a file, and those that are no UTF-8 become U+FFFD."""
    try:
        strings: list[str | None] = texts.to_pylist()
    except UnicodeDecodeError:
        return [
            None if text is None else text.decode("utf-8", "replace") for text in texts.cast(pa.binary()).to_pylist()
        ]
    return strings


def _record_batch(text_ids: pa.Array, encoded: Encoded, fingerprint: str) -> pa.RecordBatch:
    count, dim = encoded.vectors.shape
    flat = pa.array(encoded.vectors.reshape(-1), type=pa.float32())
    columns = [
        text_ids,
        pa.array([fingerprint] * count, type=pa.string()),
        pa.ListArray.from_arrays(pa.array(range(0, count * dim + 1, dim), type=pa.int32()), flat),
        pa.array(encoded.token_counts),
        pa.array(encoded.norms),
    ]
    return pa.RecordBatch.from_arrays(columns, list(TEXT_VECTORS.column_names))
