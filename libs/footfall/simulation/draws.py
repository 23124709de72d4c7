"""Chance that repeats: generators by name and block, and draws that are a function of whom they are about. NumPy only."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]  # of texts and None
_Words = npt.NDArray[np.uint64]

_STEP, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def no_names(count: int) -> Names:
    """So many times None."""
    return np.full(count, None, dtype=object)


def generator(seed: int, stream: str, block: int = 0) -> np.random.Generator:
    """A generator of its own for each stream of each block: what one draws never moves what another draws."""
    key = blake2b(f"{seed}/{stream}/{block}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))


class StoredDraws:
    """Draws that are a function of the seed and of numbers (person, order, line), in whatever order they are asked for.

    So an outcome is the same whatever else happened: two policies can be compared on the same people.
    """

    def __init__(self, seed: int, stream: str, *numbers: Any) -> None:
        with np.errstate(over="ignore"):
            state: Any = np.uint64(_word(f"{seed}/{stream}"))
            for values in numbers:
                state = _mixed(state ^ (np.asarray(values, dtype=np.int64).astype(np.uint64) * _STEP))
        self._state = np.atleast_1d(state)

    def uniform(self, name: str) -> Floats:
        """Draws from 0 to 1 (exclusive), one a row, of their own for each name."""
        with np.errstate(over="ignore"):
            bits = _mixed(self._state + np.uint64(_word(name)))
        return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def normal(self, name: str) -> Floats:
        """Draws of a standard normal distribution, one a row."""
        from scipy.special import ndtri  # not at a job's start

        drawn: Floats = ndtri(np.maximum(self.uniform(name), 2.0**-54))
        return drawn

    def whole(self, name: str, below: Any) -> Ints:
        """Whole numbers from 0, each equally likely, below a bound (a number, or one a row)."""
        drawn: Ints = (self.uniform(name) * below).astype(np.int64)
        return drawn

    def counts(self, name: str, mean: Any) -> Ints:
        """Counts of a geometric distribution that begins at 0, with this mean (a number, or one a row)."""
        stay = np.asarray(mean, dtype=np.float64) / (1.0 + np.asarray(mean, dtype=np.float64))
        share = np.maximum(self.uniform(name), 2.0**-54)
        drawn: Ints = np.floor(np.log(share) / np.log(np.maximum(stay, 1e-12))).astype(np.int64)
        return drawn

    def poisson(self, name: str, mean: Any, most: int = 12) -> Ints:
        """Counts of a Poisson distribution with this small mean (a number, or one a row), `most` at most."""
        share = self.uniform(name)
        term = np.exp(-np.broadcast_to(np.asarray(mean, dtype=np.float64), share.shape))
        below, counts = term.copy(), np.zeros(share.shape, dtype=np.int64)
        for number in range(1, most + 1):
            counts += share >= below
            term = term * mean / number
            below += term
        return counts


def _word(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(state: Any) -> _Words:
    """The finaliser of SplitMix64."""
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    mixed: _Words = state ^ (state >> np.uint64(31))
    return mixed
