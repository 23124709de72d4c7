"""Aspects learnt from labelled clauses: heads over vectors and n-grams, and how much they count beside the list. No Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from footfall.errors import DataError
from footfall.models.common.binary_heads import Marks, Net, mean_logits, one_for_each, small_nets
from footfall.models.common.featureset import Matrix
from footfall.models.common.ngrams import NGrams
from footfall.models.common.text_head import NGRAMS, STRENGTH, Softmax

FEWEST_CLAUSES = 200  # labelled; with fewer the list and its votes are trusted alone
FEWEST_MENTIONS = (
    45  # clauses that must speak of an aspect: four fifths of four fifths of them mostly suffice for a head
)
FOLDS = 5
STRENGTH_OF_EVIDENCE = 10.0  # scikit-learn's C
MOST_ROUNDS = 500
SEED = 17


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
        return tuple(sorted({aspect for named in self.aspects for aspect in named}))

    def marks(self, aspects: Sequence[str]) -> Marks:
        """bool[n, n_aspects]."""
        return np.array([[aspect in named for aspect in aspects] for named in self.aspects])

    def at(self, chosen: Marks) -> LabelledClauses:
        """Those that `chosen`, bool[n], says."""
        places = np.flatnonzero(chosen).tolist()
        return LabelledClauses(
            [self.clauses[i] for i in places], self.vectors[places], [self.aspects[i] for i in places]
        )


@dataclass(frozen=True)
class ClauseEvidence:
    """What else is known of n clauses, float64[n, n_aspects] each."""

    listed: Matrix  # 1 where a word of the list is there
    of_others: Matrix  # 1 where a word of another aspect is there
    voted: Matrix  # log-odds of the head that learnt from the list's votes; 0 where it had too few to learn from

    def of(self, aspects: Sequence[int]) -> ClauseEvidence:
        """The columns of some aspects."""
        return ClauseEvidence(*(table[:, list(aspects)] for table in (self.listed, self.of_others, self.voted)))


@dataclass(frozen=True)
class Heads:
    """What the clause itself says of each aspect, yes or no, learnt from labels: by its vector, and by its n-grams."""

    nets: tuple[Net, ...]
    ngrams: NGrams
    of_ngrams: Softmax

    def logits(self, clauses: Sequence[str], vectors: Matrix) -> Matrix:
        """float64[2, n, n_aspects]."""
        return np.stack([mean_logits(self.nets, vectors), self.of_ngrams.logits(self.ngrams.transform(clauses))])

    def as_json(self) -> dict[str, Any]:
        """Numbers alone."""
        nets = [net.as_json() for net in self.nets]
        return {"nets": nets, "ngrams": self.ngrams.as_json(), "of_ngrams": self.of_ngrams.as_json()}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Heads:
        """The value whose `as_json` these fields are."""
        nets = tuple(Net.from_json(net) for net in fields["nets"])
        return cls(nets, NGrams.from_json(fields["ngrams"]), Softmax.from_json(fields["of_ngrams"]))


@dataclass(frozen=True)
class SupervisedAspects:
    """log-odds = shift + weights @ evidence, of the aspects that enough labels speak of, for all of them alike."""

    aspects: tuple[str, ...]
    heads: Heads
    weights: tuple[float, ...]
    shift: float

    def log_odds(self, clauses: Sequence[str], vectors: Matrix, evidence: ClauseEvidence) -> Matrix:
        """float64[n, n_aspects of ours]; `evidence` has the same aspects."""
        weighted = _weighted(self.heads.logits(clauses, vectors), evidence)
        return np.asarray(weighted @ np.array(self.weights)) + self.shift

    def as_json(self) -> dict[str, Any]:
        """Names and numbers; no word of a clause."""
        return {
            "aspects": list(self.aspects),
            "heads": self.heads.as_json(),
            "weights": list(self.weights),
            "shift": self.shift,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> SupervisedAspects:
        """The value whose `as_json` these fields are; raises DataError where an older footfall wrote it."""
        if "heads" not in fields:
            raise DataError("the aspects model is of an older footfall.", fix="Run jobs/train.py --model aspects.")
        return cls(
            tuple(fields["aspects"]), Heads.from_json(fields["heads"]), tuple(fields["weights"]), fields["shift"]
        )


def teachable(labelled: LabelledClauses, *, aspects: Sequence[str]) -> tuple[str, ...]:
    """Those of `aspects` that enough clauses speak of, and enough do not; none where labelled clauses are few."""
    if len(labelled) < FEWEST_CLAUSES:
        return ()
    counts = labelled.marks(aspects).sum(axis=0)
    enough = np.minimum(counts, len(labelled) - counts) >= FEWEST_MENTIONS
    return tuple(aspect for aspect, is_enough in zip(aspects, enough, strict=True) if is_enough)


def fit_supervised(
    labelled: LabelledClauses, *, aspects: Sequence[str], evidence: ClauseEvidence, middle: Matrix, spread: Matrix
) -> SupervisedAspects:
    """Fits all to `aspects`, as `evidence` has them of the labelled clauses; vectors are standardised by `middle` and `spread`.

    How much the heads count is learnt from what they say of clauses that they were not fitted on; one net a fold tells
    that well enough.
    """
    marks, inputs = labelled.marks(aspects), (labelled.vectors - middle) / spread
    ngrams = NGrams.fit(labelled.clauses)
    counted = ngrams.transform(labelled.clauses)
    aside = np.empty((2, *marks.shape))
    for fitted, kept in KFold(FOLDS, shuffle=True, random_state=SEED).split(inputs):
        of_ngrams = one_for_each(counted[fitted], marks[fitted], STRENGTH[NGRAMS])
        aside[0, kept] = small_nets(inputs[fitted], marks[fitted], count=1)[0].logits(inputs[kept])
        aside[1, kept] = of_ngrams.logits(counted[kept])
    mixed = LogisticRegression(C=STRENGTH_OF_EVIDENCE, max_iter=MOST_ROUNDS)
    weighted = _weighted(aside, evidence)
    mixed.fit(weighted.reshape(-1, weighted.shape[-1]), marks.ravel())
    nets = tuple(net.over_raw(middle, spread) for net in small_nets(inputs, marks))
    return SupervisedAspects(
        aspects=tuple(aspects),
        heads=Heads(nets, ngrams, one_for_each(counted, marks, STRENGTH[NGRAMS])),
        weights=tuple(mixed.coef_[0].tolist()),
        shift=float(mixed.intercept_[0]),
    )


def _weighted(of_heads: Matrix, evidence: ClauseEvidence) -> Matrix:
    """float64[n, n_aspects, n_weights]; a word of the list changes what everything else counts."""
    listed, (by_vector, by_ngrams) = evidence.listed, of_heads
    heads = [evidence.voted, by_vector, by_ngrams]
    return np.stack([listed, evidence.of_others, *heads, *(listed * head for head in heads)], axis=-1)
