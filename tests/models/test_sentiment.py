"""The sentiment head on made-up vectors whose first number is the mood, with noise in the others."""

import json
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from models_shared import share
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import conform
from footfall.errors import ContractError, DataError
from footfall.models import sentiment
from footfall.models.logistic import Linear
from footfall.models.sentiment import SentimentModel
from footfall.models.shape import Trained
from footfall.tables import TEXT_INSIGHTS

ASKED: dict[str, Any] = {
    "fingerprint": "enc1", "judged_share": 0.3, "min_accuracy_gain": 0.1, "bootstrap_rounds": 50
}  # fmt: skip
HEAD = SentimentModel("enc1", Linear((2.0, 0.0), -1.0))


@pytest.fixture(scope="module")
def vectors(spark: SparkSession) -> DataFrame:
    """300 texts by encoder enc1; one of another encoder, which must not be read."""
    told = [
        (f"t{i}", "enc1", [(1.0 if i % 2 else -1.0) + 1.5 * (share(i, 0) - 0.5), *(share(i, p) for p in (1, 2, 3))])
        for i in range(300)
    ]
    return spark.createDataFrame([*told, ("t0", "enc0", [9.0])], TEXT_VECTORS)


@pytest.fixture(scope="module")
def texts(spark: SparkSession) -> DataFrame:
    """Their labels: every other one positive."""
    told = [(f"t{i}", f"text {i}", "zh" if i % 3 else "en", "positive" if i % 2 else "negative") for i in range(300)]
    return spark.createDataFrame(told, "text_id string, text string, language string, label string")


@pytest.fixture(scope="module")
def trained(texts: DataFrame, vectors: DataFrame) -> Trained:
    return sentiment.train(texts, vectors, **ASKED)


TEXT_VECTORS = "text_id string, encoder_fingerprint string, vector array<float>"


def test_the_head_beats_the_majority_by_far_in_both_languages(trained: Trained) -> None:
    told = trained.metrics
    assert told["accuracy"] > told["accuracy_majority"] + 0.3
    assert min(told["accuracy_zh"], told["accuracy_en"]) > 0.9
    assert trained.missed == ""
    assert trained.evaluation["texts"] + trained.parameters["texts_fitted"] == 300


def test_a_head_without_skill_misses_its_gate(texts: DataFrame, vectors: DataFrame) -> None:
    by_chance = F.when(F.pmod(F.xxhash64("text", F.lit(1)), F.lit(2)) == 0, "positive").otherwise("negative")
    missed = sentiment.train(texts.withColumn("label", by_chance), vectors, **ASKED).missed
    assert missed.startswith("sentiment: accuracy 0.")


def test_the_pyfunc_says_what_mllibs_own_transform_says(texts: DataFrame, vectors: DataFrame) -> None:
    rows = vectors.where("encoder_fingerprint = 'enc1'").join(texts, "text_id").orderBy("text_id")
    ready = rows.select(
        array_to_vector(F.col("vector")).alias("features"), (F.col("label") == "positive").cast("double").alias("label")
    )
    fitted = LogisticRegression(regParam=0.01).fit(ready)
    exported = SentimentModel("enc1", Linear(tuple(fitted.coefficients.toArray()), fitted.intercept))
    in_spark = [row["probability"][1] for row in fitted.transform(ready).select("probability").collect()]
    np.testing.assert_allclose(exported.predict(rows.toPandas())["positive_probability"], in_spark, rtol=1e-9)


def test_one_class_or_no_text_cannot_be_learnt(texts: DataFrame, vectors: DataFrame) -> None:
    with pytest.raises(DataError, match="there is only 1"):
        sentiment.train(texts.where("label = 'positive'"), vectors, **ASKED)
    with pytest.raises(DataError, match="there is no rows"):
        sentiment.train(texts.limit(0), vectors, **ASKED)


def test_reviews_get_the_mood_of_their_text(spark: SparkSession) -> None:
    at = datetime(2017, 11, 1, 12, tzinfo=UTC)
    said = [("r1", at, date(2017, 11, 1), at, "a1", None, "t1"), ("r2", at, date(2017, 11, 1), at, "a2", "i1", "t2")]
    reviews = spark.createDataFrame(
        said,
        "review_id string, event_time timestamp, event_date date, known_at timestamp, actor_id string, item_id string, text_id string",
    )
    rows = [("t1", "enc1", [1.0, 0.0]), ("t2", "enc1", [0.0, 5.0]), ("t1", "enc0", [1.0])]
    told = sentiment.score_reviews(
        reviews, spark.createDataFrame(rows, TEXT_VECTORS), model=HEAD, model_version="sentiment/1", fingerprint="enc1"
    )
    found = {r["review_id"]: r for r in conform(told, TEXT_INSIGHTS).collect()}
    assert {k: r["sentiment"] for k, r in found.items()} == {"r1": "positive", "r2": "negative"}
    assert found["r1"]["positive_probability"] == pytest.approx(1 / (1 + np.exp(-1.0)), rel=1e-12)


def test_vectors_of_another_encoder_are_refused(texts: DataFrame, vectors: DataFrame) -> None:
    with pytest.raises(ContractError, match="reads vectors of encoder enc1, these are of enc0"):
        sentiment.score_reviews(texts, vectors, model=HEAD, model_version="sentiment/1", fingerprint="enc0")
    with pytest.raises(DataError, match=r"reads vectors of 2 numbers, these have \[1\]"):
        HEAD.predict(vectors.where("encoder_fingerprint = 'enc0'").toPandas())


def test_a_model_read_back_from_json_is_the_same() -> None:
    assert SentimentModel.from_json(json.loads(json.dumps(HEAD.as_json()))) == HEAD
