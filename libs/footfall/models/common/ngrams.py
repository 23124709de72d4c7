"""Character n-grams as numbers: hashed, so that a model file holds no word of anybody's text. NumPy, SciPy, scikit-learn.

They need no list of words, so Chinese and English are read alike, and a misspelt word still shares most of its n-grams.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import normalize

BUCKETS = 1 << 20
LONGEST = 4
LEAST_TEXTS = 2  # an n-gram of one text alone says nothing of others


@dataclass(frozen=True)
class NGrams:
    """TF-IDF of hashed n-grams of 1 to `longest` characters, sublinear, rows of length 1.

    `used` are the buckets that count, rising; `idf` is what each weighs. An n-gram that was in fewer than LEAST_TEXTS
    texts when it was fitted counts for nothing.
    """

    longest: int
    used: npt.NDArray[np.int64]
    idf: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, texts: Iterable[str], *, longest: int = LONGEST) -> NGrams:
        """The n-grams of `texts`, which are normalised (`footfall.text.normal`)."""
        return cls.of_counts(ngram_counts(texts, longest=longest), longest=longest)

    @classmethod
    def of_counts(cls, counts: csr_matrix, *, longest: int = LONGEST) -> NGrams:
        """The n-grams of texts whose `ngram_counts` these are: texts that are fitted on several times are hashed once."""
        in_texts = np.bincount(counts.indices, minlength=BUCKETS)
        used = np.flatnonzero(in_texts >= LEAST_TEXTS)
        return cls(longest, used, 1 + np.log((1 + counts.shape[0]) / (1 + in_texts[used])))

    def transform(self, texts: Iterable[str]) -> csr_matrix:
        """float64[n_texts, len(used)]."""
        return self.weighted(ngram_counts(texts, longest=self.longest))

    def weighted(self, counts: csr_matrix) -> csr_matrix:
        """float64[n_texts, len(used)] of texts whose `ngram_counts` these are."""
        counts = counts[:, self.used]
        if not len(self.used):
            return counts
        counts.data = 1 + np.log(counts.data)
        return normalize(counts.multiply(self.idf).tocsr())

    def as_json(self) -> dict[str, Any]:
        """All that it is: numbers of buckets and their weights."""
        return {"longest": self.longest, "used": self.used.tolist(), "idf": [round(w, 4) for w in self.idf.tolist()]}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> NGrams:
        """The value whose `as_json` these fields are."""
        return cls(
            fields["longest"], np.array(fields["used"], dtype=np.int64), np.array(fields["idf"], dtype=np.float64)
        )


def ngram_counts(texts: Iterable[str], *, longest: int = LONGEST) -> csr_matrix:
    """float64[n_texts, BUCKETS]: how often each bucket occurs in each text; a text with no character has an empty row."""
    hashing = HashingVectorizer(
        analyzer="char", ngram_range=(1, longest), n_features=BUCKETS, alternate_sign=False, norm=None
    )
    return hashing.transform(list(texts))
