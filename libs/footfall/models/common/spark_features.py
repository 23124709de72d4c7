"""Features in Spark: typed as a model's signature says, scaled as `scaling.Scaler` does in pandas; fits that scaler. Pure."""

from __future__ import annotations

from pyspark.ml.feature import VectorAssembler
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.models.common.featureset import Feature, FeatureSet, Null, Transform
from footfall.models.common.scaling import Scaler

VECTOR = "features"


def typed(features: FeatureSet, frame: DataFrame, *keep: str) -> DataFrame:
    """`keep` and the columns as doubles, as the signature says."""
    return frame.select(*keep, *(F.col(column).cast("double") for column in features.columns if column not in keep))


def feature_column(feature: Feature) -> SparkColumn:
    """The feature in Spark, before fills and scaling; `feature_values` is the same in pandas."""
    number = F.col(feature.column).cast("double")
    value = F.when(~F.isnan(number), number)  # NaN is a missing value in pandas; Spark would take it for the greatest
    if feature.transform is Transform.MISSING:
        return value.isNull().cast("double")
    if feature.transform is Transform.LOG:
        return F.log1p(F.when(value < 0, 0.0).otherwise(value))  # greatest() would turn NULL into 0
    return value


def vectors(scaler: Scaler, frame: DataFrame, *keep: str) -> DataFrame:
    """`keep` and the column `features`, an MLlib vector of the same numbers as `apply` gives."""
    names = [f"_{i}" for i in range(len(scaler.features))]
    scaled = (column.alias(name) for name, column in zip(names, scaled_columns(scaler).values(), strict=True))
    return VectorAssembler(inputCols=names, outputCol=VECTOR).transform(frame.select(*keep, *scaled)).drop(*names)


def scaled_columns(scaler: Scaler) -> dict[str, SparkColumn]:
    """Each feature's scaled value in Spark, by its name."""
    limits = zip(scaler.features, scaler.fills, scaler.lows, scaler.highs, scaler.means, scaler.spreads, strict=True)
    return {
        f.name: (_cut(f, fill, low, high) - F.lit(mean)) / F.lit(spread) for f, fill, low, high, mean, spread in limits
    }


def fit_scaler(frame: DataFrame, features: tuple[Feature, ...], *, tail: float) -> Scaler:
    """The scaler of the frame's rows; the share `tail` at either end of a feature is cut to the value there.

    A feature that never varies gets spread 1, so that it says nothing instead of dividing by 0.
    """
    quantiles = _quantiles(frame.select(*(feature_column(f).alias(f"_{i}") for i, f in enumerate(features))), tail)
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


def _quantiles(values: DataFrame, tail: float) -> list[tuple[float, float, float]]:
    """For each column the values at the shares `tail`, a half and 1 - `tail`; zeros where all are NULL.

    Exact values of the rows, so that they are the same in any partitioning: percentile_approx is not, above 10,000 rows.
    """
    shares = (tail, 0.5, 1.0 - tail)
    exact = [
        F.expr(f"percentile_disc({share}D) WITHIN GROUP (ORDER BY {c})") for c in values.columns for share in shares
    ]
    row = [value if value is not None else 0.0 for value in values.agg(*exact).collect()[0]]
    return [(row[i], row[i + 1], row[i + 2]) for i in range(0, len(row), len(shares))]


def _cut(feature: Feature, fill: float, low: float, high: float) -> SparkColumn:
    filled = F.coalesce(feature_column(feature), F.lit(fill))
    return F.least(F.greatest(filled, F.lit(low)), F.lit(high))
