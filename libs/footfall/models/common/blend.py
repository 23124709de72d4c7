"""Sums the log-odds of several models so that the probabilities are honest: one weight a model, one shift a class. NumPy, SciPy.

One model alone is thereby calibrated: its weight is the inverse of what is known as temperature.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels

PULL = 1e-3  # towards an equal sum without shifts, so that few texts settle for something plain


def fit_blend(parts: Sequence[Matrix], labels: Labels, *, weights: Matrix | None = None) -> tuple[Matrix, Matrix]:
    """(scales[n_parts], shifts[n_classes]) by which sum(scale * logits) + shift has the least log loss.

    `parts` are logits float64[n, n_classes] of texts that they were not fitted on, `labels` int[n] the classes. No
    scale is negative: a part that misleads gets none.
    """
    stacked = np.stack(parts)  # [n_parts, n, n_classes]
    count, _, classes = stacked.shape
    each = np.ones(len(labels)) if weights is None else weights
    each = each / each.sum()
    hits = np.zeros(stacked.shape[1:])
    hits[np.arange(len(labels)), labels] = 1.0
    plain = np.r_[np.full(count, 1.0 / count), np.zeros(classes)]

    def loss(parameters: Matrix) -> tuple[float, Matrix]:
        logits = np.tensordot(parameters[:count], stacked, axes=1) + parameters[count:]
        log_probabilities = log_softmax(logits, axis=1)
        wrong = (np.exp(log_probabilities) - hits) * each[:, None]
        slope = np.r_[np.tensordot(stacked, wrong, axes=([1, 2], [0, 1])), wrong.sum(axis=0)]
        away = parameters - plain
        return float(-(each * log_probabilities[hits == 1]).sum() + PULL * away @ away), slope + 2 * PULL * away

    bounds = [(0.0, None)] * count + [(None, None)] * classes
    fitted = minimize(loss, plain, jac=True, method="L-BFGS-B", bounds=bounds).x
    return fitted[:count], fitted[count:] - fitted[count:].mean()


def balanced(labels: Labels, shares: npt.ArrayLike) -> Matrix:
    """Weights float64[n] that make the classes as common as `shares` says, whatever they are among the labels."""
    wanted = np.asarray(shares, dtype=np.float64)
    there = np.bincount(labels, minlength=len(wanted))
    each = np.divide(wanted, there, out=np.zeros_like(wanted), where=there > 0)
    weights: Matrix = each[labels] / each[labels].mean()
    return weights
