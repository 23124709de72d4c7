"""Groups matched to those of an earlier fit by shared members, so that numbers stay with a group. Pure, no Spark."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from footfall.models.common.measures import Labels

Mask = npt.NDArray[np.bool_]


def keep_numbers(groups: Labels, former: Labels, *, by_size: Sequence[int], used: Sequence[int] = ()) -> list[int]:
    """For each group its number: that of the former group it is matched with, where they share members.

    The matching has the greatest sum of shared members over union (Jaccard), by SciPy's linear_sum_assignment. `groups` and
    `former` are the same people's places (0 ... k-1) now and former numbers; `by_size` lists the places in the order in which
    groups without a forerunner take the smallest numbers that are free: not among `former`, nor among `used`, which former
    groups bear that have no members now.
    """
    known = [int(number) for number in np.unique(former)]
    shares = np.array([[overlap(groups == place, former == number) for number in known] for place in by_size])
    numbers: dict[int, int] = {}
    if shares.size:
        for row, column in zip(*linear_sum_assignment(shares, maximize=True), strict=True):
            if shares[row, column] > 0:
                numbers[by_size[row]] = known[column]
    free = (number for number in count() if number not in {*known, *used})
    for place in by_size:
        if place not in numbers:
            numbers[place] = next(free)
    return [numbers[place] for place in sorted(numbers)]


def overlap(members: Mask, other: Mask) -> float:
    """Members of both over members of either; 0 where neither has any."""
    return float((members & other).sum() / max((members | other).sum(), 1))
