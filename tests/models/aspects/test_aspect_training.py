"""Training aspects from a lake's frames: labels teach by the encoder's own vectors, and the gate sets them beside the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from models_shared import gates_passed, training_run
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from features.shop_rows import ZONE, D, happened
from footfall.contract import Table
from footfall.errors import DataError, TooFew
from footfall.models.aspects import MODEL
from footfall.models.aspects.lexicon import builtin
from footfall.models.aspects.model import fit_aspects
from footfall.models.aspects.training import ReadClauses, decide_by_votes, rows, train
from footfall.models.common.trained import Trained
from footfall.tables import CLAUSE_VECTORS, LABELLED_CLAUSES, REVIEWS, TEXT_VECTORS, TICKETS
from footfall.text.clauses import split_clauses

ENCODER = "enc1"
# what people write: its place among vectors, and what it speaks of
SENTENCES = {
    "the price is high": ((1.0, 0.0, 0.0), ["price"]),
    "had to sell a kidney": ((0.2, 0.0, 1.0), ["price"]),  # no word of the list
    "the staff was kind": ((0.0, 1.0, 0.0), ["service"]),
    "we came on monday": ((0.0, 0.0, 0.0), []),
}
Drawn = tuple[str, str, list[str], list[float]]


def _drawn(rows: int, seed: int) -> list[Drawn]:
    random = np.random.default_rng(seed)
    sentences = random.choice(list(SENTENCES), rows).tolist()
    vectors = np.array([SENTENCES[text][0] for text in sentences]).reshape(-1, 3) + random.normal(0, 0.1, (rows, 3))
    return [
        (f"{seed}/{i}", f"{t} {i}", SENTENCES[t][1], v.tolist())
        for i, (t, v) in enumerate(zip(sentences, vectors, strict=True))
    ]


def _frame(spark: SparkSession, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(list(rows), table.schema(*names))


def _vectors(spark: SparkSession, rows: list[Drawn], encoder: str) -> DataFrame:
    names = ("text_id", "encoder_fingerprint", "vector")
    return _frame(spark, TEXT_VECTORS, names, [(text_id, encoder, vector) for text_id, _, _, vector in rows])


def _frames(
    spark: SparkSession, labels: list[Drawn], *, read_by: str = ENCODER, written: int = 240
) -> dict[Table, DataFrame]:
    texts = _drawn(written, seed=1)
    rows = [(text_id, text, D, happened(1)["known_at"]) for text_id, text, _, _ in texts]
    reviews = _frame(spark, REVIEWS, ("text_id", "text", "event_date", "known_at"), rows)
    reviews = reviews.withColumn("event_date", F.date_sub("event_date", 1)).withColumn("review_id", F.col("text_id"))
    others = ("event_time", "actor_id", "item_id")
    reviews = reviews.selectExpr("*", *(f"CAST(NULL AS {REVIEWS.column(name).type}) AS {name}" for name in others))
    names = ("text_id", "clause_number", "encoder_fingerprint", "start_char", "end_char", "vector")
    spans = [(i, 1, ENCODER, *split_clauses(text)[0], vector) for i, text, _, vector in texts]
    return {
        REVIEWS: reviews,
        TICKETS: reviews.withColumnRenamed("review_id", "ticket_id").limit(0),
        CLAUSE_VECTORS: _frame(spark, CLAUSE_VECTORS, names, spans),
        LABELLED_CLAUSES: _frame(spark, LABELLED_CLAUSES, ("text_id", "text", "aspects"), [row[:3] for row in labels]),
        TEXT_VECTORS: _vectors(spark, labels, read_by),
    }


def _trained(spark: SparkSession, labels: list[Drawn], *, read_by: str = ENCODER, written: int = 240) -> Trained:
    frames = _frames(spark, labels, read_by=read_by, written=written)
    run = training_run(MODEL, frames=frames, as_of=D, time_zone=ZONE, own={}, min_auroc_gain=0.0)
    return train(rows(run), run)


def test_labels_that_show_what_the_list_lacks_pass_the_gate(spark: SparkSession) -> None:
    trained = _trained(spark, _drawn(240, seed=2))
    assert gates_passed(trained.verdict) == {("micro_f1", "baseline"): True}
    assert trained.verdict.served_by == "word list + vectors + n-grams"
    assert trained.metrics["micro_f1"] > trained.metrics["micro_f1_list"] + 0.1
    assert trained.parameters["labelled_clauses"] == 240


def test_labels_that_the_list_knows_already_let_the_list_serve(spark: SparkSession) -> None:
    known = [row for row in _drawn(400, seed=2) if "kidney" not in row[1]][:240]
    trained = _trained(spark, known)
    assert gates_passed(trained.verdict) == {("micro_f1", "baseline"): False}
    assert trained.verdict.served_by == "baseline: word list"
    frame = pd.DataFrame(
        {"text": ["the price is high", "had to sell a kidney"], "vector": [[0.0, 0.0, 0.0], [0.2, 0.0, 1.0]]}
    )
    mentions = [[mention.aspect for mention in row] for row in trained.model.predict(frame)["aspects"]]
    assert mentions == [["price"], []]


@pytest.mark.parametrize(("labels", "read_by"), [(0, ENCODER), (150, ENCODER), (240, "enc9")])
def test_without_enough_labels_that_the_encoder_read_the_votes_decide(
    spark: SparkSession, labels: int, read_by: str
) -> None:
    trained = _trained(spark, _drawn(labels, seed=2), read_by=read_by)
    assert gates_passed(trained.verdict) == {("auroc_of_votes", "baseline"): True}
    assert "micro_f1" not in trained.metrics


def test_a_head_that_ranks_by_chance_misses_the_gate_of_votes() -> None:
    texts = _drawn(240, seed=1)
    clauses, random = [text for _, text, _, _ in texts], np.random.default_rng(3)
    by_chance = random.normal(size=(240, 3))
    trial = fit_aspects(clauses, by_chance, lexicon=builtin(), fingerprint=ENCODER)
    fresh = random.normal(size=(240, 3))
    verdict = decide_by_votes(trial, ReadClauses(clauses, fresh), training_run(MODEL, own={}, min_auroc_gain=0.3))
    assert gates_passed(verdict) == {("auroc_of_votes", "baseline"): False}
    assert verdict.served_by == ""


def test_an_aspect_that_nobody_knows_is_a_fault(spark: SparkSession) -> None:
    labels = [(text_id, text, ["shipping"], vector) for text_id, text, _, vector in _drawn(3, seed=2)]
    with pytest.raises(DataError, match=r"shipping(.|\n)*aspects\.own(.|\n)*delivery"):
        _trained(spark, labels)


@pytest.mark.parametrize("written", [1, 2, 5])
def test_a_handful_of_texts_is_too_few_whichever_of_them_are_held_out(spark: SparkSession, written: int) -> None:
    with pytest.raises(TooFew, match="aspects: "):
        _trained(spark, [], written=written)


def test_without_a_clause_nothing_is_trained(spark: SparkSession) -> None:
    with pytest.raises(TooFew, match="no clause"):
        _trained(spark, [], written=0)
