"""Features on one scale: filled, winsorised, standardised; fitted in Spark, applied in Spark and in pandas alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.models.common.featureset import Feature, Matrix, Null, Transform, seen, seen_by

VECTOR = "features"


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
    def from_json(cls, told: Mapping[str, Any]) -> Scaler:
        """The scaler that `dataclasses.asdict` told."""
        features = tuple(
            Feature(f["column"], Transform(f["transform"]), f["words"], Null(f["null"])) for f in told["features"]
        )
        return cls(features, *(tuple(told[name]) for name in ("fills", "lows", "highs", "means", "spreads")))

    def apply(self, frame: pd.DataFrame) -> Matrix:
        """float64[n_rows, n_features] in standard deviations from the mean."""
        values = seen_by(self.features, frame)
        values = np.where(np.isnan(values), np.array(self.fills), values)
        standard: Matrix = (np.clip(values, self.lows, self.highs) - np.array(self.means)) / np.array(self.spreads)
        return standard

    def vectors(self, frame: DataFrame, *keep: str) -> DataFrame:
        """`keep` and the column `features`, an MLlib vector of the same numbers as `apply` gives."""
        names = [f"_{i}" for i in range(len(self.features))]
        scaled = (column.alias(name) for name, column in zip(names, self.columns().values(), strict=True))
        return VectorAssembler(inputCols=names, outputCol=VECTOR).transform(frame.select(*keep, *scaled)).drop(*names)

    def columns(self) -> dict[str, SparkColumn]:
        """Each feature's scaled value in Spark, by its name."""
        limits = zip(self.features, self.fills, self.lows, self.highs, self.means, self.spreads, strict=True)
        return {
            f.name: (_cut(f, fill, low, high) - F.lit(mean)) / F.lit(spread)
            for f, fill, low, high, mean, spread in limits
        }


def fit_scaler(frame: DataFrame, features: tuple[Feature, ...], *, tail: float) -> Scaler:
    """The scaler of the frame's rows; the share `tail` at either end of a feature is cut to the value there.

    A feature that never varies gets spread 1, so that it says nothing instead of dividing by 0.
    """
    places = F.lit([tail, 0.5, 1.0 - tail])
    found = frame.agg(*(F.percentile_approx(seen(f), places, 10_000).alias(str(i)) for i, f in enumerate(features)))
    quantiles = [row or [0.0, 0.0, 0.0] for row in found.collect()[0]]  # all NULL: nothing is known of it
    fills = tuple(q[1] if f.null is Null.MEDIAN else 0.0 for f, q in zip(features, quantiles, strict=True))
    ends = [
        (0.0, 1.0) if f.transform is Transform.MISSING else (q[0], q[2])
        for f, q in zip(features, quantiles, strict=True)
    ]
    cut = [_cut(f, fill, low, high) for f, fill, (low, high) in zip(features, fills, ends, strict=True)]
    moments = frame.agg(*(F.mean(c) for c in cut), *(F.stddev_pop(c) for c in cut)).collect()[0]
    means, spreads = tuple(moments[: len(cut)]), tuple(moments[len(cut) :])
    lows, highs = tuple(low for low, _ in ends), tuple(high for _, high in ends)
    return Scaler(features, fills, lows, highs, means, tuple(s if s > 1e-9 else 1.0 for s in spreads))


def _cut(feature: Feature, fill: float, low: float, high: float) -> SparkColumn:
    filled = F.coalesce(seen(feature), F.lit(fill))
    return F.least(F.greatest(filled, F.lit(low)), F.lit(high))
