"""Logistic regression fitted by MLlib over a Spark frame. Pure."""

from __future__ import annotations

from pyspark.ml.classification import LogisticRegression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import TooFew
from footfall.models.common.logistic import Linear
from footfall.models.common.spark_features import VECTOR

LABEL = "label"


def fit_linear(vectors: DataFrame, *, penalty: float, standardise: bool = False) -> Linear:
    """MLlib's logistic regression with an L2 penalty on rows (`features`, `label`)."""
    solver = LogisticRegression(
        featuresCol=VECTOR,
        labelCol=LABEL,
        regParam=penalty,
        elasticNetParam=0.0,
        maxIter=100,
        standardization=standardise,
    )
    fitted = solver.fit(vectors)
    return Linear(tuple(float(c) for c in fitted.coefficients.toArray()), float(fitted.intercept))


def require_two_classes(labelled: DataFrame, *, what: str, fix: str) -> dict[int, int]:
    """Rows of each class 0 and 1; raises TooFew where one has none."""
    row_counts = {int(row[LABEL]): int(row["count"]) for row in labelled.groupBy(F.col(LABEL)).count().collect()}
    if set(row_counts) != {0, 1}:
        present = f"there is only {next(iter(row_counts))}" if row_counts else "there are no rows"
        raise TooFew(f"{what}: the label needs two classes, {present}.", fix=fix)
    return row_counts
