"""A head over vectors and n-grams where labelled texts are few: every text is fitted on and calibrated on. NumPy, scikit-learn.

`text_head.fit_head` sets texts aside to calibrate; here each fold takes its turn at that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.special import softmax
from sklearn.model_selection import StratifiedKFold

from footfall.models.common.blend import fit_blend
from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels
from footfall.models.common.ngrams import NGrams, ngram_counts
from footfall.models.common.text_head import NGRAMS, PARTS, STRENGTH, VECTORS, TextHead, as_matrix, fit_softmax, summed

FOLDS = 5


@dataclass(frozen=True)
class OnFolds:
    """A head fitted on all texts, and what heads that had not seen a text said of it."""

    head: TextHead
    unseen: Matrix  # float64[n_texts, n_classes], rows summing to 1


def fit_on_folds(
    texts: Sequence[str],
    vectors: npt.ArrayLike,
    codes: Labels,
    *,
    classes: Sequence[str],
    parts: Sequence[str] = PARTS,
    strength: Mapping[str, float] = STRENGTH,
) -> OnFolds:
    """Fits the parts on all texts; their weights and shifts are fitted on what each fold's parts said of the others.

    `texts` are normalised and in an order that says nothing of them, `vectors` [n_texts, dim], `codes` int64[n_texts] the
    place of each label in `classes`; every class has at least FOLDS texts. `unseen` is calibrated on itself, by one number
    a part and one a class.
    """
    return fit_all_on_folds(texts, vectors, codes, classes=classes, variants={"only": parts}, strength=strength)["only"]


def fit_all_on_folds(
    texts: Sequence[str],
    vectors: npt.ArrayLike,
    codes: Labels,
    *,
    classes: Sequence[str],
    variants: Mapping[str, Sequence[str]],
    strength: Mapping[str, float] = STRENGTH,
) -> dict[str, OnFolds]:
    """`fit_on_folds` for each of `variants`, the parts by name; a part that several read is fitted once."""
    every = np.arange(len(texts))
    read = {part for parts in variants.values() for part in parts}
    reader = _Reader(as_matrix(vectors, None), ngram_counts(texts) if NGRAMS in read else None)
    wanted = [part for part in PARTS if part in read]
    logits = {part: np.zeros((len(texts), len(classes))) for part in wanted}
    for rows, others in StratifiedKFold(FOLDS).split(np.zeros(len(texts)), codes):
        ngrams = reader.ngrams(rows)
        for part in wanted:
            half = fit_softmax(reader.inputs(part, ngrams, rows), codes[rows], strength[part])
            logits[part][others] = half.logits(reader.inputs(part, ngrams, others))
    ngrams = reader.ngrams(every)
    fitted = {part: fit_softmax(reader.inputs(part, ngrams, every), codes, strength[part]) for part in wanted}
    on_folds = {}
    for name, parts in variants.items():
        scales, shifts = fit_blend([logits[part] for part in parts], codes)
        head = summed({part: fitted[part] for part in parts}, scales, shifts, classes=classes, ngrams=ngrams)
        total = sum(scale * logits[part] for part, scale in zip(parts, scales, strict=True))
        on_folds[name] = OnFolds(head, np.asarray(softmax(total + shifts, axis=1)))
    return on_folds


@dataclass(frozen=True)
class _Reader:
    """What each part reads of the texts: float64[n_texts, dim], and `ngram_counts` where n-grams are read."""

    vectors: Matrix
    counts: csr_matrix | None

    def ngrams(self, rows: npt.NDArray[np.int64]) -> NGrams | None:
        """The n-grams of these texts."""
        return None if self.counts is None else NGrams.of_counts(self.counts[rows])

    def inputs(self, part: str, ngrams: NGrams | None, rows: npt.NDArray[np.int64]) -> Matrix | csr_matrix:
        """What the part reads of these texts."""
        if part == VECTORS or ngrams is None or self.counts is None:
            return self.vectors[rows]
        return ngrams.weighted(self.counts[rows])
