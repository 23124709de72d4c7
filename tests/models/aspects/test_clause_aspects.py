"""Rows of text_aspects from tiny documents: one for each aspect of each clause, with the clause's own sentiment."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from footfall.contract.frames import conform
from footfall.models.aspects.lexicon import parsed
from footfall.models.aspects.model import LEARNER, AspectModel, Mix
from footfall.models.aspects.scoring import aspects_of
from footfall.models.common.ngrams import NGrams
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.sentiment.model import SentimentModel
from footfall.tables import TEXT_ASPECTS

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
NONE = NGrams(1, np.array([0]), np.array([1.0]))
ASPECTS = AspectModel(
    LEARNER,
    "enc1",
    parsed({"price": {"en": ["price"]}, "service": {"en": ["staff"]}}, where=""),
    Softmax(np.array([[0.0, 5.0], [0.0, 0.0]]), np.array([-4.0, -4.0])),
    Softmax(np.zeros((2, 1)), np.zeros(2)),
    NONE,
    Mix(words=8.0, vectors=1.0, both=0.0, others=0.0, shift=0.0, threshold=0.5),
)
MOODS = TextHead(("negative", "positive"), Softmax(np.array([[-1.0, 0.0], [1.0, 0.0]]), np.zeros(2)), None, None)
DOCUMENTS = (
    "document_id string, document_kind string, event_time timestamp, event_date date, known_at timestamp, "
    "actor_id string, item_id string, text_id string, text string"
)
CLAUSES = (
    "text_id string, clause_number int, start_char int, end_char int, encoder_fingerprint string, vector array<float>"
)
TEXT = "  Rude staff!  The price of staff is fine. We left"


def _document(document_id: str, text_id: str, text: str) -> tuple[object, ...]:
    return (document_id, "review", WHEN, date(2026, 3, 1), WHEN, "a1", "i1", text_id, text)


@pytest.fixture
def clauses(spark: SparkSession) -> DataFrame:
    rows = [
        ("t1", 1, 0, 11, "enc1", [-2.0, 0.0]),
        ("t1", 2, 12, 39, "enc1", [1.0, 0.0]),
        ("t1", 3, 40, 47, "enc1", [0.0, 0.0]),
        ("t1", 1, 0, 11, "enc0", [9.0]),
        ("t2", 1, 0, 9, "enc1", [0.5, 1.0]),
    ]
    return spark.createDataFrame(rows, CLAUSES)


def _told(spark: SparkSession, documents: list[tuple[object, ...]], clauses: DataFrame) -> DataFrame:
    frame = spark.createDataFrame(documents, DOCUMENTS)
    return aspects_of(
        frame, clauses, aspects=ASPECTS, sentiment=SentimentModel("vectors", "enc1", MOODS), model_version="aspects/1"
    )


def test_each_aspect_of_each_clause_is_a_row_with_its_words(spark: SparkSession, clauses: DataFrame) -> None:
    found = _told(spark, [_document("r1", "t1", TEXT)], clauses).orderBy("clause_number", "aspect")
    assert found.select("clause_number", "start_char", "end_char", "aspect", "sentiment", "evidence").collect() == [
        Row(1, 0, 11, "service", "negative", ["staff"]),
        Row(2, 12, 39, "price", "positive", ["price"]),
        Row(2, 12, 39, "service", "positive", ["staff"]),
    ]
    first = found.first()
    assert first is not None
    assert first["probability"] == pytest.approx(1 / (1 + np.exp(-4.0)))
    assert first["positive_probability"] == pytest.approx(1 / (1 + np.exp(4.0)))
    assert (first["document_id"], first["actor_id"], first["model_version"]) == ("r1", "a1", "aspects/1")


def test_two_documents_of_one_text_both_have_its_aspects(spark: SparkSession, clauses: DataFrame) -> None:
    documents = [_document("r1", "t2", "worth it."), _document("r2", "t2", "Worth it."), _document("r3", "t9", "?")]
    found = _told(spark, documents, clauses)
    assert sorted((row.document_id, row.aspect) for row in found.collect()) == [("r1", "price"), ("r2", "price")]


def test_the_rows_keep_the_contract(spark: SparkSession, clauses: DataFrame) -> None:
    found = _told(spark, [_document("r1", "t1", TEXT)], clauses)
    assert found.columns == list(TEXT_ASPECTS.column_names)
    assert conform(found, TEXT_ASPECTS).count() == 3


def test_each_model_reads_the_vectors_of_its_own_encoder(spark: SparkSession, clauses: DataFrame) -> None:
    documents = spark.createDataFrame([_document("r1", "t1", TEXT)], DOCUMENTS)
    other = TextHead(("negative", "positive"), Softmax(np.array([[-1.0], [1.0]]), np.zeros(2)), None, None)
    mood = SentimentModel("vectors", "enc0", other)
    found = aspects_of(documents, clauses, aspects=ASPECTS, sentiment=mood, model_version="aspects/1").collect()
    told = [(row.clause_number, row.aspect, row.sentiment, row.encoder_fingerprint) for row in found]
    assert told == [(1, "service", "positive", "enc1")]  # the clause that both encoders have read
