"""How good predictions are, and how sure that is: scikit-learn's measures with bootstrap intervals. Pure.

scikit-learn is imported where it is used: its import takes a second, and a job that has nothing to train needs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from footfall.models.common.featureset import Matrix
from footfall.models.common.resampling import (
    Draws,
    Figure,
    auroc_on_draws,
    average_precision_on_draws,
    macro_f1_on_draws,
    mean_of,
    mean_on_draws,
    measure,
    on_each,
)

Labels = npt.NDArray[np.int64]
LEAST = float(np.finfo(np.float64).eps)  # a probability of 0 counts as this much in log loss, as in scikit-learn


@dataclass(frozen=True)
class Interval:
    """A figure with its 95% bootstrap interval (percentiles of resamples of the held-out rows)."""

    value: float
    low: float
    high: float


@measure(auroc_on_draws)
def auroc(labels: Labels, scores: Matrix) -> float:
    """Share of (positive, negative) pairs in which the positive scores higher; ties count half. NaN with one class."""
    from sklearn import metrics

    return float(metrics.roc_auc_score(labels, scores)) if 0 < labels.sum() < len(labels) else float("nan")


@measure(average_precision_on_draws)
def average_precision(labels: Labels, scores: Matrix) -> float:
    """Precision averaged over the steps in recall, rows of equal score taken together. NaN without positives."""
    from sklearn import metrics

    return float(metrics.average_precision_score(labels, scores)) if labels.sum() else float("nan")


@mean_of
def brier(labels: Labels, probabilities: Matrix) -> Matrix:
    """Squared distance between probability and outcome, of each row; the measure is their mean."""
    return (probabilities - labels) ** 2


def _log_loss_on_draws(labels: Labels, probabilities: Matrix, draws: Draws) -> Matrix:
    of_truth = np.where(labels == 1, probabilities, 1 - probabilities)
    return mean_on_draws(-np.log(np.clip(of_truth, LEAST, 1 - LEAST)), draws)


@measure(_log_loss_on_draws)
def log_loss(labels: Labels, probabilities: Matrix) -> float:
    """Mean negative log-likelihood, in nats."""
    from sklearn import metrics

    return float(metrics.log_loss(labels, probabilities, labels=[0, 1]))


@mean_of
def accuracy(labels: Labels, probabilities: Matrix) -> npt.NDArray[np.bool_]:
    """Whether the likelier class is the true one, of each row; the measure is the share of such rows."""
    return np.asarray((probabilities >= 0.5) == (labels == 1))


@mean_of
def agreement(labels: Labels, classes: Matrix) -> npt.NDArray[np.bool_]:
    """Whether a row's class was predicted; the measure is the share of such rows. `classes` are numbers of classes."""
    return np.asarray(labels == classes)


@measure(macro_f1_on_draws)
def macro_f1(labels: Labels, classes: Matrix) -> float:
    """Mean F1 of the classes that occur among the labels, each counting alike."""
    from sklearn import metrics

    return float(metrics.f1_score(labels, classes, average="macro", labels=np.unique(labels), zero_division=0.0))


def calibration(labels: Labels, probabilities: Matrix, *, bins: int = 10) -> list[dict[str, float]]:
    """Rows in bins of equal size by probability: mean probability, observed share and count of each."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [
        {"predicted": float(probabilities[p].mean()), "observed": float(labels[p].mean()), "count": len(p)}
        for p in parts
    ]


def calibration_error(labels: Labels, probabilities: Matrix) -> float:
    """Mean distance of predicted and observed over the bins of `calibration`, weighted by their rows."""
    bins = calibration(labels, probabilities)
    return sum(b["count"] * abs(b["predicted"] - b["observed"]) for b in bins) / max(len(labels), 1)


def calibration_by_chance(labels: Labels, probabilities: Matrix) -> float:
    """The `calibration_error` to expect of perfectly honest probabilities, from so few rows a bin."""
    bins = calibration(labels, probabilities)
    spread = [np.sqrt(2 / np.pi * b["predicted"] * (1 - b["predicted"]) / b["count"]) for b in bins]
    return float(sum(b["count"] * s for b, s in zip(bins, spread, strict=True)) / max(len(labels), 1))


def gain_curve(labels: Labels, scores: Matrix, *, points: int = 100) -> list[dict[str, float]]:
    """Of all positives, the share found among the highest scores, for each share of people contacted."""
    hits = np.cumsum(labels[np.argsort(-scores, kind="stable")])
    shares = np.linspace(0, 1, points + 1)
    taken = np.round(shares * len(labels)).astype(int)
    return [
        {"contacted": float(s), "found": float(hits[n - 1] / hits[-1]) if n else 0.0}
        for s, n in zip(shares, taken, strict=True)
    ]


def intervals(
    labels: Labels, scores: Matrix, measures: Mapping[str, Figure], *, rounds: int, seed: int = 17
) -> dict[str, Interval]:
    """Each measure with its interval; all measures see the same resamples."""
    draws = resamples(len(labels), rounds, seed)
    return {name: interval_of(m(labels, scores), on_each(m, labels, scores, draws)) for name, m in measures.items()}


def gain(labels: Labels, ours: Matrix, others: Mapping[str, Matrix], *, rounds: int, seed: int = 17) -> Interval:
    """AUROC beyond the best of the others, on the same resamples for all (a paired difference)."""
    return paired_gain(auroc, labels, ours, list(others.values()), resamples(len(labels), rounds, seed))


def paired_gain(metric: Figure, outcomes: Any, ours: Any, rivals: Sequence[Any], draws: Sequence[Labels]) -> Interval:
    """The metric beyond that of the best rival, on the same resamples for all."""
    value = metric(outcomes, ours) - max(metric(outcomes, rival) for rival in rivals)
    best = np.max([on_each(metric, outcomes, rival, draws) for rival in rivals], axis=0)
    return interval_of(value, on_each(metric, outcomes, ours, draws) - best)


def flat(figures: Mapping[str, Interval]) -> dict[str, float]:
    """`name`, `name_low` and `name_high` of each, as MLflow wants them; what could not be computed is left out."""
    every = {
        f"{n}{end}": v for n, i in figures.items() for end, v in (("", i.value), ("_low", i.low), ("_high", i.high))
    }
    return {name: value for name, value in every.items() if not np.isnan(value)}


def resamples(rows: int, rounds: int, seed: int = 17) -> list[npt.NDArray[np.int64]]:
    """`rounds` draws of row numbers with replacement, each as long as the rows."""
    generator = np.random.default_rng(seed)
    return [generator.integers(0, rows, rows) for _ in range(rounds)]


def interval_of(value: float, resampled: npt.ArrayLike) -> Interval:
    """The value with the middle 95% of its resampled values; NaN ends where none could be computed."""
    every = np.asarray(resampled, dtype=np.float64)
    values = every[~np.isnan(every)]
    if not len(values):
        return Interval(value, float("nan"), float("nan"))
    return Interval(value, float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975)))
