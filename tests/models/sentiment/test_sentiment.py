"""The sentiment model on made-up texts: half of them show their sentiment in words, all of them in a noisy vector."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from models_shared import share, training_run
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.errors import DataError
from footfall.models.common.gates import Role
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.common.trained import Trained
from footfall.models.sentiment import MODEL, NEGATIVE, NEUTRAL, POSITIVE
from footfall.models.sentiment.model import SentimentModel
from footfall.models.sentiment.training import BOTH, rows, train
from footfall.tables import LABELLED_TEXTS, TEXT_VECTORS

VECTORS = "text_id string, encoder_fingerprint string, vector array<float>"
LABELLED = "text_id string, text string, language string, label string"
WORDS = {POSITIVE: "lovely", NEGATIVE: "awful", NEUTRAL: "monday"}
MEANS = {POSITIVE: 1.0, NEGATIVE: -1.0, NEUTRAL: 0.0}
HEAD = TextHead(
    (NEGATIVE, NEUTRAL, POSITIVE), Softmax(np.array([[-2.0, 0.0], [0.0, 1.0], [2.0, 0.0]]), np.zeros(3)), None, None
)
Texts = tuple[DataFrame, DataFrame]


def label_of(number: int) -> str:
    return NEUTRAL if number % 5 == 0 else POSITIVE if number % 2 else NEGATIVE


@pytest.fixture(scope="module")
def texts(spark: SparkSession) -> Texts:
    """1,500 labelled texts and their vectors by encoder enc1; one vector of another encoder, which must not be read."""
    labelled = [
        (
            f"t{i}",
            f"text {share(i, 'name'):.6f} {WORDS[label_of(i)] if share(i, 'says') < 0.5 else ''}",
            "zh" if i % 3 else "en",
            label_of(i),
        )
        for i in range(1500)
    ]
    vectors = [(f"t{i}", "enc1", [MEANS[label_of(i)] + 3 * (share(i, 0) - 0.5), share(i, 1)]) for i in range(1500)]
    other = ("t0", "enc0", [9.0])
    return spark.createDataFrame(labelled, LABELLED), spark.createDataFrame([*vectors, other], VECTORS)


def trained_on(labelled: DataFrame, vectors: DataFrame) -> Trained:
    run = training_run(
        MODEL, frames={LABELLED_TEXTS: labelled, TEXT_VECTORS: vectors}, held_out_share=0.3, neutral_share=0.2
    )
    return train(rows(run), run)


@pytest.fixture(scope="module")
def trained(texts: Texts) -> Trained:
    return trained_on(*texts)


def test_words_and_vectors_together_beat_the_named_baselines(trained: Trained) -> None:
    metrics = trained.metrics
    assert trained.parameters["learner"] == trained.model.fitted.learner == BOTH
    assert metrics["accuracy"] > metrics["accuracy_majority"] + 0.3
    assert metrics["auroc"] > max(metrics["auroc_ngrams"], metrics["auroc_vectors"])
    assert min(metrics["accuracy_zh"], metrics["accuracy_en"]) > 0.75
    assert (trained.verdict.role, trained.missed) == (Role.LEARNER, "")
    parts = ("texts_fitted", "texts_calibrated", "texts_held_out")
    assert sum(trained.parameters[part] for part in parts) == 1500


def test_neutral_texts_are_told_apart_as_well_as_the_words_allow(trained: Trained) -> None:
    assert trained.metrics["accuracy_three"] > 0.65  # two of five would be right by the commonest class alone
    prediction = trained.model.predict(pd.DataFrame({"text": ["text monday"], "vector": [[0.0, 0.5]]})).iloc[0]
    assert prediction["sentiment"] == NEUTRAL
    assert prediction["neutral_probability"] > 0.5


def test_a_class_without_labels_is_never_predicted(texts: Texts) -> None:
    labelled, vectors = texts
    two_classes = trained_on(labelled.where(F.col("label") != NEUTRAL), vectors)
    prediction = two_classes.model.predict(pd.DataFrame({"text": ["monday"], "vector": [[0.0, 0.5]]})).iloc[0]
    assert prediction["neutral_probability"] == 0
    assert prediction["negative_probability"] + prediction["positive_probability"] == pytest.approx(1)
    assert "accuracy_three" not in two_classes.metrics


def test_labels_by_chance_miss_the_gate(texts: Texts) -> None:
    labelled, vectors = texts
    by_chance = F.when(F.pmod(F.xxhash64("text_id"), F.lit(2)) == 0, POSITIVE).otherwise(NEGATIVE)
    trained = trained_on(labelled.withColumn("label", by_chance), vectors)
    assert trained.verdict.role is not Role.LEARNER
    assert "since auroc is " in trained.missed


def test_one_class_or_no_text_cannot_be_learnt(texts: Texts) -> None:
    labelled, vectors = texts
    with pytest.raises(DataError, match="no negative to fit on"):
        trained_on(labelled.where(F.col("label") == POSITIVE), vectors)
    with pytest.raises(DataError, match="no labelled texts that the encoder has read"):
        trained_on(labelled.limit(0), vectors)


def test_without_a_held_out_text_nothing_is_evaluated(texts: Texts) -> None:
    labelled, vectors = texts
    run = training_run(MODEL, frames={LABELLED_TEXTS: labelled, TEXT_VECTORS: vectors}, held_out_share=0.0)
    with pytest.raises(DataError, match="too few labelled texts are left to evaluate on"):
        train(rows(run), run)


def test_the_likeliest_class_is_predicted() -> None:
    frame = pd.DataFrame({"text": ["", "", ""], "vector": [[1.0, 0.0], [-1.0, 0.0], [0.0, 3.0]]}, index=[7, 8, 9])
    predictions = SentimentModel(BOTH, "enc1", HEAD).predict(frame)
    assert predictions["sentiment"].to_dict() == {7: POSITIVE, 8: NEGATIVE, 9: NEUTRAL}
    assert predictions["positive_probability"].iloc[0] == pytest.approx(np.exp(2) / (np.exp(2) + 1 + np.exp(-2)))


def test_vectors_of_another_encoder_are_refused() -> None:
    with pytest.raises(DataError, match="vectors of 2 numbers was given vectors of 1"):
        SentimentModel(BOTH, "enc1", HEAD).predict(pd.DataFrame({"text": [""], "vector": [[1.0]]}))


def test_a_model_read_back_from_json_predicts_the_same(trained: Trained) -> None:
    frame = pd.DataFrame({"text": ["text lovely"], "vector": [[0.3, 0.5]]})
    fields = json.loads(json.dumps(trained.model.get_raw_model().as_json()))
    pd.testing.assert_frame_equal(
        SentimentModel.from_json(fields).predict(frame), trained.model.predict(frame), atol=1e-3
    )
