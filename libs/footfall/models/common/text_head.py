"""A classifier of texts from their stored vectors and their n-grams: fitted here, kept as numbers. NumPy, scikit-learn.

Vectors know what words mean, n-grams know which words this label goes with; summed they beat either alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from footfall.errors import DataError, TooFew
from footfall.models.common.blend import fit_blend
from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels
from footfall.models.common.ngrams import NGrams, ngram_counts
from footfall.models.common.one_thread import one_thread

VECTORS, NGRAMS = "vectors", "ngrams"
PARTS = (VECTORS, NGRAMS)
STRENGTH = {VECTORS: 1e-3, NGRAMS: 10.0}  # scikit-learn's C, the inverse of the L2 penalty: vectors are standardised
MOST_ROUNDS = 500
TINY = 1e-9
DIGITS = 5


@dataclass(frozen=True)
class Softmax:
    """logits = inputs @ coefficients.T + intercepts, one row of coefficients a class."""

    coefficients: Matrix  # float64[n_classes, n_inputs]
    intercepts: Matrix  # float64[n_classes]

    def logits(self, inputs: Matrix | csr_matrix) -> Matrix:
        """float64[n_rows, n_classes]."""
        return np.asarray(inputs @ self.coefficients.T) + self.intercepts

    def times(self, scale: float) -> Softmax:
        """The same ranking, `scale` times as sure."""
        return Softmax(self.coefficients * scale, self.intercepts * scale)

    def over_raw(self, middle: Matrix, spread: Matrix) -> Softmax:
        """The same logits of inputs as they are, where ours reads them as (inputs - middle) / spread."""
        coefficients = self.coefficients / spread
        return Softmax(coefficients, self.intercepts - coefficients @ middle)

    def as_json(self) -> dict[str, Any]:
        """Coefficients to five decimals."""
        return {
            "coefficients": np.round(self.coefficients, DIGITS).tolist(),
            "intercepts": self.intercepts.tolist(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Softmax:
        """The value whose `as_json` these fields are."""
        return cls(np.array(fields["coefficients"], dtype=np.float64), np.array(fields["intercepts"], dtype=np.float64))


@dataclass(frozen=True)
class TextHead:
    """Probability of each class; a part that is None is not looked at. Calibration is folded into the parts."""

    classes: tuple[str, ...]
    of_vectors: Softmax | None
    of_ngrams: Softmax | None
    ngrams: NGrams | None

    @property
    def dim(self) -> int:
        """Length of the vectors that it reads; 0 where it reads none."""
        return 0 if self.of_vectors is None else int(self.of_vectors.coefficients.shape[1])

    def probability(self, texts: Sequence[str], vectors: npt.ArrayLike) -> Matrix:
        """float64[n_texts, n_classes], rows summing to 1; `texts` are normalised, `vectors` [n_texts, dim].

        Raises DataError where vectors have another length than those that it was fitted on.
        """
        logits = np.zeros((len(texts), len(self.classes)))
        if self.of_vectors is not None and len(texts):
            logits += self.of_vectors.logits(as_matrix(vectors, self.dim))
        if self.of_ngrams is not None and self.ngrams is not None and len(texts):
            logits += self.of_ngrams.logits(self.ngrams.transform(texts))
        return np.asarray(softmax(logits, axis=1))

    def as_json(self) -> dict[str, Any]:
        """All that it is; no word of a text."""
        parts = {"of_vectors": self.of_vectors, "of_ngrams": self.of_ngrams, "ngrams": self.ngrams}
        return {"classes": list(self.classes), **{name: part and part.as_json() for name, part in parts.items()}}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> TextHead:
        """The value whose `as_json` these fields are."""
        vectors, words, ngrams = (fields[name] for name in ("of_vectors", "of_ngrams", "ngrams"))
        return cls(
            tuple(fields["classes"]),
            Softmax.from_json(vectors) if vectors else None,
            Softmax.from_json(words) if words else None,
            NGrams.from_json(ngrams) if ngrams else None,
        )


def fit_head(
    texts: Sequence[str],
    vectors: npt.ArrayLike,
    labels: Sequence[str],
    *,
    classes: Sequence[str],
    kept: npt.NDArray[np.bool_],
    parts: Sequence[str] = PARTS,
    weights: Matrix | None = None,
) -> TextHead:
    """A head fitted on the texts that are not `kept`; how much each part counts, and how sure it may be, on those kept.

    `texts` are normalised, `vectors` [n_texts, dim]; `weights` float64[n_texts] say how much each text counts among
    those kept (all alike where None). Raises TooFew where a class is missing on either side.
    """
    return fit_heads(texts, vectors, labels, classes=classes, kept=kept, variants={"only": parts}, weights=weights)[
        "only"
    ]


def fit_heads(
    texts: Sequence[str],
    vectors: npt.ArrayLike,
    labels: Sequence[str],
    *,
    classes: Sequence[str],
    kept: npt.NDArray[np.bool_],
    variants: Mapping[str, Sequence[str]],
    weights: Matrix | None = None,
) -> dict[str, TextHead]:
    """`fit_head` for each of `variants`, the parts by name; a part that several read is fitted once."""
    codes = _codes(labels, classes, kept)
    wanted = {part for parts in variants.values() for part in parts}
    inputs: dict[str, Matrix | csr_matrix] = {}
    ngrams = None
    if VECTORS in wanted:
        inputs[VECTORS] = as_matrix(vectors, None)
    if NGRAMS in wanted:
        counts = ngram_counts(texts)
        ngrams = NGrams.of_counts(counts[~kept])
        inputs[NGRAMS] = ngrams.weighted(counts)
    fitted = {part: fit_softmax(matrix[~kept], codes[~kept], STRENGTH[part]) for part, matrix in inputs.items()}
    logits = {part: fitted[part].logits(inputs[part][kept]) for part in inputs}
    of_kept = None if weights is None else weights[kept]
    heads = {}
    for name, parts in variants.items():
        scales, shifts = fit_blend([logits[part] for part in parts], codes[kept], weights=of_kept)
        heads[name] = summed({part: fitted[part] for part in parts}, scales, shifts, classes=classes, ngrams=ngrams)
    return heads


def summed(
    fitted: Mapping[str, Softmax], scales: Matrix, shifts: Matrix, *, classes: Sequence[str], ngrams: NGrams | None
) -> TextHead:
    """The head of parts that were fitted apart, each as sure as its scale says; the shifts, one a class, go to the first."""
    scaled = {name: part.times(scale) for (name, part), scale in zip(fitted.items(), scales, strict=True)}
    first = next(iter(scaled))
    scaled[first] = Softmax(scaled[first].coefficients, scaled[first].intercepts + shifts)
    of_ngrams = scaled.get(NGRAMS)
    return TextHead(tuple(classes), scaled.get(VECTORS), of_ngrams, ngrams if of_ngrams else None)


def fit_softmax(inputs: Matrix | csr_matrix, codes: Labels, strength: float) -> Softmax:
    """scikit-learn's logistic regression; dense inputs are standardised first, which is folded into the coefficients."""
    regression = LogisticRegression(C=strength, max_iter=MOST_ROUNDS)
    with one_thread():
        if isinstance(inputs, csr_matrix):
            return _softmax_of(regression.fit(inputs, codes))
        middle, spread = inputs.mean(axis=0), inputs.std(axis=0) + TINY
        return _softmax_of(regression.fit((inputs - middle) / spread, codes)).over_raw(middle, spread)


def _softmax_of(fitted: LogisticRegression) -> Softmax:
    """One row of coefficients a class; of two classes scikit-learn keeps the difference alone."""
    if len(fitted.coef_) > 1:
        return Softmax(fitted.coef_, fitted.intercept_)
    return Softmax(np.vstack([-fitted.coef_, fitted.coef_]) / 2, np.r_[-fitted.intercept_, fitted.intercept_] / 2)


def _codes(labels: Sequence[str], classes: Sequence[str], kept: npt.NDArray[np.bool_]) -> Labels:
    """int64[n]: the place of each label among the classes."""
    place = {name: number for number, name in enumerate(classes)}
    codes = np.array([place.get(label, -1) for label in labels], dtype=np.int64)
    sides = {"fit on": codes[~kept], "calibrate on": codes[kept]}
    lacking = [f"{name} to {side}" for side, some in sides.items() for name, n in place.items() if n not in some]
    if lacking or (codes < 0).any():
        unknown = sorted({label for label, code in zip(labels, codes, strict=True) if code < 0})
        faults = ", ".join([*(f"no {label}" for label in lacking), *(f"unknown label {label}" for label in unknown)])
        raise TooFew(
            f"the labelled texts do not hold what a model of {', '.join(classes)} needs: {faults}.",
            fix="Map more labelled texts: each class needs a few dozen that have vectors.",
        )
    return codes


def as_matrix(vectors: npt.ArrayLike, dim: int | None) -> Matrix:
    """float64[n, dim]."""
    rows = [np.asarray(v, dtype=np.float64) for v in vectors]  # type: ignore[union-attr]
    sizes = sorted({len(row) for row in rows})
    if len(sizes) > 1 or (dim is not None and sizes not in ([], [dim])):
        raise DataError(
            f"a model over vectors of {dim or sizes[0]} numbers was given vectors of {', '.join(map(str, sizes))}.",
            fix="Use vectors of the encoder that it was trained on.",
        )
    return np.stack(rows) if rows else np.empty((0, dim or 0))
