"""Intents on made-up vectors: each intent has a direction of its own, in noise, and its words in half of the messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from models_shared import share
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy.stats import binomtest

from footfall.errors import DataError
from footfall.models.common import exported
from footfall.models.common.trained import Trained
from footfall.models.intents import training as intents
from footfall.models.intents.evaluation import NEVER, IntentPredictions, evaluate, gates, lower_end, threshold_for
from footfall.models.intents.key_words import WORDS, by_words
from footfall.tables.tickets import INTENTS

ASKED: dict[str, Any] = {"fingerprint": "enc1", "held_out_share": 0.3, "min_precision": 0.8, "bootstrap_rounds": 50}
USED = ("refund", "invoice", "other")
VECTORS = "text_id string, encoder_fingerprint string, vector array<float>"


def vector(number: int, noise: float) -> list[float]:
    return [float(number % 3 == place) + noise * (share(number, place) - 0.5) for place in range(3)]


@pytest.fixture(scope="module")
def vectors(spark: SparkSession) -> DataFrame:
    """300 messages by encoder enc1; one of another encoder, which must not be read."""
    told = [(f"t{n}", "enc1", vector(n, 1.8)) for n in range(300)]
    return spark.createDataFrame([*told, ("t0", "enc0", [9.0])], VECTORS)


@pytest.fixture(scope="module")
def messages(spark: SparkSession) -> DataFrame:
    told = [(f"t{n}", f"message {n} {share(n)}", "zh" if n % 2 else "en", USED[n % 3]) for n in range(300)]
    return spark.createDataFrame(told, "text_id string, text string, language string, intent string")


@pytest.fixture(scope="module")
def trained(messages: DataFrame, vectors: DataFrame) -> Trained:
    return intents.train(messages, vectors, **ASKED)


def test_it_beats_its_baselines_by_far_in_both_languages(trained: Trained) -> None:
    told = trained.metrics
    assert told["accuracy"] > 0.3 + max(told[f"accuracy_{name}"] for name in ("majority", "key_words", "ngrams"))
    assert min(told["macro_f1_zh"], told["macro_f1_en"]) > 0.6  # a third by chance
    assert trained.missed == ""
    assert trained.evaluation["texts"] + trained.parameters["texts_fitted"] == 300


def test_it_is_silent_rather_than_wrong_and_says_so_in_its_model_file_without_any_text(
    trained: Trained, tmp_path: Path
) -> None:
    told = trained.metrics
    assert 0.4 < told["coverage"] < 0.99
    assert told["precision"] > told["accuracy"]
    trained.model.save(tmp_path)
    assert "message" not in (tmp_path / "model.json").read_text(encoding="utf-8")
    frame = pd.DataFrame({"text": ["x", None], "vector": [[1.2, -0.4, -0.4], [0.34, 0.33, 0.33]]}, index=[7, 3])
    found = exported.load(tmp_path).predict(frame)
    assert found["intent"].to_dict() == {7: "refund", 3: "unknown"}
    assert found.loc[7, "intent_probability"] > 0.9 > found.loc[3, "intent_probability"] > 1 / 3


def test_a_model_without_skill_misses_its_gate(messages: DataFrame, vectors: DataFrame) -> None:
    place = F.pmod(F.xxhash64("text", F.lit(1)), F.lit(3))
    by_chance = F.element_at(F.array(*map(F.lit, USED)), place.cast("int") + 1)
    missed = intents.train(messages.withColumn("intent", by_chance), vectors, **ASKED).missed
    assert missed.startswith("intents: accuracy must surely exceed that of ")


def test_too_few_messages_of_an_intent_are_all_told(messages: DataFrame, vectors: DataFrame) -> None:
    few = messages.where("intent = 'other' OR text_id IN ('t0', 't1')")
    with pytest.raises(DataError, match=r"refund has \d, invoice has \d to fit on, each needs 10"):
        intents.train(few, vectors, **ASKED)
    with pytest.raises(DataError, match="there is one intent only"):
        intents.train(messages.where("intent = 'other'"), vectors, **ASKED)
    with pytest.raises(DataError, match="there are none to fit on"):
        intents.train(messages.limit(0), vectors, **ASKED)
    with pytest.raises(DataError, match="none is left to judge"):
        intents.train(messages, vectors, **{**ASKED, "held_out_share": 0.0})


def test_the_threshold_is_the_lowest_that_is_right_often_enough_and_equal_answers_go_together() -> None:
    hits = np.array([True, False, True, True, False])
    probability = np.array([0.9, 0.8, 0.7, 0.7, 0.5])
    wilson = [binomtest(*seen).proportion_ci(0.9, method="wilson").low for seen in ((1, 1), (3, 4))]
    assert lower_end(np.array([1, 3]), np.array([1, 4])) == pytest.approx(wilson, abs=1e-4)
    assert threshold_for(hits, probability, min_precision=0.35) == 0.7
    assert threshold_for(hits, probability, min_precision=0.36) == NEVER
    assert threshold_for(hits, probability, min_precision=0.27) == 0.5
    assert threshold_for(~hits, probability, min_precision=0.9) == NEVER
    assert threshold_for(hits[:0], probability[:0], min_precision=0.9) == NEVER


def test_figures_are_those_of_a_hand_made_example() -> None:
    labels, told = np.array([0, 0, 1, 1, -1, -1]), np.array([0, 1, 1, 1, 0, 1])
    probability, words = np.array([0.9, 0.6, 0.8, 0.4, 0.7, 0.1]), np.array([0, 0, 0, -1, 0, 0])
    languages = np.array(["zh", "en", "zh", "en", "en", "en"])
    judged = IntentPredictions(labels, told, probability, probability >= 0.5, {"words": words}, languages)
    found = evaluate(judged, rounds=20)
    value = {name: interval["value"] for name, interval in found["metrics"].items()}
    assert (value["accuracy"], value["coverage"], value["accuracy_gain"]) == (0.75, 0.75, 0.25)
    assert (value["precision"], value["unclear_left"]) == (0.5, 0.5)
    assert value["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert (value["accuracy_zh"], value["accuracy_en"], value["precision_en"]) == (1.0, 0.5, 0.0)
    assert found["baselines"]["words"]["accuracy"]["value"] == 0.5


def test_a_model_that_answers_nothing_misses_its_gate() -> None:
    same = np.arange(40) % 2
    judged = IntentPredictions(same, same, np.full(40, 0.5), same > 1, {"majority": 0 * same}, np.full(40, "en"))
    silent = gates(evaluate(judged, rounds=20), min_precision=0.9)
    assert [gate.passed for gate in silent] == [True, False]


def test_key_words_know_every_intent_but_the_one_for_the_rest() -> None:
    assert set(WORDS) == set(INTENTS) - {"other"}
    assert [by_words(words[0]) for words in WORDS.values()] == list(WORDS)
    assert by_words("What are your opening hours?") == "other"
