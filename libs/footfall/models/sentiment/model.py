"""Sentiment as fitted: a head over vector and text. No Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from footfall.models.common.text_head import TextHead
from footfall.models.sentiment import CLASSES


@dataclass(frozen=True)
class SentimentModel:
    """Its features are the encoder, so their version is its fingerprint; `learner` is the learner or baseline that made it."""

    learner: str
    feature_version: str
    head: TextHead

    def as_json(self) -> dict[str, Any]:
        """Every field."""
        return {
            "kind": "sentiment",
            "learner": self.learner,
            "feature_version": self.feature_version,
            "head": self.head.as_json(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> SentimentModel:
        """The model whose `as_json` these fields are."""
        return cls(fields["learner"], fields["feature_version"], TextHead.from_json(fields["head"]))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`sentiment` and a probability of each class, for `text` (normalised) and `vector` (floats) of each row."""
        probabilities = self.head.probability(frame["text"].tolist(), frame["vector"].tolist())
        by_class = dict(zip(self.head.classes, probabilities.T, strict=True))
        columns = {f"{name}_probability": by_class.get(name, np.zeros(len(frame))) for name in CLASSES}
        likeliest = np.array(self.head.classes, dtype=object)[probabilities.argmax(axis=1)]
        return pd.DataFrame({"sentiment": likeliest, **columns}, index=frame.index)
