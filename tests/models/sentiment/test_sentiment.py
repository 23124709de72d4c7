"""The sentiment model on made-up texts: half of them say their mood in words, all of them in a noisy vector."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from models_shared import share
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.errors import DataError
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.common.trained import Trained
from footfall.models.sentiment import training as sentiment
from footfall.models.sentiment.training import NEGATIVE, NEUTRAL, POSITIVE, SentimentModel

VECTORS = "text_id string, encoder_fingerprint string, vector array<float>"
LABELLED = "text_id string, text string, language string, label string"
ASKED: dict[str, Any] = {
    "fingerprint": "enc1", "held_out_share": 0.3, "neutral_share": 0.2, "min_accuracy_gain": 0.1, "min_auroc_gain": 0.0,
    "bootstrap_rounds": 50,
}  # fmt: skip
WORDS = {POSITIVE: "lovely", NEGATIVE: "awful", NEUTRAL: "monday"}
HEAD = TextHead(
    (NEGATIVE, NEUTRAL, POSITIVE), Softmax(np.array([[-2.0, 0.0], [0.0, 1.0], [2.0, 0.0]]), np.zeros(3)), None, None
)


def _mood(number: int) -> str:
    return NEUTRAL if number % 5 == 0 else POSITIVE if number % 2 else NEGATIVE


def _rows(spark: SparkSession, count: int) -> tuple[DataFrame, DataFrame]:
    lean = {POSITIVE: 1.0, NEGATIVE: -1.0, NEUTRAL: 0.0}
    told = [
        (
            f"t{i}",
            f"text {share(i, 'name'):.6f} {WORDS[_mood(i)] if share(i, 'says') < 0.5 else ''}",
            "zh" if i % 3 else "en",
            _mood(i),
        )
        for i in range(count)
    ]
    seen = [(f"t{i}", "enc1", [lean[_mood(i)] + 3 * (share(i, 0) - 0.5), share(i, 1)]) for i in range(count)]
    other = ("t0", "enc0", [9.0])  # of another encoder, which must not be read
    return spark.createDataFrame(told, LABELLED), spark.createDataFrame([*seen, other], VECTORS)


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> tuple[DataFrame, DataFrame]:
    return _rows(spark, 600)


@pytest.fixture(scope="module")
def trained(rows: tuple[DataFrame, DataFrame]) -> Trained:
    return sentiment.train(*rows, **ASKED)


def test_words_and_vectors_together_beat_the_named_baselines(trained: Trained) -> None:
    told = trained.metrics
    assert trained.parameters["variant"] == "sum"
    assert told["accuracy"] > told["accuracy_majority"] + 0.3
    assert told["auroc"] > max(told["auroc_ngrams"], told["auroc_vectors"])
    assert min(told["accuracy_zh"], told["accuracy_en"]) > 0.75
    assert trained.missed == ""
    parts = ("texts_fitted", "texts_calibrated", "texts_judged")
    assert sum(trained.parameters[part] for part in parts) == 600


def test_neutral_texts_are_told_apart_as_well_as_the_words_allow(trained: Trained) -> None:
    assert trained.metrics["accuracy_three"] > 0.65  # two of five would be right by saying the commonest mood
    said = trained.model.predict(pd.DataFrame({"text": ["text monday"], "vector": [[0.0, 0.5]]})).iloc[0]
    assert said["sentiment"] == NEUTRAL
    assert said["neutral_probability"] > 0.5


def test_a_mood_without_labels_is_never_said(rows: tuple[DataFrame, DataFrame]) -> None:
    texts, vectors = rows
    told = sentiment.train(texts.where(F.col("label") != NEUTRAL), vectors, **ASKED)
    said = told.model.predict(pd.DataFrame({"text": ["monday"], "vector": [[0.0, 0.5]]})).iloc[0]
    assert said["neutral_probability"] == 0
    assert said["negative_probability"] + said["positive_probability"] == pytest.approx(1)
    assert "accuracy_three" not in told.metrics


def test_labels_by_chance_miss_the_gate(rows: tuple[DataFrame, DataFrame]) -> None:
    texts, vectors = rows
    by_chance = F.when(F.pmod(F.xxhash64("text_id"), F.lit(2)) == 0, POSITIVE).otherwise(NEGATIVE)
    missed = sentiment.train(texts.withColumn("label", by_chance), vectors, **ASKED).missed
    assert "must exceed the majority's" in missed


def test_one_mood_or_no_text_cannot_be_learnt(rows: tuple[DataFrame, DataFrame]) -> None:
    texts, vectors = rows
    with pytest.raises(DataError, match="no negative to fit on"):
        sentiment.train(texts.where(F.col("label") == POSITIVE), vectors, **ASKED)
    with pytest.raises(DataError, match="no labelled texts that the encoder has read"):
        sentiment.train(texts.limit(0), vectors, **ASKED)


def test_the_likeliest_mood_is_said() -> None:
    frame = pd.DataFrame({"text": ["", "", ""], "vector": [[1.0, 0.0], [-1.0, 0.0], [0.0, 3.0]]}, index=[7, 8, 9])
    told = SentimentModel("enc1", HEAD).predict(frame)
    assert told["sentiment"].to_dict() == {7: POSITIVE, 8: NEGATIVE, 9: NEUTRAL}
    assert told["positive_probability"].iloc[0] == pytest.approx(np.exp(2) / (np.exp(2) + 1 + np.exp(-2)))


def test_vectors_of_another_encoder_are_refused() -> None:
    with pytest.raises(DataError, match="vectors of 2 numbers was given vectors of 1"):
        SentimentModel("enc1", HEAD).predict(pd.DataFrame({"text": [""], "vector": [[1.0]]}))


def test_a_model_read_back_from_json_says_the_same(trained: Trained) -> None:
    frame = pd.DataFrame({"text": ["text lovely"], "vector": [[0.3, 0.5]]})
    told = json.loads(json.dumps(trained.model.get_raw_model().as_json()))
    pd.testing.assert_frame_equal(
        SentimentModel.from_json(told).predict(frame), trained.model.predict(frame), atol=1e-3
    )
