"""Intents on made-up vectors: each intent has a direction of its own, in noise, and its words in half of the messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from models_shared import share, training_run
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.errors import DataError
from footfall.models.common import exported
from footfall.models.common.gates import Role
from footfall.models.common.trained import Trained
from footfall.models.intents import MODEL
from footfall.models.intents.key_words import WORDS, by_words
from footfall.models.intents.model import IntentsModel
from footfall.models.intents.training import KEY_WORDS, LEARNER, by_key_words, rows, train
from footfall.tables import LABELLED_TICKETS, TEXT_VECTORS
from footfall.tables.tickets import INTENTS

USED = ("refund", "invoice", "other")
VECTORS = "text_id string, encoder_fingerprint string, vector array<float>"


def vector(number: int, noise: float) -> list[float]:
    return [float(number % 3 == place) + noise * (share(number, place) - 0.5) for place in range(3)]


@pytest.fixture(scope="module")
def vectors(spark: SparkSession) -> DataFrame:
    """600 messages by encoder enc1; one of another encoder, which must not be read."""
    by_encoder = [(f"t{n}", "enc1", vector(n, 1.8)) for n in range(600)]
    return spark.createDataFrame([*by_encoder, ("t0", "enc0", [9.0])], VECTORS)


@pytest.fixture(scope="module")
def messages(spark: SparkSession) -> DataFrame:
    labelled = [(f"t{n}", f"message {n} {share(n)}", "zh" if n % 2 else "en", USED[n % 3]) for n in range(600)]
    return spark.createDataFrame(labelled, "text_id string, text string, language string, intent string")


def trained_on(messages: DataFrame, vectors: DataFrame, **settings: Any) -> Trained:
    run = training_run(
        MODEL, frames={LABELLED_TICKETS: messages, TEXT_VECTORS: vectors},
        **{"held_out_share": 0.3, "min_precision": 0.8, **settings},
    )  # fmt: skip
    return train(rows(run), run)


@pytest.fixture(scope="module")
def trained(messages: DataFrame, vectors: DataFrame) -> Trained:
    return trained_on(messages, vectors)


def test_it_beats_its_baselines_by_far_in_both_languages(trained: Trained) -> None:
    metrics = trained.metrics
    assert metrics["accuracy"] > 0.3 + max(metrics[f"accuracy_{name}"] for name in ("majority", "key_words", "ngrams"))
    assert min(metrics["macro_f1_zh"], metrics["macro_f1_en"]) > 0.6  # a third by chance
    assert (trained.verdict.role, trained.missed) == (Role.LEARNER, "")
    assert trained.parameters["learner"] == LEARNER
    assert trained.evaluation["texts"] + trained.parameters["texts_fitted"] == 600


def test_it_leaves_to_a_person_what_it_is_not_sure_of_and_its_file_holds_no_text(
    trained: Trained, tmp_path: Path
) -> None:
    metrics = trained.metrics
    assert 0.4 < metrics["coverage"] < 0.99
    assert metrics["precision"] > metrics["accuracy"]
    trained.model.save(tmp_path)
    assert "message" not in (tmp_path / "model.json").read_text(encoding="utf-8")
    frame = pd.DataFrame({"text": ["x", None], "vector": [[1.2, -0.4, -0.4], [0.34, 0.33, 0.33]]}, index=[7, 3])
    predictions = exported.load(tmp_path).predict(frame)
    assert predictions["intent"].to_dict() == {7: "refund", 3: "unknown"}
    assert predictions.loc[7, "intent_probability"] > 0.9 > predictions.loc[3, "intent_probability"] > 1 / 3


def test_a_model_without_skill_misses_its_gate(messages: DataFrame, vectors: DataFrame) -> None:
    place = F.pmod(F.xxhash64("text", F.lit(1)), F.lit(3))
    by_chance = F.element_at(F.array(*map(F.lit, USED)), place.cast("int") + 1)
    trained = trained_on(messages.withColumn("intent", by_chance), vectors)
    assert trained.verdict.role is not Role.LEARNER
    assert "since it answers no message; accuracy is " in trained.missed


def test_key_words_that_are_mostly_wrong_answer_nothing() -> None:
    texts = ["where is my parcel", "I want my money back", "please send an invoice"]
    for intents, answers in ((["where_is_my_parcel", "refund", "invoice"], True), (["invoice"] * 3, False)):
        messages = pd.DataFrame({"text": texts * 40, "intent": intents * 40})
        model = by_key_words(messages, fingerprint="enc1", min_precision=0.8)
        frame = pd.DataFrame({"text": texts, "vector": [[0.0]] * 3})
        assert (set(model.predict(frame)["intent"]) != {"unknown"}) is answers


def test_too_few_messages_of_an_intent_are_all_reported(messages: DataFrame, vectors: DataFrame) -> None:
    few = messages.where("intent = 'other' OR text_id IN ('t0', 't1')")
    with pytest.raises(DataError, match=r"refund has \d, invoice has \d to fit on, each needs 10"):
        trained_on(few, vectors)
    with pytest.raises(DataError, match="there is one intent only"):
        trained_on(messages.where("intent = 'other'"), vectors)
    with pytest.raises(DataError, match="there are none to fit on"):
        trained_on(messages.limit(0), vectors)
    with pytest.raises(DataError, match="none is left to evaluate on"):
        trained_on(messages, vectors, held_out_share=0.0)


@pytest.mark.parametrize("learner", [LEARNER, KEY_WORDS])
def test_a_model_read_back_from_json_predicts_the_same(learner: str, trained: Trained) -> None:
    model = trained.model.fitted if learner == LEARNER else IntentsModel(KEY_WORDS, "enc1", 0.0, None)
    back = IntentsModel.from_json(json.loads(json.dumps(model.as_json())))
    frame = pd.DataFrame({"text": ["退款", "x"], "vector": [[0.9, 0.1, 0.0], [0.3, 0.3, 0.3]]})
    pd.testing.assert_frame_equal(back.predict(frame), model.predict(frame), atol=1e-3)
    assert (back.learner, back.threshold) == (model.learner, model.threshold)


def test_key_words_know_every_intent_but_the_one_for_the_rest() -> None:
    assert set(WORDS) == set(INTENTS) - {"other"}
    assert [by_words(words[0]) for words in WORDS.values()] == list(WORDS)
    assert by_words("What are your opening hours?") == "other"
