"""Topics as fitted: centres of length 1 in centred vectors. No Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from footfall.errors import DataError
from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels

NO_TOPIC = -1  # inside this package only; in tables it is NULL


@dataclass(frozen=True)
class TopicsModel:
    """Centres, each with its number and the least cosine of what belongs to it.

    `is_emerging` marks topics that k-means did not make, `next_number` is the first that no topic ever had.
    """

    feature_version: str
    mean: tuple[float, ...]
    centres: tuple[tuple[float, ...], ...]
    numbers: tuple[int, ...]
    least_similarity: tuple[float, ...]
    is_emerging: tuple[bool, ...]
    next_number: int
    learner: str = "k-means"

    def as_json(self) -> dict[str, Any]:
        """Every field."""
        return {"kind": "topics", **asdict(self)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> TopicsModel:
        """The model whose `as_json` these fields are."""
        listed = ("mean", "numbers", "least_similarity", "is_emerging")
        return cls(
            feature_version=fields["feature_version"],
            centres=tuple(map(tuple, fields["centres"])),
            next_number=fields["next_number"],
            learner=fields["learner"],
            **{name: tuple(fields[name]) for name in listed},
        )

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`topic_id`, NULL where a text is near no centre, and `topic_similarity`, its cosine to the nearest one."""
        places, similarity = self.assigned(stacked(frame["vector"], len(self.mean)))
        numbers = pd.array(np.array([*self.numbers, 0])[places], dtype="Int32")  # place -1 is the 0 at the end
        numbers[places == NO_TOPIC] = pd.NA
        return pd.DataFrame({"topic_id": numbers, "topic_similarity": similarity}, index=frame.index)

    def assigned(self, vectors: Matrix) -> tuple[Labels, Matrix]:
        """Of vectors as stored, float64[n, dim]: the place of each one's topic or NO_TOPIC, and its cosine to it."""
        cosines = centred(vectors, np.array(self.mean)) @ np.array(self.centres).T
        places = cosines.argmax(axis=1)
        similarity = cosines.max(axis=1)
        return np.where(similarity >= np.array(self.least_similarity)[places], places, NO_TOPIC), similarity


def centred(vectors: Matrix, mean: Matrix) -> Matrix:
    """The vectors about their mean, of length 1: raw cosines of an encoder sit too close together."""
    return scaled_to_one(vectors - mean)


def stacked(vectors: pd.Series, dim: int) -> Matrix:
    """float64[n, dim]; raises DataError where a vector is of another length."""
    others = sorted({len(v) for v in vectors} - {dim})
    if others:
        raise DataError(
            f"the topics model reads vectors of {dim} numbers, these have {others}.",
            fix="Use vectors of the encoder that it was fitted on.",
        )
    return np.stack([np.asarray(v, dtype=np.float64) for v in vectors]) if len(vectors) else np.empty((0, dim))


def scaled_to_one(rows: Matrix) -> Matrix:
    """Rows of length 1; one of zeros stays so."""
    scaled: Matrix = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled
