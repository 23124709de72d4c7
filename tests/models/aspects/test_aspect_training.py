"""Training aspects from a lake's frames: labels teach by the encoder's own vectors, and the gate sets them beside the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from footfall.contract import Table
from footfall.errors import DataError, TooFew
from footfall.models.aspects.training import train
from footfall.models.common.trained import Trained
from footfall.tables import CLAUSE_VECTORS, LABELLED_CLAUSES, TEXT_VECTORS
from footfall.text.clauses import split_clauses

ENCODER = "enc1"
# what people write: its place among vectors, and what it speaks of
SAID = {
    "the price is high": ((1.0, 0.0, 0.0), ["price"]),
    "had to sell a kidney": ((0.2, 0.0, 1.0), ["price"]),  # no word of the list
    "the staff was kind": ((0.0, 1.0, 0.0), ["service"]),
    "we came on monday": ((0.0, 0.0, 0.0), []),
}
Drawn = tuple[str, str, list[str], list[float]]


def _drawn(rows: int, seed: int) -> list[Drawn]:
    random = np.random.default_rng(seed)
    said = random.choice(list(SAID), rows).tolist()
    vectors = np.array([SAID[text][0] for text in said]).reshape(-1, 3) + random.normal(0, 0.1, (rows, 3))
    return [
        (f"{seed}/{i}", f"{t} {i}", SAID[t][1], v.tolist()) for i, (t, v) in enumerate(zip(said, vectors, strict=True))
    ]


def _frame(spark: SparkSession, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(list(rows), table.schema(*names))


def _vectors(spark: SparkSession, rows: list[Drawn], encoder: str) -> DataFrame:
    names = ("text_id", "encoder_fingerprint", "vector")
    return _frame(spark, TEXT_VECTORS, names, [(text_id, encoder, vector) for text_id, _, _, vector in rows])


def _trained(spark: SparkSession, labels: list[Drawn], *, read_by: str = ENCODER) -> Trained:
    written = _drawn(240, seed=1)
    documents = spark.createDataFrame(
        [(text_id, text) for text_id, text, _, _ in written], "text_id string, text string"
    )
    names = ("text_id", "clause_number", "encoder_fingerprint", "start_char", "end_char", "vector")
    spans = [(i, 1, ENCODER, *split_clauses(text)[0], vector) for i, text, _, vector in written]
    clauses = _frame(spark, CLAUSE_VECTORS, names, spans)
    told = _frame(spark, LABELLED_CLAUSES, ("text_id", "text", "aspects"), [row[:3] for row in labels])
    vectors = _vectors(spark, labels, read_by)
    return train(documents, clauses, told, vectors, fingerprint=ENCODER, own={}, min_auroc=0.5)


def _gates(trained: Trained) -> dict[str, bool]:
    return {gate.name: gate.passed for gate in trained.gates}


def test_labels_that_show_what_the_list_lacks_pass_the_gate(spark: SparkSession) -> None:
    trained = _trained(spark, _drawn(240, seed=2))
    assert _gates(trained) == {"learns_from_the_list": True, "beats_the_list": True}
    assert trained.metrics["micro_f1"] > trained.metrics["micro_f1_list"] + 0.1
    assert trained.parameters["labelled_clauses"] == 240


@pytest.mark.parametrize(("rows", "read_by"), [(0, ENCODER), (150, ENCODER), (240, "enc9")])
def test_without_enough_labels_that_the_encoder_read_the_list_is_trusted(
    spark: SparkSession, rows: int, read_by: str
) -> None:
    trained = _trained(spark, _drawn(rows, seed=2), read_by=read_by)
    assert _gates(trained) == {"learns_from_the_list": True}
    assert "micro_f1" not in trained.metrics


def test_an_aspect_that_nobody_knows_is_a_fault(spark: SparkSession) -> None:
    rows = [(text_id, text, ["shipping"], vector) for text_id, text, _, vector in _drawn(3, seed=2)]
    with pytest.raises(DataError, match=r"shipping(.|\n)*aspects\.own(.|\n)*delivery"):
        _trained(spark, rows)


def test_without_a_clause_nothing_is_trained(spark: SparkSession) -> None:
    written = spark.createDataFrame([], "text_id string, text string")
    clauses, labels = (_frame(spark, table, table.column_names, []) for table in (CLAUSE_VECTORS, LABELLED_CLAUSES))
    with pytest.raises(TooFew, match="no clause"):
        train(written, clauses, labels, _vectors(spark, [], ENCODER), fingerprint=ENCODER, own={}, min_auroc=0.5)
