"""A full dump's day stands in the path of its file; what holds no day that can be is set aside by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.mapping.source import Feed
from footfall.refine.feeds import RawFeed, has_versions
from footfall.refine.file_days import start_of_day
from footfall.refine.fills import ShopDefaults
from footfall.refine.mapped import map_rows
from footfall.tables import ITEMS

TAKEN = datetime(2024, 6, 1, 12, tzinfo=UTC)
SHAPE = "_source string, _file string, _position long, _known_at timestamp, _corrupt string, sku string, since string"
DUMP: dict[str, Any] = {
    "files": "d/*.csv",
    "format": "csv",
    "file_day": r"dump_([0-9-]+)",
    "into": {"items": {"columns": {"item_id": "sku"}}},
}


@pytest.mark.parametrize(
    ("path", "zone", "instant"),
    [
        ("d/dump_20240503.csv", "Europe/London", "2024-05-02 23:00:00"),
        ("d/dump_2024-05-03.csv.gz", "Europe/London", "2024-05-02 23:00:00"),
        ("d/dump_2024-05-03/part-1.csv", "Asia/Shanghai", "2024-05-02 16:00:00"),
        ("d/dump_20240230.csv", "UTC", None),
        ("d/dump_2024-0503.csv", "UTC", None),
        ("d/dump_240503.csv", "UTC", None),
        ("d/other.csv", "UTC", None),
    ],
)
def test_a_day_in_a_path_begins_at_midnight_of_the_zone(
    spark: SparkSession, path: str, zone: str, instant: str | None
) -> None:
    frame = spark.createDataFrame([(path,)], "path string")
    row = frame.select(start_of_day(F.col("path"), r"dump_([0-9-]+)", zone).cast("string")).first()
    assert row is not None
    assert row[0] == instant


def _mapped(spark: SparkSession, feed: dict[str, Any], *files: str) -> list[tuple[Any, ...]]:
    """Of each file's row: from when it holds, the delay, and what cannot be read."""
    raw = spark.createDataFrame([("s", f, n, TAKEN, None, "A", "2024-01-01") for n, f in enumerate(files)], SHAPE)
    rows = map_rows(
        raw, feed=Feed.model_validate(feed), feed_name="f", table=ITEMS, shop=ShopDefaults("Europe/London", "GBP"),
        vault=None, text_ids=lambda text: text,
    )  # fmt: skip
    since = F.col("_since").cast("string")
    return [tuple(r) for r in rows.orderBy("_position").select(since, "_delay_s", "_unreadable").collect()]


def test_a_row_holds_from_the_day_of_its_file_and_is_set_aside_where_there_is_none(spark: SparkSession) -> None:
    files = ("dump_20240503.csv", "dump_20240602.csv", "dump_20240603.csv", "dump_x.csv", "dump_19691231.csv")
    assert _mapped(spark, DUMP | {"known": {"delay": "2 hours"}}, *files) == [
        ("2024-05-02 23:00:00", 7200, []),
        ("2024-06-01 23:00:00", 7200, []),  # within a day of the taking: clocks may be ahead
        ("2024-06-02 23:00:00", 7200, ["file_day_plausible"]),
        (None, 7200, ["file_day_unreadable"]),
        ("1969-12-30 23:00:00", 7200, ["file_day_plausible"]),
    ]


def test_without_a_day_a_row_holds_from_when_it_was_taken_and_a_mapped_valid_from_stays(spark: SparkSession) -> None:
    by_arrival = {key: value for key, value in DUMP.items() if key != "file_day"}
    assert _mapped(spark, by_arrival, "dump_x.csv") == [("2024-06-01 12:00:00", None, [])]
    mapped = by_arrival | {"into": {"items": {"columns": {"item_id": "sku", "valid_from": "since"}}}}
    assert _mapped(spark, mapped, "dump_x.csv") == [(None, None, [])]
    versions = {name: has_versions([_raw_feed(feed)], ITEMS) for name, feed in {"a": by_arrival, "m": mapped}.items()}
    assert versions == {"a": True, "m": False}
    assert has_versions([_raw_feed(mapped), _raw_feed(by_arrival)], ITEMS)


def _raw_feed(feed: dict[str, Any]) -> RawFeed:
    return RawFeed("s_f", "s", Feed.model_validate(feed))
