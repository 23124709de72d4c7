"""On Spark: the vectors of the encoder, in the shape of text_vectors, in any partitioning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession

from footfall.contract.frames import conform
from footfall.tables.texts import TEXT_VECTORS
from footfall.text.bridge import _encoded, ask_worker, encode_texts, settled, vector_udf
from footfall.text.encoder import Encoder
from text.conftest import WEIGHTS, load_on_cpu, spec_of

TEXTS = [("a", "好吃"), ("b", "  The tea was\ncold. "), ("c", "好吃"), ("d", "Great!"), ("e", "")]
READ = ["好吃", "The tea was cold.", "好吃", "Great!", ""]


def frame(spark: SparkSession, rows: list[tuple[str | None, str | None]]) -> DataFrame:
    return spark.createDataFrame(rows, "text_id string, text string")


@pytest.mark.parametrize("tasks", [None, 3])
def test_each_text_gets_the_encoders_vector_of_its_normal_spelling(
    spark: SparkSession, encoder: Encoder, tasks: int | None
) -> None:
    vectors = encode_texts(frame(spark, TEXTS), encoder=spec_of(WEIGHTS), tasks=tasks)
    conform(vectors, TEXT_VECTORS)
    rows = sorted(vectors.collect())
    expected = encoder.encode(READ)
    assert [row.text_id for row in rows] == ["a", "b", "c", "d", "e"]
    assert {row.encoder_fingerprint for row in rows} == {encoder.fingerprint}
    assert [row.token_count for row in rows] == expected.token_counts.tolist()
    np.testing.assert_allclose([row.vector for row in rows], expected.vectors, atol=1e-6)
    np.testing.assert_allclose([row.norm for row in rows], expected.norms, rtol=1e-5)


def test_no_texts_give_no_rows(spark: SparkSession) -> None:
    assert encode_texts(frame(spark, []), encoder=spec_of(WEIGHTS), tasks=2).collect() == []


def test_a_null_text_stops_the_job_with_its_mend(spark: SparkSession) -> None:
    with pytest.raises(PythonException, match=r"1 of 1 texts are NULL(.|\n)*IS NOT NULL"):
        encode_texts(frame(spark, [("a", None)]), encoder=spec_of(WEIGHTS)).collect()


def test_a_gpu_asked_for_and_absent_stops_the_job(spark: SparkSession) -> None:
    with pytest.raises(PythonException, match="a GPU was asked for and there is none"):
        encode_texts(frame(spark, TEXTS), encoder=spec_of(WEIGHTS, device="gpu")).collect()


def test_a_worker_says_what_it_chose_and_can_be_held_to_it(spark: SparkSession) -> None:
    spec = spec_of(WEIGHTS, number_type="auto", device="auto")
    chosen = ask_worker(frame(spark, []), encoder=spec).first()
    assert chosen.device == "cpu"
    assert chosen.number_type in chosen.description
    held = settled(spec, number_type=chosen.number_type)
    assert ask_worker(frame(spark, []), encoder=held).first().encoder_fingerprint == chosen.encoder_fingerprint


def test_a_relative_directory_is_the_drivers(spark: SparkSession, tiny, monkeypatch) -> None:
    directory: Path = tiny("bert")
    monkeypatch.chdir(directory.parent)
    relative = spec_of(directory.name, max_tokens=16, tokens_per_batch=64)
    assert len(encode_texts(frame(spark, TEXTS), encoder=relative).first().vector) == 16


def test_windows_worked_on_at_once_give_the_same_rows(tiny) -> None:
    """As on a GPU: one is tokenized, one computed and one handed on."""
    encoder = load_on_cpu(tiny("bert"), max_tokens=16, tokens_per_batch=32)
    letters = [chr(97 + n % 26) * (1 + n % 5) for n in range(30)]
    windows = [pa.table({"text_id": letters[at : at + 6], "text": letters[at : at + 6]}) for at in range(0, 30, 6)]
    one_by_one = pa.Table.from_batches(_encoded(encoder, windows))
    encoder.passes.works_ahead = True
    assert pa.Table.from_batches(_encoded(encoder, windows)).equals(one_by_one)
    assert one_by_one["text_id"].to_pylist() == letters
    assert list(_encoded(encoder, [])) == []


def test_the_udf_gives_a_text_in_sql_its_stored_vector(spark: SparkSession, tiny) -> None:
    spec = spec_of(tiny("bert"), prefix="", max_tokens=16, tokens_per_batch=64)
    spark.udf.register("text_vector", vector_udf(spec))
    texts = [("a", " ab\nc "), ("b", None), ("c", "hello")]
    collected = spark.sql(
        "SELECT text_id, text_vector(text) AS vector FROM {texts}", texts=frame(spark, texts)
    ).collect()
    expected = (
        load_on_cpu(spec.encoder, prefix="", max_tokens=16, tokens_per_batch=64).encode(["ab c", "hello"]).vectors
    )
    rows = {row.text_id: row.vector for row in collected}
    assert rows["b"] is None
    np.testing.assert_allclose([rows["a"], rows["c"]], expected, atol=1e-6)
