"""Figures on many bootstrap resamples at once: array work in place of a call for each resample. NumPy only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from footfall.models.common.featureset import Matrix

Figure = Callable[[Any, Any], float]  # of labels and scores: arrays whose first axis are the same rows
Counts = npt.NDArray[np.int64]
Draws = npt.NDArray[np.int64]  # [n_draws, n_rows]: numbers of rows, drawn with replacement
MOST_AT_ONCE = 1 << 20  # rows of resamples in memory at once


@dataclass(frozen=True)
class Measure:
    """A figure of held-out rows. `on_draws` gives float64[n_draws]: up to rounding what `of` gives on the rows of each draw."""

    of: Figure
    on_draws: Callable[[Any, Any, Draws], Matrix]

    def __call__(self, labels: Any, scores: Any) -> float:
        """The figure of all rows."""
        return self.of(labels, scores)

    def negative(self) -> Measure:
        """The same with the other sign, for a loss that is to be a gain."""
        return Measure(lambda y, p: -self.of(y, p), lambda y, p, draws: -self.on_draws(y, p, draws))


def measure(on_draws: Callable[[Any, Any, Draws], Matrix]) -> Callable[[Figure], Measure]:
    """Makes a Measure of the function below it, which gives the figure of all rows."""
    return lambda of: Measure(of, on_draws)


def mean_of(values: Callable[[Any, Any], npt.NDArray[Any]]) -> Measure:
    """The mean of a value of each row: `values(labels, scores)` is [n_rows], each from its own row alone."""
    return Measure(
        lambda labels, scores: float(np.mean(values(labels, scores))),
        lambda labels, scores, draws: mean_on_draws(values(labels, scores), draws),
    )


def on_each(metric: Figure, labels: Any, scores: Any, draws: Sequence[Counts]) -> Matrix:
    """float64[n_draws]: the metric on the rows of each draw; a call for each where it is a plain function."""
    if not isinstance(metric, Measure):
        return np.array([metric(labels[rows], scores[rows]) for rows in draws], dtype=np.float64)
    step = max(MOST_AT_ONCE // max(len(labels), 1), 1)
    parts = [metric.on_draws(labels, scores, np.stack(draws[at : at + step])) for at in range(0, len(draws), step)]
    return np.concatenate([*parts, np.empty(0)])


def mean_on_draws(values: npt.NDArray[Any], draws: Draws, where: npt.NDArray[np.bool_] | None = None) -> Matrix:
    """The mean of `values` [n_rows] over each draw, or over its rows that `where` says; NaN where it has none of them."""
    if where is None:
        return np.asarray(values[draws].mean(axis=1, dtype=np.float64))
    return ratio(np.where(where, values, 0.0)[draws].sum(axis=1), where[draws].sum(axis=1))


def auroc_on_draws(labels: Counts, scores: Matrix, draws: Draws) -> Matrix:
    """Share of (positive, negative) pairs in which the positive scores higher, by counting; NaN with one class."""
    negatives, positives = _by_score(labels, scores, draws)
    below = np.cumsum(negatives, axis=1) - negatives
    twice_won = (positives * (2 * below + negatives)).sum(axis=1)
    return ratio(twice_won, 2 * positives.sum(axis=1) * negatives.sum(axis=1))


def average_precision_on_draws(labels: Counts, scores: Matrix, draws: Draws) -> Matrix:
    """Precision averaged over the steps in recall, rows of equal score taken together; NaN without positives."""
    negatives, positives = (counts[:, ::-1] for counts in _by_score(labels, scores, draws))
    hits = np.cumsum(positives, axis=1)
    taken = hits + np.cumsum(negatives, axis=1)
    total = hits[:, -1] if hits.shape[1] else np.zeros(len(draws))
    return ratio((positives * (hits / np.maximum(taken, 1))).sum(axis=1), total)


def macro_f1_on_draws(labels: Counts, classes: npt.NDArray[Any], draws: Draws, where: Any = None) -> Matrix:
    """Mean F1 of the classes that occur among a draw's labels, of its rows that `where` says; NaN where it has none."""
    names, codes = np.unique(np.concatenate([labels, classes]), return_inverse=True)
    truth, predicted = codes[: len(labels)], codes[len(labels) :]
    is_hit = truth == predicted
    chosen = np.ones(len(labels), dtype=bool) if where is None else where
    label_counts, predicted_counts, hits = (
        _counts(np.where(rows & chosen, of, len(names)), len(names) + 1, draws)[:, :-1]
        for rows, of in ((True, truth), (True, predicted), (is_hit, truth))
    )
    occurs = label_counts > 0
    f1 = np.divide(2.0 * hits, label_counts + predicted_counts, out=np.zeros(hits.shape), where=occurs)
    return ratio(f1.sum(axis=1), occurs.sum(axis=1))


def ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> Matrix:
    """`above` / `below`; NaN where below is 0."""
    quotient: Matrix = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below != 0)
    return quotient


def _by_score(labels: Counts, scores: Matrix, draws: Draws) -> tuple[Counts, Counts]:
    """(negatives, positives), int64[n_draws, n_scores] each: how many of a draw have each score, the scores rising."""
    levels, places = np.unique(scores, return_inverse=True)
    counts = _counts(2 * places + (labels == 1), 2 * len(levels), draws).reshape(len(draws), len(levels), 2)
    return counts[:, :, 0], counts[:, :, 1]


def _counts(codes: npt.NDArray[np.int64], kinds: int, draws: Draws) -> Counts:
    """int64[n_draws, kinds]: how many rows of each draw have each code from 0 to kinds - 1."""
    offsets = kinds * np.arange(len(draws))[:, None]
    return np.bincount((codes[draws] + offsets).ravel(), minlength=kinds * len(draws)).reshape(len(draws), kinds)
