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
from footfall.models.common.ngrams import NGrams
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
    matrix = as_matrix(vectors, None)
    logits = {part: np.zeros((len(texts), len(classes))) for part in parts}
    for fitted, others in StratifiedKFold(FOLDS).split(np.zeros(len(texts)), codes):
        ngrams = NGrams.fit(texts[row] for row in fitted)
        inputs = _inputs(parts, ngrams, texts, matrix)
        for part in parts:
            half = fit_softmax(inputs[part][fitted], codes[fitted], strength[part])
            logits[part][others] = half.logits(inputs[part][others])
    scales, shifts = fit_blend([logits[part] for part in parts], codes)
    ngrams = NGrams.fit(texts)
    inputs = _inputs(parts, ngrams, texts, matrix)
    fitted_parts = {part: fit_softmax(inputs[part], codes, strength[part]) for part in parts}
    head = summed(fitted_parts, scales, shifts, classes=classes, ngrams=ngrams if NGRAMS in parts else None)
    total = sum(scale * logits[part] for part, scale in zip(parts, scales, strict=True))
    return OnFolds(head, np.asarray(softmax(total + shifts, axis=1)))


def _inputs(
    parts: Sequence[str], ngrams: NGrams, texts: Sequence[str], vectors: Matrix
) -> dict[str, Matrix | csr_matrix]:
    """What each part reads of every text."""
    return {part: vectors if part == VECTORS else ngrams.transform(texts) for part in parts}
