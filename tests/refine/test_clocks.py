"""Texts as instants: a named zone counts, an ambiguous one is refused, and odd hours follow one rule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.refine.clocks import days_of_changes
from footfall.refine.values import MappedValue

BETWEEN = ("TIMESTAMP'2015-01-01'", "TIMESTAMP'2024-06-02 12:00:00'")


def _read(
    spark: SparkSession, values: list[Any], *, zone: str, wanted: str = "timestamp", yields: str = "string"
) -> list[tuple[Any, ...]]:
    rows = spark.createDataFrame([(n, value) for n, value in enumerate(values)], f"n int, v {yields}")
    kinds = [T.DataType.fromDDL(kind) for kind in (yields, wanted)]
    between = (F.expr(BETWEEN[0]), F.expr(BETWEEN[1])) if wanted == "timestamp" else None
    value = MappedValue(F.col("v"), *kinds, zone=zone, between=between)
    fault = value.fault("at", from_text=True)
    assert fault is not None
    warnings = F.concat_ws(",", *value.warnings("at"))
    columns = [value.typed.cast("string").alias("value"), fault.alias("fault"), warnings.alias("warnings")]
    return [tuple(row) for row in rows.orderBy("n").select(*columns).collect()]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2019-10-01 00:00:00 UTC", "2019-10-01 00:00:00"),
        ("2019-10-01 00:00:00Z", "2019-10-01 00:00:00"),
        ("2019-10-01 08:00:00+08", "2019-10-01 00:00:00"),
        ("2019-10-01 00:00:00+00", "2019-10-01 00:00:00"),
        ("2019-10-01 08:00:00+8:00", "2019-10-01 00:00:00"),
        ("2019-10-01T08:00:00+0800", "2019-10-01 00:00:00"),
        ("2019-10-01T08:00:00.250+08:00", "2019-10-01 00:00:00.25"),
        ("2019-10-01 01:00:00 Europe/London", "2019-10-01 00:00:00"),
        ("2019-10-01 08:00:00 GMT+08:00", "2019-10-01 00:00:00"),
        ("2019-10-01T08:00+08:00", "2019-10-01 00:00:00"),
        ("2019-10-01 00:00Z", "2019-10-01 00:00:00"),
        ("2019-10-01 02:00:00 CET", "2019-10-01 00:00:00"),
        ("2019-09-30 20:00:00", "2019-10-01 00:00:00"),
        ("  2019-09-30 20:00:00 ", "2019-10-01 00:00:00"),
        ("2019-10-01", "2019-10-01 04:00:00"),
    ],
)
def test_a_text_that_names_its_zone_is_that_instant_and_another_the_wall_clock(
    spark: SparkSession, text: str, instant: str
) -> None:
    assert _read(spark, [text], zone="America/New_York") == [(instant, None, "")]


def test_one_digit_names_without_a_slash_and_all_offsets_of_the_cast_are_read(spark: SparkSession) -> None:
    texts = [
        "2019-10-1 0:0:0 UTC",
        "2019-10-1T0:0:0Z",
        "2019-10-1 9:0:0+09:00",
        "2019-10-1 9:0+09:00",
        "2019-10-01 08:00:00+08:00:00",
        "2019-10-01 08:00:30+080030",
        "2019-10-01 08:00 +8",
        "2019-10-01 01:00:00 UTC+1",
        "2019-10-01 00:00:00GMT0",
        "2019-10-01 08:00:00 Singapore",
        "2019-10-01 09:00:00 Japan",
        "2019-09-30 17:00:00 PST8PDT",
        "2019-09-30 20:00 EST5EDT",
        "2019-10-01 03:00:00 W-SU",
        "2019-10-01 01:00:00 GB",
        "2019-10-01 00:00:00 Zulu",
        "2019-10-01 05:00:00 Etc/GMT-5",
        "2019-9-30 20:0:0.",
        "2019-9-30T20:0",
        "2019-09-30 20",
    ]
    assert _read(spark, texts, zone="America/New_York") == [("2019-10-01 00:00:00", None, "")] * len(texts)


def test_every_zone_that_spark_knows_counts_once(spark: SparkSession) -> None:
    # tzdata has the first three as offsets, people write them of several places; Java has no ROC
    zones = sorted(available_timezones() - {"EST", "HST", "MST", "ROC"})
    texts = [f"2019-7-1 20:0:0 {zone}" for zone in zones]
    rows = spark.createDataFrame(list(enumerate(texts)), "n int, v string").orderBy("n")
    known = [row[0] for row in rows.select(F.col("v").try_cast("timestamp").isNotNull()).collect()]
    clocks = [datetime(2019, 7, 1, 20, tzinfo=ZoneInfo(zone)).astimezone(UTC) for zone in zones]
    wanted = [
        (f"{clock:%Y-%m-%d %H:%M:%S}", None, "") if is_known else (None, "at_unreadable", "")
        for clock, is_known in zip(clocks, known, strict=True)
    ]
    assert sum(known) > 500
    assert _read(spark, texts, zone="America/New_York") == wanted


def test_what_stands_behind_a_time_and_is_no_zone_is_unreadable(spark: SparkSession) -> None:
    rests = [
        "Mars/Olympus", "europe/london", "+19", "+01:60", "+800", "UTC +1", "Z Z", "+0000 UTC", "+01:00[Europe/London]",
        "z", "\u221204:00", ",5", "PM", "at noon", ".5.5", ":30",
    ]  # fmt: skip
    texts = [f"{clock}{rest}" for clock in ("2019-10-01 00:00:00", "2019-10-1T0:0:0") for rest in rests]
    assert _read(spark, texts, zone="America/New_York") == [(None, "at_unreadable", "")] * len(texts)


def test_a_time_of_day_with_a_zone_needs_a_day_too(spark: SparkSession) -> None:
    texts = ["08:12:00Z", "T08:12:00+01:00", "8:1:5 Singapore", "2019-10 08:12:00Z"]
    assert _read(spark, texts, zone="America/New_York") == [(None, "at_unreadable", "")] * 4


@pytest.mark.parametrize("zone", ["CST", "IST", "BST", "EST", "PST"])
def test_a_short_name_that_several_zones_have_is_refused(spark: SparkSession, zone: str) -> None:
    texts = [f"2019-10-01 00:00:00 {zone}", f"2019-10-1T0:0{zone} "]
    assert _read(spark, texts, zone="UTC") == [(None, "at_zone_ambiguous", "")] * 2


@pytest.mark.parametrize("text", ["45415", "202405", "08:12:00", "-1", "2024-02-30 10:00:00", "2024-05-03 08:12:00 PM"])
def test_digits_times_without_a_day_and_days_that_do_not_exist_are_unreadable(spark: SparkSession, text: str) -> None:
    assert _read(spark, [text], zone="UTC") == [(None, "at_unreadable", "")]
    if "PM" not in text:
        assert _read(spark, [text], zone="UTC", wanted="date") == [(None, "at_unreadable", "")]


def test_an_event_lies_between_the_first_day_and_a_day_after_it_was_taken(spark: SparkSession) -> None:
    texts = [
        "0001-01-01",
        "2014-12-31 23:59:59",
        "2015-01-01",
        "2024-06-02 12:00:00",
        "2024-06-02 12:00:01",
        "9999-12-31",
    ]
    faults = [row[1] for row in _read(spark, texts, zone="UTC")]
    assert faults == ["at_plausible", "at_plausible", None, None, "at_plausible", "at_plausible"]


def test_hours_that_summer_time_skips_or_repeats_follow_the_rule_and_are_warned_of(spark: SparkSession) -> None:
    texts = [
        "2024-03-31 00:59:59", "2024-03-31 01:30:00", "2024-03-31 02:00:00", "2023-10-29 00:59:59",
        "2023-10-29 01:00:00", "2023-10-29 01:59:59", "2023-10-29 02:00:00", "2023-10-29 01:30:00Z",
    ]  # fmt: skip
    skipped, repeated = "at_in_skipped_hour", "at_in_repeated_hour"
    assert _read(spark, texts, zone="Europe/London") == [
        ("2024-03-31 00:59:59", None, ""),
        ("2024-03-31 01:30:00", None, skipped),
        ("2024-03-31 01:00:00", None, ""),
        ("2023-10-28 23:59:59", None, ""),
        ("2023-10-29 00:00:00", None, repeated),
        ("2023-10-29 00:59:59", None, repeated),
        ("2023-10-29 02:00:00", None, ""),
        ("2023-10-29 01:30:00", None, ""),
    ]


def test_a_change_of_half_an_hour_or_at_midnight_counts_too(spark: SparkSession) -> None:
    assert [
        row[2] for row in _read(spark, ["2023-04-02 01:29:59", "2023-04-02 01:30:00"], zone="Australia/Lord_Howe")
    ] == [
        "",
        "at_in_repeated_hour",
    ]
    assert [row[2] for row in _read(spark, ["2018-11-04 00:30:00"], zone="America/Sao_Paulo")] == ["at_in_skipped_hour"]
    assert days_of_changes("Asia/Shanghai")[-1] < date(1992, 1, 1)
    assert days_of_changes("Etc/UTC") == ()


def test_an_open_end_is_null_and_other_days_may_be_old_or_to_come(spark: SparkSession) -> None:
    texts = ["9999-12-31", "9999-12-31 23:59:59", "2199-12-31", "1900-01-01", "1899-12-30", "0001-01-01", ""]
    assert _read(spark, texts, zone="UTC", wanted="date") == [
        (None, None, "at_open"),
        (None, None, "at_open"),
        ("2199-12-31", None, ""),
        ("1900-01-01", None, ""),
        ("1899-12-30", "at_plausible", ""),
        ("0001-01-01", "at_plausible", ""),
        (None, None, ""),
    ]


def test_the_day_of_an_instant_is_the_day_in_the_zone(spark: SparkSession) -> None:
    late = "2024-05-03T23:30:00Z"
    assert _read(spark, [late], zone="Europe/London", wanted="date")[0][0] == "2024-05-04"
    at = [datetime(2024, 5, 3, 23, 30)]  # noqa: DTZ001 - the session's UTC
    assert _read(spark, at, zone="Europe/London", wanted="date", yields="timestamp")[0][0] == "2024-05-04"
    assert _read(spark, at, zone="Europe/London", wanted="date", yields="timestamp_ntz")[0][0] == "2024-05-03"


def test_the_day_of_a_text_whose_instant_is_not_known_is_the_day_that_it_says(spark: SparkSession) -> None:
    texts = [
        "2024-05-03 23:30:00 CST",
        "2024-5-3 8:12 pm",
        "2024-5-4 3:30 Singapore",
        "2024-05-03 23:30:00 Mars/Olympus",
    ]
    days = [("2024-05-03", None, "")] * 3 + [(None, "at_unreadable", "")]
    assert _read(spark, texts, zone="Europe/London", wanted="date") == days


def test_a_time_stamp_without_a_zone_is_a_wall_clock(spark: SparkSession) -> None:
    at = [datetime(2024, 3, 31, 1, 30), datetime(2023, 7, 1, 12)]  # noqa: DTZ001
    assert _read(spark, at, zone="Europe/London", yields="timestamp_ntz") == [
        ("2024-03-31 01:30:00", None, "at_in_skipped_hour"),
        ("2023-07-01 11:00:00", None, ""),
    ]
    assert _read(spark, at, zone="Europe/London", yields="timestamp")[1] == ("2023-07-01 12:00:00", None, "")
