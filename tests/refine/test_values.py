"""A mapped number that is NaN or infinite is no number to calculate with, whatever it was written as."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.refine.values import MappedValue


def _read(spark: SparkSession, values: list[Any], yields: str, wanted: str) -> list[tuple[Any, str | None]]:
    rows = spark.createDataFrame([(value,) for value in values], f"v {yields}")
    types = [T.DataType.fromDDL(kind) for kind in (yields, wanted)]
    value = MappedValue(F.col("v"), yields=types[0], wanted=types[1], zone="UTC")
    fault = value.fault("price", from_text=False)
    columns = [value.typed.alias("value"), (F.lit(None) if fault is None else fault).cast("string").alias("fault")]
    return [(row["value"], row["fault"]) for row in rows.select(*columns).collect()]


@pytest.mark.parametrize("wanted", ["decimal(18,4)", "int", "bigint"])
@pytest.mark.parametrize(
    ("yields", "written"),
    [
        ("string", ["NaN", "nan", "Infinity", "-inf", " NaN "]),
        ("double", [float("nan"), float("inf"), float("-inf")]),
        ("float", [float("nan"), float("inf"), float("-inf")]),
    ],
)
def test_a_number_that_is_not_finite_is_named_so_and_becomes_no_exact_number(
    spark: SparkSession, wanted: str, yields: str, written: list[Any]
) -> None:
    assert _read(spark, written, yields, wanted) == [(None, "price_not_finite")] * len(written)


@pytest.mark.parametrize(("yields", "nan"), [("double", float("nan")), ("float", float("nan")), ("string", "NaN")])
def test_a_floating_column_takes_no_nan_and_no_infinity_either(spark: SparkSession, yields: str, nan: Any) -> None:
    written: list[Any] = [nan, "Infinity" if yields == "string" else float("inf"), "1.5" if yields == "string" else 1.5]
    faults = [fault for _, fault in _read(spark, written, yields, "double")]
    assert faults == ["price_not_finite", "price_not_finite", None]


def test_what_is_no_number_at_all_is_unreadable_and_an_empty_value_is_neither(spark: SparkSession) -> None:
    assert _read(spark, ["two", "", None, "2.5"], "string", "decimal(18,4)") == [
        (None, "price_unreadable"),
        (None, None),
        (None, None),
        (Decimal("2.5000"), None),
    ]
    assert _read(spark, ["two", None, "2"], "string", "double") == [
        (None, "price_unreadable"),
        (None, None),
        (2.0, None),
    ]
    assert _read(spark, ["5d", "0x1p3"], "string", "double") == [(None, "price_unreadable")] * 2
    assert _read(spark, ["5d", "0x1p3"], "string", "decimal(18,4)") == [(None, "price_unreadable")] * 2
    assert _read(spark, [1e30], "double", "decimal(18,4)") == [(None, "price_unreadable")]  # finite, but too large
