"""Calibration of log-odds by Platt's method, only where it helps."""

import numpy as np
import pytest

from footfall.models.common.logistic import helps, platt, sigmoid

HONEST = np.linspace(-4, 4, 4001)
RANKS = (np.arange(4001) * 0.6180339887) % 1  # spread evenly over 0 to 1, in no order
LABELS = (sigmoid(HONEST) > RANKS).astype(np.int64)


def test_overconfident_log_odds_are_calibrated_and_honest_ones_left_alone() -> None:
    slope, _ = platt(LABELS, 3 * HONEST)
    assert slope == pytest.approx(1 / 3, rel=0.05)
    assert helps(LABELS, 3 * HONEST) is not None
    assert helps(LABELS, HONEST) is None


def test_log_odds_that_mislead_are_not_turned_round() -> None:
    assert helps(LABELS, -HONEST) is None
