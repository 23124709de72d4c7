"""What clauses with labels teach about aspects: a head over vectors, and how much it counts beside the list. Pure; no Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from footfall.models.featureset import Matrix
from footfall.models.text_head import Softmax

FEWEST_CLAUSES = 200  # labelled; with fewer the list and its votes are trusted alone
FEWEST_SAID = 15  # clauses that must speak of an aspect
FOLDS = 5
STRENGTH, STRENGTH_OF_EVIDENCE = 3e-3, 10.0  # scikit-learn's C
MOST_ROUNDS = 500
SEED = 17
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledClauses:
    """n clauses with what they speak of, from outside; `vectors` float[n, dim]."""

    clauses: Sequence[str]
    vectors: Matrix
    aspects: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.clauses)

    @property
    def named(self) -> tuple[str, ...]:
        """The aspects that they speak of, in order of their names."""
        return tuple(sorted({aspect for said in self.aspects for aspect in said}))

    def marks(self, aspects: Sequence[str]) -> Marks:
        """bool[n, n_aspects]."""
        return np.array([[aspect in said for aspect in aspects] for said in self.aspects])

    def at(self, chosen: Marks) -> LabelledClauses:
        """Those that `chosen`, bool[n], says."""
        places = np.flatnonzero(chosen).tolist()
        return LabelledClauses(
            [self.clauses[i] for i in places], self.vectors[places], [self.aspects[i] for i in places]
        )


@dataclass(frozen=True)
class Seen:
    """What else is known of n clauses, float64[n, n_aspects] each."""

    listed: Matrix  # 1 where a word of the list is there
    of_others: Matrix  # 1 where a word of another aspect is there
    voted: Matrix  # log-odds of the head that learnt from the list's votes; 0 where it had too few to learn from

    def of(self, aspects: Sequence[int]) -> Seen:
        """The columns of some aspects."""
        return Seen(*(table[:, list(aspects)] for table in (self.listed, self.of_others, self.voted)))


@dataclass(frozen=True)
class TaughtAspects:
    """log-odds = shift + weights @ evidence, of the aspects that enough labels speak of, for all of them alike."""

    aspects: tuple[str, ...]
    head: Softmax  # over vectors, yes or no an aspect
    weights: tuple[float, ...]
    shift: float

    def log_odds(self, vectors: Matrix, seen: Seen) -> Matrix:
        """float64[n, n_aspects of ours]; `seen` has the same aspects."""
        evidence = _evidence(self.head.logits(vectors), seen)
        return np.asarray(evidence @ np.array(self.weights)) + self.shift

    def as_json(self) -> dict[str, Any]:
        """Names and numbers; no word of a clause."""
        return {
            "aspects": list(self.aspects),
            "head": self.head.as_json(),
            "weights": list(self.weights),
            "shift": self.shift,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> TaughtAspects:
        """What `as_json` told."""
        return cls(tuple(told["aspects"]), Softmax.from_json(told["head"]), tuple(told["weights"]), told["shift"])


def teachable(labelled: LabelledClauses, *, aspects: Sequence[str]) -> tuple[str, ...]:
    """Those of `aspects` that enough clauses speak of, and enough do not; none where labelled clauses are few."""
    if len(labelled) < FEWEST_CLAUSES:
        return ()
    said = labelled.marks(aspects).sum(axis=0)
    enough = np.minimum(said, len(labelled) - said) >= FEWEST_SAID
    return tuple(aspect for aspect, is_enough in zip(aspects, enough, strict=True) if is_enough)


def taught_by(
    labelled: LabelledClauses, *, aspects: Sequence[str], seen: Seen, middle: Matrix, spread: Matrix
) -> TaughtAspects:
    """Fits both to `aspects`, as `seen` has them of the labelled clauses; vectors are standardised by `middle` and `spread`.

    How much the head counts is learnt from what it says of clauses that it was not fitted on.
    """
    marks, inputs = labelled.marks(aspects), (labelled.vectors - middle) / spread
    aside = np.empty(marks.shape)
    for fitted, kept in KFold(FOLDS, shuffle=True, random_state=SEED).split(inputs):
        aside[kept] = _head(inputs[fitted], marks[fitted]).logits(inputs[kept])
    mixed = LogisticRegression(C=STRENGTH_OF_EVIDENCE, max_iter=MOST_ROUNDS)
    evidence = _evidence(aside, seen)
    mixed.fit(evidence.reshape(-1, evidence.shape[-1]), marks.ravel())
    return TaughtAspects(
        aspects=tuple(aspects),
        head=_head(inputs, marks).over_raw(middle, spread),
        weights=tuple(mixed.coef_[0].tolist()),
        shift=float(mixed.intercept_[0]),
    )


def _evidence(taught: Matrix, seen: Seen) -> Matrix:
    """float64[n, n_aspects, n_weights]."""
    listed, voted = seen.listed, seen.voted
    return np.stack([listed, seen.of_others, voted, listed * voted, taught, listed * taught], axis=-1)


def _head(inputs: Matrix, marks: Marks) -> Softmax:
    fitted = [
        LogisticRegression(C=STRENGTH, max_iter=MOST_ROUNDS).fit(inputs, marks[:, i]) for i in range(marks.shape[1])
    ]
    return Softmax(np.stack([one.coef_[0] for one in fitted]), np.array([float(one.intercept_[0]) for one in fitted]))
