"""Figures of many resamples at once are those of each resample alone."""

from __future__ import annotations

import numpy as np
import pytest

from footfall.models.aspects import training as aspects
from footfall.models.common import measures, resampling
from footfall.models.common.resampling import Measure, mean_on_draws, on_each
from footfall.models.intents import evaluation

ROWS = 60
LABELS = np.arange(ROWS) % 7 // 3 % 2  # 1 for three of seven
SCORES = np.arange(ROWS) * 37 % 11 / 10  # eleven levels, 0 and 1 among them: many ties
CLASSES = np.arange(ROWS) % 5 - 1  # intents 0 to 3, and -1 for a message without one
ANSWERS = np.column_stack([np.where(np.arange(ROWS) % 4, CLASSES, 2), np.arange(ROWS) % 3 > 0]).astype(np.float64)
OF_SCORES = {
    "auroc": measures.auroc, "average_precision": measures.average_precision, "brier": measures.brier,
    "log_loss": measures.log_loss, "negative log_loss": measures.log_loss.negative(), "accuracy": measures.accuracy,
}  # fmt: skip
OF_ANSWERS = {**evaluation.SHARES, **evaluation.DECIDED, **evaluation.metrics(0.8)}


def one_by_one(measure: Measure, labels: np.ndarray, scores: np.ndarray, draws: list[np.ndarray]) -> np.ndarray:
    return np.array([measure(labels[rows], scores[rows]) for rows in draws])


@pytest.mark.parametrize("name", OF_SCORES)
def test_a_figure_of_scores_on_draws_is_that_of_each_draw(name: str) -> None:
    one_class = np.flatnonzero(LABELS)  # no negative in it: an AUROC cannot be computed
    draws = [*measures.resamples(ROWS, 40), np.resize(one_class, ROWS), np.resize(np.flatnonzero(LABELS == 0), ROWS)]
    together = on_each(OF_SCORES[name], LABELS, SCORES, draws)
    np.testing.assert_allclose(together, one_by_one(OF_SCORES[name], LABELS, SCORES, draws), rtol=0, atol=1e-14)
    assert np.isnan(together).sum() == {"auroc": 2, "average_precision": 1}.get(name, 0)


@pytest.mark.parametrize("name", OF_ANSWERS)
def test_a_figure_of_answers_on_draws_is_that_of_each_draw(name: str) -> None:
    without_intent = np.resize(np.flatnonzero(CLASSES == evaluation.NO_INTENT), ROWS)
    unanswered = np.resize(np.flatnonzero(ANSWERS[:, 1] == 0), ROWS)
    with_intent = np.resize(np.flatnonzero(CLASSES != evaluation.NO_INTENT), ROWS)
    draws = [*measures.resamples(ROWS, 40), without_intent, with_intent, unanswered]
    together = on_each(OF_ANSWERS[name], CLASSES, ANSWERS, draws)
    np.testing.assert_allclose(together, one_by_one(OF_ANSWERS[name], CLASSES, ANSWERS, draws), rtol=0, atol=1e-14)
    assert np.isnan(together).sum() == {"utility": 0}.get(name, 1)


def test_figures_of_many_aspects_on_draws_are_those_of_each_draw() -> None:
    marks = np.arange(ROWS)[:, None] % np.array([4, 6, ROWS]) == 0  # a draw may lack the third
    logits = np.arange(ROWS)[:, None] * np.array([7, 11, 13]) % 17 / 4.0
    draws = measures.resamples(ROWS, 40)
    for figure, predicted in ((aspects.micro_f1, logits > 3), (aspects.mean_auroc, logits)):
        together = on_each(figure, marks, predicted, draws)
        np.testing.assert_allclose(together, one_by_one(figure, marks, predicted, draws), rtol=0, atol=1e-14)


def test_macro_f1_leaves_out_a_class_that_a_draw_has_no_label_of() -> None:
    labels, predicted = np.array([0, 0, 1, 2]), np.array([0.0, 1.0, 1.0, 0.0])
    draws = [np.array([0, 1, 2, 2]), np.array([3, 3, 3, 3])]
    # labels 0 0 1 1, predicted 0 1 1 1: F1 of 0 is 2/3, of 1 is 4/5; then labels 2, predicted 0: F1 of 2 is 0
    np.testing.assert_allclose(on_each(measures.macro_f1, labels, predicted, draws), [(2 / 3 + 4 / 5) / 2, 0.0])


def test_an_auroc_of_draws_counts_a_tie_as_half_of_a_pair() -> None:
    labels, scores = np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.8, 0.1])
    draws = [np.array([0, 1, 2, 3]), np.array([2, 2, 1, 1]), np.array([0, 0, 2, 2])]
    # 3.5 of 4 pairs as in test_measures; four ties; no negative
    np.testing.assert_array_equal(on_each(measures.auroc, labels, scores, draws), [0.875, 0.5, np.nan])


def test_draws_that_do_not_fit_into_memory_together_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = measures.resamples(ROWS, 7)
    together = on_each(measures.auroc, LABELS, SCORES, draws)
    monkeypatch.setattr(resampling, "MOST_AT_ONCE", 2 * ROWS)
    np.testing.assert_array_equal(on_each(measures.auroc, LABELS, SCORES, draws), together)
    monkeypatch.setattr(resampling, "MOST_AT_ONCE", 1)
    np.testing.assert_array_equal(on_each(measures.auroc, LABELS, SCORES, draws), together)


def test_a_plain_function_is_called_for_each_draw() -> None:
    draws = [np.array([0, 0]), np.array([1, 1])]
    values = on_each(
        lambda labels, scores: float((labels + scores).sum()), np.array([1, 2]), np.array([0.5, 0.0]), draws
    )
    assert values.tolist() == [3.0, 4.0]


def test_a_mean_over_some_rows_of_a_draw_is_nan_where_the_draw_has_none() -> None:
    draws = np.array([[0, 0, 1], [2, 2, 2], [0, 1, 2]])
    means = mean_on_draws(np.array([1.0, 3.0, 7.0]), draws, where=np.array([True, True, False]))
    np.testing.assert_array_equal(means, [5 / 3, np.nan, 2.0])


def test_no_draws_and_no_rows_give_no_figures() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert on_each(measures.auroc, LABELS, SCORES, []).shape == (0,)
    assert np.isnan(on_each(measures.auroc, nothing, nothing, [nothing])).all()
