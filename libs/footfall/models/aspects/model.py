"""Aspects as fitted: a word list and heads, one yes or no an aspect. No Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from footfall.errors import DataError
from footfall.models.aspects.lexicon import Lexicon, parsed
from footfall.models.aspects.supervised import ClauseEvidence, LabelledClauses, SupervisedAspects, fit_supervised
from footfall.models.common.binary_heads import FEWEST, one_for_each
from footfall.models.common.featureset import Matrix
from footfall.models.common.logistic import sigmoid
from footfall.models.common.ngrams import NGrams
from footfall.models.common.text_head import Softmax

LEARNER, WORD_LIST = "word list + vectors + n-grams", "word list"
STRENGTH_VECTORS, STRENGTH_NGRAMS = 1e-3, 1.0  # scikit-learn's C; vectors are standardised
LEAST_VOTES = FEWEST  # clauses that the list must give an aspect before a head is fitted to it
TINY = 1e-9


@dataclass(frozen=True)
class Mix:
    """log-odds = shift + words * listed + vectors * head + both * listed * head + others * of_others, for all aspects alike.

    `listed` is 1 where a word of the list is there; where it is, the head has less to say. `of_others` is 1 where a word
    of another aspect is there: a small room is no matter of quality.
    """

    words: float
    vectors: float
    both: float
    others: float
    shift: float
    threshold: float  # of the probability from which an aspect is said


LIST_ALONE = Mix(words=12.0, vectors=0.0, both=0.0, others=0.0, shift=-6.0, threshold=0.5)
MIX = Mix(words=2.0, vectors=1.1, both=-0.8, others=-1.9, shift=0.1, threshold=0.45)  # from the clauses seen


@dataclass(frozen=True)
class AspectMention:
    """An aspect of a clause; `evidence` are pieces of the clause."""

    aspect: str
    probability: float
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class AspectModel:
    """A list of words and heads, one yes or no an aspect; its features are the encoder, so their version is its fingerprint."""

    learner: str
    feature_version: str
    lexicon: Lexicon
    of_vectors: Softmax
    of_ngrams: Softmax
    ngrams: NGrams
    mix: Mix
    supervised: SupervisedAspects | None = None  # it has the say about the aspects that it knows

    def as_json(self) -> dict[str, Any]:
        """All that it is: the list's own words, and numbers; no word of a customer."""
        return {
            "kind": "aspects",
            "learner": self.learner,
            "feature_version": self.feature_version,
            "lexicon": self.lexicon.as_json(),
            "of_vectors": self.of_vectors.as_json(),
            "of_ngrams": self.of_ngrams.as_json(),
            "ngrams": self.ngrams.as_json(),
            "mix": asdict(self.mix),
            "supervised": self.supervised and self.supervised.as_json(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> AspectModel:
        """The model whose `as_json` these fields are."""
        return cls(
            fields["learner"],
            fields["feature_version"],
            parsed(fields["lexicon"], where="the aspects model"),
            Softmax.from_json(fields["of_vectors"]),
            Softmax.from_json(fields["of_ngrams"]),
            NGrams.from_json(fields["ngrams"]),
            Mix(**fields["mix"]),
            SupervisedAspects.from_json(fields["supervised"]) if fields.get("supervised") else None,
        )

    def probability(self, clauses: Sequence[str], vectors: npt.ArrayLike) -> Matrix:
        """float64[n_clauses, n_aspects], each its own yes or no; `clauses` are pieces of normalised texts."""
        if not len(clauses):
            return np.empty((0, len(self.lexicon.aspects)))
        rows = np.asarray(vectors, dtype=np.float64)
        wide = self.of_vectors.coefficients.shape[1]
        if rows.shape[1:] != (wide,):
            raise DataError(
                f"the aspects model reads vectors of {wide} numbers, these are {rows.shape[1:]}.",
                fix="Use vectors of the encoder that it was trained on.",
            )
        evidence, mix = evidence_of(clauses, rows, self.lexicon, self.of_vectors), self.mix
        log_odds = (
            mix.shift
            + mix.words * evidence.listed
            + mix.others * evidence.of_others
            + (mix.vectors + mix.both * evidence.listed)
            * np.where(_has_head(self.of_vectors), evidence.voted, self.of_vectors.intercepts)
        )
        if self.supervised is not None:
            known = [self.lexicon.aspects.index(aspect) for aspect in self.supervised.aspects]
            log_odds[:, known] = self.supervised.log_odds(clauses, rows, evidence.of(known))
        return sigmoid(log_odds)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`aspects` for the columns `text` (a clause) and `vector`: a list of AspectMention a row, the likeliest first."""
        clauses = [str(text) for text in frame["text"]]
        probabilities = self.probability(clauses, list(frame["vector"]))
        mentions = [self._mentions(clause, row) for clause, row in zip(clauses, probabilities, strict=True)]
        return pd.DataFrame({"aspects": pd.Series(mentions, index=frame.index, dtype=object)})

    def _mentions(self, clause: str, probabilities: Matrix) -> list[AspectMention]:
        order = [i for i in np.argsort(-probabilities, kind="stable") if probabilities[i] >= self.mix.threshold]
        names = self.lexicon.aspects
        return [AspectMention(names[i], float(probabilities[i]), self._evidence(clause, int(i))) for i in order]

    def _evidence(self, clause: str, aspect: int) -> tuple[str, ...]:
        """The words of the list that are there; where none is, the piece of the clause that speaks for it the most."""
        listed = self.lexicon.words_in(self.lexicon.aspects[aspect], clause)
        pieces = pieces_of(clause) if not listed and _has_head(self.of_ngrams)[aspect] else []
        if not pieces:
            return listed
        logits = self.of_ngrams.logits(self.ngrams.transform(pieces))[:, aspect]
        return (pieces[int(np.argmax(logits))],)


def fit_aspects(
    clauses: Sequence[str],
    vectors: npt.ArrayLike,
    *,
    lexicon: Lexicon,
    fingerprint: str,
    mix: Mix = MIX,
    labelled: LabelledClauses | None = None,
    supervised: Sequence[str] = (),
) -> AspectModel:
    """The heads, fitted to the list's votes on `clauses`, which need no labels; `vectors` float[n_clauses, dim].

    An aspect with fewer than LEAST_VOTES votes has the list alone. `labelled` are clauses with labels, which teach the
    aspects `supervised` (see `teachable`).
    """
    if not len(clauses):
        raise DataError(
            "there is no clause to learn aspects from.", fix="Map a source with texts and run jobs/understand_text.py."
        )
    rows = np.asarray(vectors, dtype=np.float64)
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + TINY
    voted = votes(clauses, lexicon=lexicon)
    of_vectors = one_for_each((rows - middle) / spread, voted, STRENGTH_VECTORS).over_raw(middle, spread)
    by_labels = None
    if labelled is not None and supervised:
        known = [lexicon.aspects.index(aspect) for aspect in supervised]
        evidence = evidence_of(labelled.clauses, labelled.vectors, lexicon, of_vectors).of(known)
        by_labels = fit_supervised(labelled, aspects=supervised, evidence=evidence, middle=middle, spread=spread)
    ngrams = NGrams.fit(clauses)
    return AspectModel(
        learner=LEARNER,
        feature_version=fingerprint,
        lexicon=lexicon,
        of_vectors=of_vectors,
        of_ngrams=one_for_each(ngrams.transform(clauses), voted, STRENGTH_NGRAMS),
        ngrams=ngrams,
        mix=mix,
        supervised=by_labels,
    )


def evidence_of(clauses: Sequence[str], vectors: Matrix, lexicon: Lexicon, of_vectors: Softmax) -> ClauseEvidence:
    """What the list and the votes' head say of clauses; `vectors` float64[n_clauses, dim]."""
    listed = votes(clauses, lexicon=lexicon).astype(np.float64)
    of_others = (listed.sum(axis=1, keepdims=True) - listed > 0).astype(np.float64)
    return ClauseEvidence(listed, of_others, np.where(_has_head(of_vectors), of_vectors.logits(vectors), 0.0))


def _has_head(heads: Softmax) -> npt.NDArray[np.bool_]:
    """bool[n_aspects]: which had enough votes to learn from."""
    return np.asarray(heads.coefficients.any(axis=1))


def votes(clauses: Sequence[str], *, lexicon: Lexicon) -> npt.NDArray[np.bool_]:
    """bool[n_clauses, n_aspects]: whether a word of the list is there."""
    patterns = [lexicon.words[aspect].pattern for aspect in lexicon.aspects]
    marks = [[pattern.search(clause) is not None for pattern in patterns] for clause in clauses]
    return np.array(marks, dtype=bool).reshape(len(clauses), len(lexicon.aspects))


def pieces_of(clause: str) -> list[str]:
    """What may serve as evidence: words of languages that write blanks, two to four characters of those that do not."""
    pieces: list[str] = []
    for run in clause.replace(",", " ").split():
        if run.isascii():
            pieces.append(run.strip(".!?;:\"'()"))
        else:
            bare = "".join(c for c in run if c.isalnum())
            pieces += [bare[i : i + n] for n in (2, 3, 4) for i in range(len(bare) - n + 1)] or [bare]
    return [piece for piece in dict.fromkeys(pieces) if piece]


def word_list(model: AspectModel) -> AspectModel:
    """The baseline: the same list alone, which says an aspect where one of its words stands, surely or not at all."""
    off = Softmax(np.zeros_like(model.of_vectors.coefficients), model.of_vectors.intercepts)
    return replace(model, learner=WORD_LIST, of_vectors=off, mix=LIST_ALONE, supervised=None)
