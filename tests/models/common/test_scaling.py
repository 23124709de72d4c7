"""Scaling: the same numbers in Spark and in pandas, and no row far away from all others."""

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from footfall.models.common.featureset import Feature, Transform
from footfall.models.common.spark_features import fit_scaler, vectors
from footfall.models.segments import FEATURES as SEGMENT_FEATURES
from footfall.models.segments.training import TAIL

FEATURES = (
    Feature("orders", Transform.LOG, "orders"),
    Feature("gap", Transform.LINEAR, "gap"),
    Feature("gap", Transform.MISSING, "one order only"),
)


def test_fills_ends_means_and_spreads_are_those_worked_out_by_hand(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(0.0, 2.0), (0.0, 4.0), (0.0, None), (0.0, 4.0)], "orders double, gap double")
    scaler = fit_scaler(rows, FEATURES, tail=0.0)
    assert scaler.fills == (0.0, 4.0, 0.0)
    assert scaler.means == (0.0, 3.5, 0.25)
    assert scaler.spreads == (1.0, pytest.approx(np.sqrt(0.75)), pytest.approx(np.sqrt(0.1875)))
    scaled = scaler.apply(pd.DataFrame({"orders": [0.0], "gap": [float("nan")]}))
    assert scaled.tolist() == [pytest.approx([0.0, 0.5 / np.sqrt(0.75), 0.75 / np.sqrt(0.1875)], rel=1e-12)]


def test_spark_and_pandas_give_the_same_numbers(shoppers: DataFrame) -> None:
    scaler = fit_scaler(shoppers, SEGMENT_FEATURES.features, tail=TAIL)
    ordered = shoppers.orderBy("user_id")
    in_spark = np.stack([row["features"].toArray() for row in vectors(scaler, ordered, "user_id").collect()])
    np.testing.assert_allclose(in_spark, scaler.apply(ordered.toPandas()), rtol=1e-12, atol=1e-12)


def test_null_is_the_median_and_below_zero_is_zero_on_both_sides(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [(None, None), (-3.0, 1.0), (3.0, None), (8.0, 2.0)], "orders double, gap double"
    ).coalesce(1)
    scaler = fit_scaler(rows, FEATURES, tail=0.0)
    assert scaler.fills == (pytest.approx(np.log(4.0)), 1.0, 0.0)
    in_spark = np.stack([row["features"].toArray() for row in vectors(scaler, rows).collect()])
    np.testing.assert_allclose(in_spark, scaler.apply(rows.toPandas().astype(float)), rtol=1e-12, atol=1e-12)


def test_a_tanker_of_petrol_is_cut_to_where_the_others_are(shoppers: DataFrame) -> None:
    scaler = fit_scaler(shoppers, SEGMENT_FEATURES.features, tail=TAIL)
    assert np.abs(scaler.apply(shoppers.toPandas())).max() < 3.0


def test_a_column_without_any_value_says_nothing(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(1.0, None), (3.0, None)], "orders double, gap double")
    scaled = fit_scaler(rows, FEATURES, tail=0.0).apply(rows.toPandas().astype(float))
    assert scaled[:, 1].tolist() == [0.0, 0.0]
