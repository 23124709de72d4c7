"""Measures against figures worked out by hand."""

import numpy as np
import pytest

from footfall.models.common import measures

LABELS = np.array([1, 0, 1, 0])
SCORES = np.array([0.9, 0.8, 0.8, 0.1])


def test_auroc_counts_pairs_and_a_tie_as_half() -> None:
    # pairs (0.9 > 0.8), (0.9 > 0.1), (0.8 = 0.8), (0.8 > 0.1): 3.5 of 4
    assert measures.auroc(LABELS, SCORES) == 0.875


def test_auroc_of_one_class_cannot_be_told() -> None:
    assert np.isnan(measures.auroc(np.array([1, 1]), np.array([0.1, 0.2])))


def test_average_precision_takes_equal_scores_together() -> None:
    # recall 1/2 at precision 1, then 1/2 more at precision 2/3
    assert measures.average_precision(LABELS, SCORES) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3, rel=1e-12)


def test_brier_and_log_loss_of_certain_and_undecided() -> None:
    assert measures.brier(np.array([1, 0]), np.array([1.0, 0.5])) == 0.125
    assert measures.log_loss(np.array([1, 0]), np.array([0.5, 0.5])) == pytest.approx(np.log(2), rel=1e-12)


def test_calibration_bins_are_of_equal_size_and_the_error_is_their_weighted_distance() -> None:
    probabilities = np.array([0.1, 0.3, 0.7, 0.9])
    bins = measures.calibration(np.array([0, 0, 1, 1]), probabilities, bins=2)
    assert [(b["predicted"], b["observed"], b["count"]) for b in bins] == [(0.2, 0.0, 2), (0.8, 1.0, 2)]


def test_honest_probabilities_miss_by_chance_as_worked_out_by_hand() -> None:
    # one row a bin: the mean distance of a normal variable of variance 0.25 from 0
    told = measures.calibration_by_chance(np.array([0, 1]), np.array([0.5, 0.5]))
    assert told == pytest.approx(np.sqrt(2 / np.pi * 0.25), rel=1e-12)


def test_gain_curve_finds_the_positives_among_the_highest_scores_first() -> None:
    curve = measures.gain_curve(np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.2, 0.8]), points=4)
    assert [p["found"] for p in curve] == [0.0, 0.5, 1.0, 1.0, 1.0]


def test_the_gain_over_the_best_baseline_is_paired() -> None:
    labels = np.array([0, 1] * 50)
    perfect, reversed_ = labels.astype(float), 1.0 - labels
    told = measures.gain(labels, perfect, {"same": perfect, "worse": reversed_}, rounds=20)
    assert (told.value, told.low, told.high) == (0.0, 0.0, 0.0)


def test_an_interval_repeats_and_holds_the_figure() -> None:
    labels = np.array([0, 0, 1, 1] * 25)
    scores = np.linspace(0, 1, 100)
    first = measures.intervals(labels, scores, {"auroc": measures.auroc}, rounds=50)["auroc"]
    assert first == measures.intervals(labels, scores, {"auroc": measures.auroc}, rounds=50)["auroc"]
    assert first.low < first.value < first.high
