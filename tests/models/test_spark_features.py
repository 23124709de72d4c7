"""Scaling in Spark and in pandas: a NaN is a missing value on both sides, and the scaler does not hang on partitions."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.models.common.featureset import Feature, Transform
from footfall.models.common.spark_features import fit_scaler, vectors

NAN = float("nan")
FEATURES = (
    Feature("orders", Transform.LOG, "orders"),
    Feature("gap", Transform.LINEAR, "gap"),
    Feature("gap", Transform.MISSING, "one order only"),
)


def test_a_nan_is_missing_in_spark_as_in_pandas_when_the_scaler_is_fitted_and_when_it_is_applied(
    spark: SparkSession,
) -> None:
    with_nan = [(0, 1.0, 2.0), (1, 3.0, NAN), (2, NAN, 6.0), (3, 5.0, 4.0)]
    with_null = [tuple(None if value != value else value for value in row) for row in with_nan]
    shape = "id int, orders double, gap double"
    rows, nulls = (spark.createDataFrame(values, shape).orderBy("id") for values in (with_nan, with_null))
    scaler = fit_scaler(rows, FEATURES, tail=0.0)
    assert scaler == fit_scaler(nulls, FEATURES, tail=0.0)
    assert scaler.fills == (pytest.approx(np.log(4.0)), 4.0, 0.0)
    in_spark = np.stack([row["features"].toArray() for row in vectors(scaler, rows, "id").collect()])
    in_pandas = scaler.apply(rows.toPandas().astype(float))
    np.testing.assert_allclose(in_spark, in_pandas, rtol=1e-12, atol=1e-12)
    assert in_pandas[:, 1].tolist() == pytest.approx([-np.sqrt(2), 0.0, np.sqrt(2), 0.0])
    assert in_pandas[:, 2].tolist() == pytest.approx([-1 / np.sqrt(3), np.sqrt(3), -1 / np.sqrt(3), -1 / np.sqrt(3)])


def test_the_quantiles_of_more_than_ten_thousand_rows_are_the_same_to_the_bit_in_one_partition_and_in_seven(
    spark: SparkSession,
) -> None:
    number = F.col("id").cast("double")
    rows = spark.range(25_013).select(
        (F.pmod(F.col("id") * 7919, F.lit(25_013)) + number / 1e9).alias("orders"),
        F.when(F.col("id") % 11 > 0, F.sin(number) * F.exp(F.pmod(F.col("id"), F.lit(13)))).alias("gap"),
    )
    scalers = [fit_scaler(rows.repartition(count), FEATURES, tail=0.01) for count in (1, 7)]
    assert scalers[0].fills == scalers[1].fills
    assert scalers[0].lows == scalers[1].lows
    assert scalers[0].highs == scalers[1].highs
    for name in ("means", "spreads"):  # sums of doubles: their last bits hang on the order of the rows
        assert getattr(scalers[0], name) == pytest.approx(getattr(scalers[1], name), rel=1e-12)
    gaps = np.sort([row["gap"] for row in rows.where("gap IS NOT NULL").collect()])
    expected = [float(np.quantile(gaps, share, method="inverted_cdf")) for share in (0.01, 0.5, 0.99)]
    assert [scalers[1].lows[1], scalers[1].fills[1], scalers[1].highs[1]] == expected
