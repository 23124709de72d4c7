"""A yes-or-no question about people, answered by a linear model over scaled features, with reasons. No Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from footfall.models.common.featureset import Matrix, Transform
from footfall.models.common.logistic import Linear
from footfall.models.common.scaling import Scaler

REASONS = 3


@dataclass(frozen=True)
class BinaryScorer:
    """Probability of yes, and what moved it. `kind` is the model's name, `learner` the learner or baseline that made it."""

    kind: str
    learner: str
    feature_version: str
    scaler: Scaler
    linear: Linear

    def as_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> BinaryScorer:
        """The model whose `as_json` these fields are."""
        linear = fields["linear"]
        return cls(
            fields["kind"],
            fields["learner"],
            fields["feature_version"],
            Scaler.from_json(fields["scaler"]),
            Linear(tuple(linear["coefficients"]), linear["intercept"]),
        )

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`score`, and `reasons`: the features that moved the log-odds most, against the mean person."""
        inputs = self.scaler.apply(frame)
        reasons = self._reasons(frame, inputs * np.array(self.linear.coefficients))
        return pd.DataFrame({"score": self.linear.probability(inputs), "reasons": reasons}, index=frame.index)

    def _reasons(self, frame: pd.DataFrame, contributions: Matrix) -> list[list[dict[str, Any]]]:
        features = self.scaler.features
        raw = np.column_stack([frame[f.column].to_numpy(dtype=np.float64) for f in features])
        for place, feature in enumerate(features):
            if feature.transform is Transform.MISSING:
                raw[:, place] = np.isnan(raw[:, place])
        strongest = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :REASONS]
        return [
            [
                {
                    "feature": features[i].name,
                    "value": None if np.isnan(values[i]) else float(values[i]),
                    "contribution": float(parts[i]),
                }
                for i in order
            ]
            for values, parts, order in zip(raw, contributions, strongest, strict=True)
        ]
