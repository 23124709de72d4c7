"""What documents say, by two made-up champions: one reads everything, one reads tickets with another encoder's vectors."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.testing import assertDataFrameEqual

from footfall.contract.frames import conform
from footfall.errors import ContractError
from footfall.models.common.documents import DocumentModel, documents, require_read, text_insights
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.sentiment import PROBABILITIES
from footfall.models.sentiment.model import SentimentModel
from footfall.models.topics.model import TopicsModel
from footfall.tables import TEXT_INSIGHTS

AT = datetime(2017, 11, 1, 12, tzinfo=UTC)
WRITTEN = (
    "{}_id string, event_time timestamp, event_date date, known_at timestamp, actor_id string, item_id string, "
    "text_id string, text string"
)
SLOPES = Softmax(np.array([[-0.5], [0.5]]), np.zeros(2))
VECTORS = "text_id string, encoder_fingerprint string, vector array<float>"


def _says(fingerprint: str) -> SentimentModel:
    """Log-odds of positive are the vector's one number."""
    return SentimentModel("vectors", fingerprint, TextHead(("negative", "positive"), SLOPES, None, None))


def _written(spark: SparkSession, kind: str, *rows: tuple[str, str, str]) -> DataFrame:
    told = [(number, AT, date(2017, 11, 1), AT, "ann", None, text_id, text) for number, text_id, text in rows]
    return spark.createDataFrame(told, WRITTEN.format(kind))


@pytest.fixture
def vectors(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("t1", "enc1", [2.0]), ("t2", "enc1", [-2.0]), ("t2", "enc2", [0.0])], VECTORS)


COLUMNS = ("sentiment", *PROBABILITIES)
SURE = 1 / (1 + np.exp(-2.0))


def test_reviews_and_tickets_say_what_the_champion_hears(spark: SparkSession, vectors: DataFrame) -> None:
    written = documents(
        reviews=_written(spark, "review", ("7", "t1", "a")),
        tickets=_written(spark, "ticket", ("7", "t2", "x")),
    )
    made = text_insights(written, vectors, models=[DocumentModel(_says("enc1"), "sentiment/3", COLUMNS)])
    found = {(r["document_kind"], r["document_id"]): r for r in conform(made, TEXT_INSIGHTS).collect()}
    told = {key: (row["sentiment"], row["positive_probability"]) for key, row in found.items()}
    assert told == {
        ("review", "7"): ("positive", pytest.approx(SURE)),
        ("ticket", "7"): ("negative", pytest.approx(1 - SURE)),
    }
    assert found["ticket", "7"]["model_versions"] == ["sentiment/3"]
    assert found["ticket", "7"]["encoder_fingerprint"] == "enc1"


def test_a_text_that_was_not_read_yet_says_nothing(spark: SparkSession, vectors: DataFrame) -> None:
    written = documents(reviews=_written(spark, "review", ("1", "t1", "a"), ("2", "t9", "b")))
    told = text_insights(written, vectors, models=[DocumentModel(_says("enc1"), "sentiment/3", COLUMNS)])
    assert [row["document_id"] for row in told.collect()] == ["1"]


def test_a_champion_of_tickets_is_not_asked_about_reviews(spark: SparkSession, vectors: DataFrame) -> None:
    written = documents(
        reviews=_written(spark, "review", ("1", "t2", "a")), tickets=_written(spark, "ticket", ("2", "t2", "b"))
    )
    asked = [
        DocumentModel(_says("enc1"), "sentiment/3", ("sentiment", "neutral_probability", "positive_probability")),
        DocumentModel(_says("enc2"), "other/1", ("negative_probability",), kinds=("ticket",)),
    ]
    found = {row["document_kind"]: row for row in text_insights(written, vectors, models=asked).collect()}
    assert found["review"]["negative_probability"] is None
    assert found["ticket"]["negative_probability"] == pytest.approx(0.5)  # of the other encoder's vector
    assert found["review"]["model_versions"] == ["sentiment/3"]
    assert found["ticket"]["model_versions"] == ["sentiment/3", "other/1"]


def test_a_champion_whose_encoder_has_not_read_a_text_yet_says_nothing_of_it(
    spark: SparkSession, vectors: DataFrame
) -> None:
    written = documents(reviews=_written(spark, "review", ("1", "t1", "a"), ("2", "t2", "b")))
    asked = [
        DocumentModel(_says("enc1"), "sentiment/3", ("sentiment", "negative_probability", "neutral_probability")),
        DocumentModel(_says("enc2"), "other/1", ("positive_probability",)),
    ]
    found = {row["document_id"]: row for row in text_insights(written, vectors, models=asked).collect()}
    assert (found["1"]["positive_probability"], found["1"]["model_versions"]) == (None, ["sentiment/3"])
    assert found["2"]["positive_probability"] == pytest.approx(0.5)
    assert found["2"]["model_versions"] == ["sentiment/3", "other/1"]


def test_what_an_unchanged_champion_said_is_kept_and_only_the_new_version_reads_the_document(
    spark: SparkSession, vectors: DataFrame
) -> None:
    written = documents(reviews=_written(spark, "review", ("1", "t1", "a"), ("2", "t2", "b")))
    topics = TopicsModel("enc1", (0.0,), ((1.0,),), (4,), (0.5,), (False,), 5)  # of positive numbers

    def models(version: str, *, is_unchanged: bool) -> list[DocumentModel]:
        return [
            DocumentModel(_says("enc1"), "sentiment/3", COLUMNS, is_unchanged=is_unchanged),
            DocumentModel(topics, version, ("topic_id", "topic_similarity")),
        ]

    before = text_insights(written, vectors, models=models("topics/1", is_unchanged=False)).collect()
    marked = [
        {**row.asDict(), "negative_probability": 0.125, "topic_id": 9} for row in before if row["text_id"] == "t1"
    ]
    rows = conform(spark.createDataFrame(marked, TEXT_INSIGHTS.schema()), TEXT_INSIGHTS)
    after = text_insights(written, vectors, models=models("topics/2", is_unchanged=True), rows=rows)
    found = {row["document_id"]: row for row in after.collect()}
    assert (found["1"]["sentiment"], found["1"]["negative_probability"]) == ("positive", 0.125)  # as the row had it
    assert (found["1"]["topic_id"], found["1"]["model_versions"]) == (4, ["sentiment/3", "topics/2"])
    assert found["2"]["negative_probability"] == pytest.approx(SURE)
    assert (found["2"]["topic_id"], found["2"]["model_versions"]) == (None, ["sentiment/3", "topics/2"])


def test_topics_and_values_that_are_absent_are_kept_as_they_were(spark: SparkSession, vectors: DataFrame) -> None:
    written = documents(reviews=_written(spark, "review", ("1", "t1", "a"), ("2", "t2", "b")))
    topics = TopicsModel("enc1", (0.0,), ((1.0,),), (4,), (0.5,), (False,), 5)
    sentiment = DocumentModel(_says("enc1"), "sentiment/3", COLUMNS)
    kept = DocumentModel(topics, "topics/1", ("topic_id", "topic_similarity"), is_unchanged=True)
    before = text_insights(written, vectors, models=[sentiment, kept])
    assert {row["document_id"]: row["topic_id"] for row in before.collect()} == {"1": 4, "2": None}
    after = text_insights(written, vectors, models=[replace(sentiment, version="sentiment/4"), kept], rows=before)
    changed = before.withColumn("model_versions", F.array(F.lit("sentiment/4"), F.lit("topics/1")))
    assertDataFrameEqual(after, changed, rtol=0, atol=0)


def test_a_champion_whose_encoder_read_nothing_is_refused(vectors: DataFrame) -> None:
    require_read(vectors, _says("enc1"), model_version="sentiment/3")
    with pytest.raises(ContractError, match="sentiment/3 reads vectors of encoder enc9, and no text has one"):
        require_read(vectors, _says("enc9"), model_version="sentiment/3")
