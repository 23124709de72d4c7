"""Full dumps become history: the newest row of a moment counts, and only what says something else is a new version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Column, Layer, Rule, Table, Written
from footfall.steps import history, sorting

ITEMS = Table(
    name="items",
    layer=Layer.REFINED,
    version=1,
    grain="one row per item and version",
    columns=(
        Column("item_id", "string", "its number"),
        Column("valid_from", "timestamp", "from when"),
        Column("valid_to", "timestamp", "until when"),
        Column("known_at", "timestamp", "when it was known", required=True),
        Column("name", "string", "its name"),
        Column("properties", "map<string,string>", "more"),
    ),
    key=("item_id", "valid_from"),
    rules=(Rule("has_a_name", "name <> '?'"),),
    written=Written.REPLACE,
)
SHAPE = (
    "item_id string, name string, properties map<string,string>, _file string, _position long, _since timestamp, "
    "_taken_at timestamp, valid_from timestamp, _delay_s int, _feed string, _taken_by long"
)
EVER = "1970-01-01"


def _time(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _row(item: str, name: str, file: str, since: str, *, taken: str = "2024-06-01", **more: Any) -> tuple[Any, ...]:
    mapped = more.get("mapped")
    return (
        item, name, more.get("properties"), file, more.get("position", 0), None if mapped else _time(since),
        _time(taken), _time(mapped or EVER), more.get("delay", 0), more.get("feed", "f"), more.get("batch", 1),
    )  # fmt: skip


def _marked(spark: SparkSession, *rows: tuple[Any, ...]) -> DataFrame:
    known = F.expr("coalesce(timestampadd(SECOND, _delay_s, valid_from), _taken_at)")
    frame = spark.createDataFrame(list(rows), SHAPE).withColumns(
        {
            "valid_to": F.lit(None).cast("timestamp"),
            "known_at": known,
            "_skipped": F.lit(None).cast("string"),
            "_unreadable": F.array().cast("array<string>"),
        }
    )
    return history.mark(sorting.check_rules(frame, ITEMS), ITEMS)


def _versions(marked: DataFrame) -> list[tuple[str, str, str | None, str]]:
    """Item, first and last day, and name of each version."""
    valid = marked.where(sorting.is_valid()).select(*ITEMS.column_names)
    days = [F.date_format(c, "yyyy-MM-dd") for c in ("valid_from", "valid_to")]
    versions = sorting.close_intervals(valid, ITEMS).orderBy("item_id", "valid_from").select("item_id", *days, "name")
    return [tuple(row) for row in versions.collect()]


def _places(marked: DataFrame) -> list[tuple[str, int]]:
    """File and position of the duplicates."""
    rows = marked.where(sorting.DUPLICATE).orderBy("_file", "_position").select("_file", "_position").collect()
    return [tuple(row) for row in rows]


def test_a_changed_row_is_a_version_from_its_day_and_an_equal_one_a_duplicate(spark: SparkSession) -> None:
    marked = _marked(
        spark,
        _row("A", "Oat", "d3.csv", "2024-05-03"),
        _row("A", "Oat", "d1.csv", "2024-05-01"),
        _row("A", "Oat drink", "d2.csv", "2024-05-02"),
        _row("A", "Oat", "d4.csv", "2024-05-04"),
        _row("B", "Tea", "d3.csv", "2024-05-03", position=1),
    )
    assert _versions(marked) == [
        ("A", EVER, "2024-05-02", "Oat"),
        ("A", "2024-05-02", "2024-05-03", "Oat drink"),
        ("A", "2024-05-03", None, "Oat"),
        ("B", EVER, None, "Tea"),  # it came later, and is held to have been so ever since
    ]
    assert _places(marked) == [("d4.csv", 0)]


def test_a_dump_that_comes_late_takes_its_place(spark: SparkSession) -> None:
    marked = _marked(
        spark,
        _row("A", "new", "d2.csv", "2024-05-02", taken="2024-05-02"),
        _row("A", "old", "d1.csv", "2024-05-01", taken="2024-06-01"),
    )
    assert _versions(marked) == [("A", EVER, "2024-05-02", "old"), ("A", "2024-05-02", None, "new")]


def test_a_late_dump_does_not_make_known_later_what_was_known_before_it_came(spark: SparkSession) -> None:
    rows = (
        _row("A", "Oat", "d1.csv", "2024-05-01", taken="2024-06-01", delay=None),
        _row("A", "Oat", "d2.csv", "2024-05-02", taken="2024-05-02", delay=None),
        _row("A", "Oat", "d3.csv", "2024-05-03", taken="2024-05-03", delay=None),
    )
    valid = _marked(spark, *rows).where(sorting.is_valid()).orderBy("valid_from")
    days = valid.select(*(F.date_format(c, "yyyy-MM-dd") for c in ("valid_from", "known_at"))).collect()
    assert [tuple(row) for row in days] == [(EVER, "2024-06-01"), ("2024-05-02", "2024-05-02")]


def test_of_files_taken_together_the_greater_number_is_newer_and_of_a_file_the_last_row(spark: SparkSession) -> None:
    taken = {"taken": "2024-06-01"}
    marked = _marked(
        spark,
        _row("A", "tenth", "x/10.csv", "2024-06-01", **taken),
        _row("A", "ninth", "x/9.csv", "2024-06-01", **taken),
        _row("A", "last row of the tenth", "x/10.csv", "2024-06-01", **taken, position=1),
        _row("A", "eighth, taken later", "x/8.csv", "2024-06-02", taken="2024-06-02"),
    )
    assert _versions(marked) == [
        ("A", EVER, "2024-06-02", "last row of the tenth"),
        ("A", "2024-06-02", None, "eighth, taken later"),
    ]
    assert _places(marked) == [("x/10.csv", 0), ("x/9.csv", 0)]


def test_of_two_files_of_one_day_the_one_taken_later_is_the_correction(spark: SparkSession) -> None:
    marked = _marked(
        spark,
        _row("A", "wrong", "d1_z.csv", "2024-05-01", taken="2024-05-01"),
        _row("A", "right", "d1_a.csv", "2024-05-01", taken="2024-05-02"),
    )
    assert _versions(marked) == [("A", EVER, None, "right")]


def test_two_runs_by_one_clock_are_told_apart_by_their_batches(spark: SparkSession) -> None:
    marked = _marked(
        spark,
        _row("A", "second run", "8.csv", "2024-06-01", batch=2),
        _row("A", "first run", "9.csv", "2024-06-01", batch=1),
    )
    assert _versions(marked) == [("A", EVER, None, "second run")]


def test_what_is_kept_of_a_row_is_content_too_and_null_is_a_value(spark: SparkSession) -> None:
    marked = _marked(
        spark,
        _row("A", "Oat", "d1.csv", "2024-05-01", properties={"a": "1", "b": "2"}),
        _row("A", "Oat", "d2.csv", "2024-05-02", properties={"b": "2", "a": "1"}),
        _row("A", "Oat", "d3.csv", "2024-05-03", properties={"a": "1"}),
        _row("A", "Oat", "d4.csv", "2024-05-04", properties=None),
        _row("A", "Oat", "d5.csv", "2024-05-05", properties=None),
    )
    days = [first for _, first, _, _ in _versions(marked)]
    assert days == [EVER, "2024-05-03", "2024-05-04"]


def test_a_row_that_broke_a_rule_is_no_version(spark: SparkSession) -> None:
    marked = _marked(
        spark,
        _row("A", "?", "d1.csv", "2024-05-01"),
        _row("A", "Oat", "d2.csv", "2024-05-02"),
        _row("A", "?", "d3.csv", "2024-05-03"),
        _row("A", "Oat", "d4.csv", "2024-05-04"),
    )
    assert _versions(marked) == [("A", EVER, None, "Oat")]
    assert _places(marked) == [("d4.csv", 0)]


def test_a_version_is_known_by_the_delay_after_it_began_or_when_it_was_taken(spark: SparkSession) -> None:
    marked = _marked(
        spark,
        _row("A", "x", "d1.csv", "2024-05-01", delay=3600),
        _row("A", "y", "d2.csv", "2024-05-02", delay=3600),
        _row("B", "x", "d1.csv", "2024-05-01", delay=None, position=1),
        _row("B", "y", "d2.csv", "2024-05-02", delay=None, position=1),
    )
    known = marked.orderBy("item_id", "valid_from").select(F.date_format("known_at", "yyyy-MM-dd HH")).collect()
    assert [row[0] for row in known] == ["1970-01-01 01", "2024-05-02 01", "2024-06-01 00", "2024-06-01 00"]


def test_beside_rows_without_one_a_mapped_valid_from_stays_and_is_a_version_of_its_own(spark: SparkSession) -> None:
    marked = _marked(
        spark,
        _row("A", "Oat", "plan.csv", "", mapped="2024-05-02", feed="g"),
        _row("A", "Oat", "d1.csv", "2024-05-01"),
        _row("A", "Oat", "plan.csv", "", mapped="2024-05-04", feed="g", position=1),
        _row("A", "Oat", "d5.csv", "2024-05-05"),
    )
    assert [first for _, first, _, _ in _versions(marked)] == [EVER, "2024-05-02", "2024-05-04"]
    assert _places(marked) == [("d5.csv", 0)]


@pytest.mark.parametrize(
    "names",
    [
        ["9.csv", "10.csv", "100.csv"],
        ["dt=2024-5-9/a.csv", "dt=2024-05-10/a.csv"],
        ["a2b10.csv", "a10b2.csv"],
        ["8.csv", "08.csv", "9.csv"],  # equal numbers: by the name itself
        ["a99999999999999999999.csv", "b1.csv"],
    ],
)
def test_numbers_in_names_are_compared_by_their_value(spark: SparkSession, names: list[str]) -> None:
    frame = spark.createDataFrame([(name,) for name in reversed(names)], "file string")
    rows = frame.orderBy(history.in_order_of_numbers(F.col("file")), F.desc("file")).collect()
    assert [row["file"] for row in rows] == names
