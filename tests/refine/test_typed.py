"""Declared types: what they would change is named, and time stamps are what the feed says they are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.source import Feed
from footfall.refine.typed import typed_source, wall_clocks

INTO = {"items": {"columns": {"item_id": "v"}}}


def _typed(spark: SparkSession, values: list[Any], kind: str, arrives: str = "string") -> list[tuple[Any, list[str]]]:
    raw = spark.createDataFrame([(n, value) for n, value in enumerate(values)], f"_position int, v {arrives}")
    feed = Feed.model_validate({"files": "x", "types": {"v": kind}, "time_zone": "America/New_York", "into": INTO})
    return [(row["v"], row["_types"]) for row in typed_source(raw, feed).orderBy("_position").collect()]


def test_a_value_that_its_declared_type_would_change_is_named(spark: SparkSession) -> None:
    assert _typed(spark, ["1.0", "1.5", "17", "2e3", "x", ""], "INT") == [
        (1, []),
        (1, ["v_changed_by_type"]),
        (17, []),
        (2000, []),
        (None, ["v_unreadable"]),
        (None, []),
    ]
    assert _typed(spark, ["0.00035", "2.500000", "19.989999999999998", "1234567.891"], "DECIMAL(18, 4)") == [
        (Decimal("0.0004"), ["v_changed_by_type"]),
        (Decimal("2.5000"), []),
        (Decimal("19.9900"), []),
        (Decimal("1234567.8910"), []),
    ]
    assert [faults for _, faults in _typed(spark, ["1234567.891"], "DECIMAL(18, 2)")] == [["v_changed_by_type"]]


@pytest.mark.parametrize(
    ("arrives", "values"), [("double", [1.0, 1.5]), ("decimal(9,2)", [Decimal(1), Decimal("1.5")])]
)
def test_a_number_that_arrives_as_one_is_not_cut_in_silence(
    spark: SparkSession, arrives: str, values: list[Any]
) -> None:
    assert _typed(spark, values, "INT", arrives) == [(1, []), (1, ["v_changed_by_type"])]


def test_a_declared_time_follows_the_rules_of_times(spark: SparkSession) -> None:
    texts = ["2019-10-01 00:00:00 UTC", "2019-09-30 20:00:00", "2019-10-01 00:00:00 CST", "45415", ""]
    rows = _typed(spark, texts, "TIMESTAMP")
    assert [str(value) for value, _ in rows] == ["2019-10-01 00:00:00"] * 2 + ["None"] * 3
    assert [faults for _, faults in rows] == [[], [], ["v_zone_ambiguous"], ["v_unreadable"], []]
    clock = _typed(spark, texts[:2], "TIMESTAMP_NTZ")
    assert [str(value) for value, _ in clock] == ["2019-09-30 20:00:00"] * 2
    assert [str(value) for value, _ in _typed(spark, ["2019-10-01T02:00:00Z", "202405"], "DATE")] == [
        "2019-09-30",
        "None",
    ]


def test_text_that_is_no_object_is_none_under_a_type_of_objects(spark: SparkSession) -> None:
    texts = ['{"a":"1"}', "{'a':'2'}", "{}", '[{"a":"1"}]', "none", '{"a":', "", None]
    rows = _typed(spark, texts, "STRUCT<a: STRING>")
    assert [(value and value["a"], faults) for value, faults in rows] == [
        ("1", []),
        ("2", []),
        (None, []),
        *[(None, ["v_unreadable"])] * 3,
        (None, []),
        (None, []),
    ]


def test_time_stamps_of_a_feed_with_wall_clocks_lose_their_zone_wherever_they_stand(spark: SparkSession) -> None:
    kind = "at timestamp, deep struct<list: array<struct<at: timestamp>>, by_name: map<string, timestamp>>"
    raw = spark.createDataFrame([], f"_position int, v string, {kind}")
    feed = Feed.model_validate({"files": "x", "timestamps": "wall_clock", "into": INTO})
    rows = typed_source(raw, feed)
    assert rows.schema["at"].dataType == T.TimestampNTZType()
    assert rows.schema["deep"].dataType.simpleString() == (
        "struct<list:array<struct<at:timestamp_ntz>>,by_name:map<string,timestamp_ntz>>"
    )
    assert wall_clocks(T.StringType()) == T.StringType()
    noon = raw.sparkSession.sql("SELECT 1 AS _position, 'a' AS v, TIMESTAMP'2024-05-03 12:00:00' AS at")
    assert str(typed_source(noon, feed).select(F.col("at").cast("string")).first()) == "Row(at='2024-05-03 12:00:00')"
