"""How good predictions are, and how sure that is: scikit-learn's measures with bootstrap intervals. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from footfall.models.common.featureset import Matrix

Labels = npt.NDArray[np.int64]
Measure = Callable[[Labels, Matrix], float]


@dataclass(frozen=True)
class Interval:
    """A figure with its 95% bootstrap interval (percentiles of resamples of the held-out rows)."""

    value: float
    low: float
    high: float


def auroc(labels: Labels, scores: Matrix) -> float:
    """Share of (positive, negative) pairs in which the positive scores higher; ties count half. NaN with one class."""
    return float(metrics.roc_auc_score(labels, scores)) if 0 < labels.sum() < len(labels) else float("nan")


def average_precision(labels: Labels, scores: Matrix) -> float:
    """Precision averaged over the steps in recall, rows of equal score taken together. NaN without positives."""
    return float(metrics.average_precision_score(labels, scores)) if labels.sum() else float("nan")


def brier(labels: Labels, probabilities: Matrix) -> float:
    """Mean squared distance between probability and outcome."""
    return float(np.mean((probabilities - labels) ** 2))


def log_loss(labels: Labels, probabilities: Matrix) -> float:
    """Mean negative log-likelihood, in nats."""
    return float(metrics.log_loss(labels, probabilities, labels=[0, 1]))


def accuracy(labels: Labels, probabilities: Matrix) -> float:
    """Share of rows whose likelier class is the true one."""
    return float(np.mean((probabilities >= 0.5) == (labels == 1)))


def agreement(labels: Labels, classes: Matrix) -> float:
    """Share of rows whose class was predicted; `classes` are numbers of classes."""
    return float(np.mean(labels == classes))


def macro_f1(labels: Labels, classes: Matrix) -> float:
    """Mean F1 of the classes that occur among the labels, each counting alike."""
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
    labels: Labels, scores: Matrix, measures: Mapping[str, Measure], *, rounds: int, seed: int = 17
) -> dict[str, Interval]:
    """Each measure with its interval; all measures see the same resamples."""
    draws = resamples(len(labels), rounds, seed)
    return {
        name: interval_of(m(labels, scores), [m(labels[d], scores[d]) for d in draws]) for name, m in measures.items()
    }


def gain(labels: Labels, ours: Matrix, others: Mapping[str, Matrix], *, rounds: int, seed: int = 17) -> Interval:
    """AUROC beyond the best of the others, on the same resamples for all (a paired difference)."""

    def beyond(rows: npt.NDArray[np.int64]) -> float:
        best = max(auroc(labels[rows], other[rows]) for other in others.values())
        return auroc(labels[rows], ours[rows]) - best

    return interval_of(beyond(np.arange(len(labels))), [beyond(rows) for rows in resamples(len(labels), rounds, seed)])


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


def interval_of(value: float, resampled: list[float]) -> Interval:
    """The value with the middle 95% of its resampled values; NaN ends where none could be computed."""
    values = np.array([v for v in resampled if not np.isnan(v)])
    if not len(values):
        return Interval(value, float("nan"), float("nan"))
    return Interval(value, float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975)))
