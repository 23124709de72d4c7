"""From which day on news change what features tell, and for which dates a row counts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from features.shop_rows import CUT, ZONE, D, happened, item, line, person, rows, values_of
from footfall.features.calendar import MOST_DATES, Calendar
from footfall.features.changes import changed_rows, first_day, first_day_of_actors
from footfall.tables import DAILY_ACTIVITY, IDENTITIES, ITEMS, ORDER_LINES

SECOND = timedelta(seconds=1)
DATES = (D, D + timedelta(days=1), D + timedelta(days=30))


def test_a_rows_bits_are_the_dates_of_which_it_is_true(spark: SparkSession) -> None:
    days = [D + timedelta(days=n) for n in (-91, -90, -1, 0, 1, 29, 30)]
    calendar = Calendar.of(DATES[::-1], ZONE)
    frame = spark.createDataFrame([(day,) for day in days], "day date")
    bits = frame.select(calendar.past(F.col("day")).alias("p"), calendar.window(F.col("day"), days=90).alias("w"))
    assert [tuple(row) for row in bits.collect()] == [
        (0b111, 0), (0b111, 0b001), (0b111, 0b111), (0b110, 0b110), (0b100, 0b100), (0b100, 0b100), (0, 0)
    ]  # fmt: skip
    instants = [CUT - SECOND, CUT, CUT + timedelta(days=1), CUT + timedelta(days=30), None]
    known = spark.createDataFrame([(at,) for at in instants], "at timestamp").select(calendar.known(F.col("at")))
    assert [row[0] for row in known.collect()] == [0b111, 0b110, 0b100, 0, 0]
    assert values_of(calendar.frame(frame), "as_of_date", "bit") == sorted(zip(DATES, (1, 2, 4), strict=True), key=str)


def test_a_calendar_has_as_many_dates_as_a_number_has_bits_for() -> None:
    days = [D + timedelta(days=n) for n in range(MOST_DATES + 1)]
    assert Calendar.of(days[:-1], ZONE).all_bits == 2**MOST_DATES - 1
    for dates in (days, []):
        with pytest.raises(ValueError, match="a calendar has 1 to 60"):
            Calendar.of(dates, ZONE)


def test_facts_change_what_is_told_from_the_later_of_their_two_days_on(spark: SparkSession) -> None:
    late = line("o1", "ann", happened(40, known=CUT - SECOND))  # the shop's last day before D
    assert _day(first_day(rows(spark, ORDER_LINES, late), time_zone=ZONE)) == D - timedelta(days=1)
    early = {"actor_id": "ann", "event_date": D, "known_date": D - timedelta(days=9)}
    assert _day(first_day(rows(spark, DAILY_ACTIVITY, early), time_zone=ZONE)) == D
    entry = item("milk", "DAIRY", "MILK", valid_from=CUT, known_at=CUT - timedelta(days=3))
    assert _day(first_day(rows(spark, ITEMS, entry), time_zone=ZONE)) == D
    assert _day(first_day(rows(spark, ORDER_LINES), time_zone=ZONE)) is None


@pytest.mark.parametrize(
    ("identity", "day"),
    [
        (person("ann"), D - timedelta(days=20)),
        (person("ann", known_from=CUT - timedelta(days=5)), D - timedelta(days=5)),
        (person("cat"), None),  # did nothing
    ],
)
def test_an_identity_changes_what_is_told_from_what_its_actor_did_first(
    spark: SparkSession, identity: dict[str, Any], day: date | None
) -> None:
    days = [{"actor_id": who, "event_date": D - timedelta(days=n), "known_date": D - timedelta(days=k)}
            for who, n, k in (("ann", 30, 20), ("ann", 10, 10), ("bob", 90, 90))]  # fmt: skip
    activity, identities = rows(spark, DAILY_ACTIVITY, *days), rows(spark, IDENTITIES, identity)
    assert _day(first_day_of_actors(identities, activity, time_zone=ZONE)) == day


def test_an_identity_that_was_closed_changes_nothing_before_it_was(spark: SparkSession) -> None:
    activity = rows(
        spark,
        DAILY_ACTIVITY,
        {"actor_id": "ann", "event_date": D - timedelta(days=30), "known_date": D - timedelta(days=30)},
    )
    closed = rows(spark, IDENTITIES, person("ann"), person("ann", known_to=CUT - timedelta(days=4)))
    assert _day(first_day_of_actors(closed, activity, time_zone=ZONE)) == D - timedelta(days=4)


def test_rows_that_went_came_or_changed_are_changed_rows(spark: SparkSession) -> None:
    before = rows(spark, ITEMS, item("a", "X", "x", batch_id=1), item("b", "X", None), item("c", "X", "x"))
    now = rows(spark, ITEMS, item("a", "X", "x", batch_id=2), item("b", "X", "x"), item("d", "X", "x"))
    assert values_of(changed_rows(before, now), "item_id", "category") == [
        ("b", "x"), ("b", None), ("c", "x"), ("d", "x")
    ]  # fmt: skip


def _day(frame: Any) -> date | None:
    return frame.collect()[0][0]
