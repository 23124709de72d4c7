"""Logistic regression kept as numbers, and its calibration. `spark_logistic` fits it. No Spark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels, log_loss


@dataclass(frozen=True)
class Linear:
    """log-odds = inputs @ coefficients + intercept."""

    coefficients: tuple[float, ...]
    intercept: float

    def log_odds(self, inputs: Matrix) -> Matrix:
        """float64[n_rows] for float64[n_rows, n_features]."""
        log_odds: Matrix = inputs @ np.array(self.coefficients) + self.intercept
        return log_odds

    def probability(self, inputs: Matrix) -> Matrix:
        """float64[n_rows] in 0 to 1."""
        return sigmoid(self.log_odds(inputs))

    def stretched(self, slope: float, shift: float) -> Linear:
        """The same ranking with log-odds `slope * log-odds + shift`: a Platt calibration, folded in."""
        return Linear(tuple(slope * c for c in self.coefficients), slope * self.intercept + shift)


def sigmoid(log_odds: Matrix) -> Matrix:
    """The probability of log-odds; never overflows."""
    probability: Matrix = 0.5 * (1.0 + np.tanh(0.5 * log_odds))
    return probability


def platt(labels: Labels, log_odds: Matrix) -> tuple[float, float]:
    """(slope, shift) by which log-odds fit the labels best: scikit-learn's logistic regression on one input, without penalty."""
    fitted = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(log_odds[:, None], labels)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def helps(labels: Labels, log_odds: Matrix, *, least_gain: float = 0.01) -> tuple[float, float] | None:
    """A Platt calibration fitted on every other row, if it lowers the log loss of the rest by the share `least_gain`."""
    mine, other = slice(0, None, 2), slice(1, None, 2)
    if min(labels[mine].sum(), (1 - labels[mine]).sum(), len(labels[other])) < 20:
        return None
    slope, shift = platt(labels[mine], log_odds[mine])
    before = log_loss(labels[other], sigmoid(log_odds[other]))
    after = log_loss(labels[other], sigmoid(slope * log_odds[other] + shift))
    return platt(labels, log_odds) if slope > 0 and after < before * (1 - least_gain) else None
