"""Intents as fitted: a head over vector and n-grams, and the probability below which it does not know. No Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels
from footfall.models.common.text_head import TextHead
from footfall.models.intents.key_words import by_words
from footfall.tables.tickets import INTENTS, UNCLEAR
from footfall.text.normal import normalise_text

UNKNOWN = "unknown"  # goes to a person
CLASSES = (*INTENTS, UNCLEAR)
NEVER = 2.0  # a threshold that no probability reaches


@dataclass(frozen=True)
class IntentsModel:
    """`learner` is the learner or baseline that made it; without a head the key words decide, always with probability 1."""

    learner: str
    feature_version: str
    threshold: float
    head: TextHead | None

    def as_json(self) -> dict[str, Any]:
        """Every field; no word of a text."""
        return {
            "kind": "intents",
            "learner": self.learner,
            "feature_version": self.feature_version,
            "threshold": self.threshold,
            "head": self.head.as_json() if self.head else None,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> IntentsModel:
        """The model whose `as_json` these fields are."""
        head = TextHead.from_json(fields["head"]) if fields["head"] else None
        return cls(fields["learner"], fields["feature_version"], fields["threshold"], head)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`intent`, or UNKNOWN, and `intent_probability`, that of the likeliest, for the columns `text` and `vector`."""
        texts = normalise_text(frame["text"]).fillna("").tolist()
        places, probability = self.likeliest(texts, frame["vector"].tolist())
        names = np.array(self.intents, dtype=object)[places]
        intent = np.where(probability >= self.threshold, names, UNKNOWN)
        return pd.DataFrame({"intent": intent, "intent_probability": probability}, index=frame.index)

    @property
    def intents(self) -> tuple[str, ...]:
        """What it can answer: its classes without UNCLEAR, which comes last where it was trained on such messages."""
        classes = self.head.classes if self.head else CLASSES
        return tuple(name for name in classes if name != UNCLEAR)

    def likeliest(self, texts: Sequence[str], vectors: npt.ArrayLike) -> tuple[Labels, Matrix]:
        """The place of the likeliest intent among `intents` and its probability; `texts` are normalised."""
        if self.head is None:
            return np.array([self.intents.index(by_words(text)) for text in texts], dtype=np.int64), np.ones(len(texts))
        return best_answer(self.head.probability(texts, vectors), self.intents)


def best_answer(probabilities: Matrix, intents: Sequence[str]) -> tuple[Labels, Matrix]:
    """Place and probability of the likeliest intent, by probabilities of which UNCLEAR, if there, is the last."""
    answers = probabilities[:, : len(intents)]
    return answers.argmax(axis=1), answers.max(axis=1)
