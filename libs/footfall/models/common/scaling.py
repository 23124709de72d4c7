"""Features on one scale: filled, winsorised, standardised; applied in pandas. `spark_features` fits it. No Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from footfall.models.common.featureset import Feature, Matrix, Null, Transform, feature_values


@dataclass(frozen=True)
class Scaler:
    """For each feature: what stands for NULL, between which values it is cut, and its mean and spread after that."""

    features: tuple[Feature, ...]
    fills: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Scaler:
        """The scaler whose `dataclasses.asdict` these fields are."""
        features = tuple(
            Feature(f["column"], Transform(f["transform"]), f["words"], Null(f["null"])) for f in fields["features"]
        )
        return cls(features, *(tuple(fields[name]) for name in ("fills", "lows", "highs", "means", "spreads")))

    def apply(self, frame: pd.DataFrame) -> Matrix:
        """float64[n_rows, n_features] in standard deviations from the mean."""
        values = feature_values(self.features, frame)
        values = np.where(np.isnan(values), np.array(self.fills), values)
        standard: Matrix = (np.clip(values, self.lows, self.highs) - np.array(self.means)) / np.array(self.spreads)
        return standard
