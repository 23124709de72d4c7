"""What documents say, by two made-up champions: one reads everything, one reads tickets with another encoder's vectors."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from footfall.contract.frames import conform
from footfall.errors import ContractError
from footfall.models.common.documents import DocumentModel, documents, require_read, text_insights
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.sentiment import PROBABILITIES
from footfall.models.sentiment.model import SentimentModel
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


def test_a_champion_whose_encoder_read_nothing_is_refused(vectors: DataFrame) -> None:
    require_read(vectors, _says("enc1"), model_version="sentiment/3")
    with pytest.raises(ContractError, match="sentiment/3 reads vectors of encoder enc9, and no text has one"):
        require_read(vectors, _says("enc9"), model_version="sentiment/3")
