"""Figures about intents, the threshold from which an answer is given, and what answers are worth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from footfall.models.intents.evaluation import (
    NO_INTENT,
    IntentPredictions,
    evaluate,
    lower_end,
    metrics,
    places,
    threshold_for,
)
from footfall.models.intents.model import NEVER


def test_the_threshold_is_the_lowest_that_is_right_often_enough_and_equal_answers_go_together() -> None:
    hits = np.array([True, False, True, True, False])
    probability = np.array([0.9, 0.8, 0.7, 0.7, 0.5])
    wilson = [binomtest(*counts).proportion_ci(0.9, method="wilson").low for counts in ((1, 1), (3, 4))]
    assert lower_end(np.array([1, 3]), np.array([1, 4])) == pytest.approx(wilson, abs=1e-4)
    assert threshold_for(hits, probability, min_precision=0.35) == 0.7
    assert threshold_for(hits, probability, min_precision=0.36) == NEVER
    assert threshold_for(hits, probability, min_precision=0.27) == 0.5
    assert threshold_for(~hits, probability, min_precision=0.9) == NEVER
    assert threshold_for(hits[:0], probability[:0], min_precision=0.9) == NEVER


def test_figures_are_those_of_a_hand_made_example() -> None:
    labels, likeliest = np.array([0, 0, 1, 1, -1, -1]), np.array([0, 1, 1, 1, 0, 1])
    probability, words = np.array([0.9, 0.6, 0.8, 0.4, 0.7, 0.1]), np.array([0, 0, 0, -1, 0, 0])
    languages = np.array(["zh", "en", "zh", "en", "en", "en"])
    predictions = IntentPredictions(labels, likeliest, probability, probability >= 0.5, {"words": words}, languages)
    figures = evaluate(predictions, rounds=20)
    value = {name: interval["value"] for name, interval in figures["metrics"].items()}
    assert (value["accuracy"], value["coverage"], value["accuracy_gain"]) == (0.75, 0.75, 0.25)
    assert (value["precision"], value["unclear_left"]) == (0.5, 0.5)
    assert value["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert (value["accuracy_zh"], value["accuracy_en"], value["precision_en"]) == (1.0, 0.5, 0.0)
    assert figures["baselines"]["words"]["accuracy"]["value"] == 0.5


def test_utility_counts_right_answers_and_charges_wrong_ones_so_that_the_least_precision_comes_to_nothing() -> None:
    utility = metrics(0.8)["utility"]
    labels = np.array([0, 0, 0, 0, 1])
    answered = np.column_stack([np.zeros(5), np.ones(5)])
    assert utility(labels, answered) == pytest.approx(0.0)  # four of five are right
    assert utility(labels, np.column_stack([np.zeros(5), labels == 0])) == pytest.approx(4 / 5)
    assert utility(labels, np.zeros((5, 2))) == 0.0


def test_an_answer_to_a_message_without_an_intent_is_wrong_even_one_that_the_others_do_not_know() -> None:
    utility = metrics(0.5)["utility"]
    assert utility(np.array([NO_INTENT]), np.array([[0.0, 1.0]])) == -1.0
    assert utility(np.array([NO_INTENT]), np.array([[NO_INTENT, 1.0]])) == -1.0


def test_an_intent_that_is_not_among_the_classes_has_no_place() -> None:
    assert places(["b", "x", "a"], ("a", "b")).tolist() == [1, NO_INTENT, 0]
