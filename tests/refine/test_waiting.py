"""Rows that waited are read again as they would have been read in the first place, whatever lines of their order came in before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.mapping.source import Source
from footfall.refine import waiting
from footfall.refine.feeds import raw_feeds
from footfall.refine.typed import typed_source
from footfall.refine.waiting import ALL_ROWS, FeedReads
from footfall.steps.sorting import RAW_ROW

TAKEN = datetime(2024, 3, 1, 12, tzinfo=UTC)
ARRIVAL = "_source string, _file string, _position long, _known_at timestamp, batch_id long, _corrupt string"
FILLS = {"fill_down": {"within": "no", "columns": ["mail"]}, "fill_all": {"within": "no", "columns": ["gone"]}}
COLUMNS = {"order_id": "no", "event_time": "'2024-02-01 08:00:00'", "item_id": "sku", "quantity": "1", "amount": "1"}
LINES = {
    "files": "x",
    "format": "csv",
    **FILLS,
    "with": "goods on sku = id",
    "into": {
        "order_lines": {"actor": {"kind": "mail", "identifier": "mail"}, "line_key": ["item_id"], "columns": COLUMNS}
    },
}
SHAPE = "no string, mail string, gone string, sku string"


def _raw(spark: SparkSession, shape: str, file: str, batch: int, *rows: tuple[Any, ...]) -> DataFrame:
    whole = [("shop", file, n, TAKEN, batch, None, *row) for n, row in enumerate(rows)]
    return spark.createDataFrame(whole, f"{ARRIVAL}, {shape}")


@pytest.mark.parametrize("most_files", [0, 1000])
@pytest.mark.parametrize("looks_up", [True, False])
def test_a_row_that_waited_has_the_values_of_lines_that_did_not(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, most_files: int, looks_up: bool
) -> None:
    monkeypatch.setattr(waiting, "MOST_FILES", most_files)
    without = {key: value for key, value in LINES.items() if key != "with"}
    goods = {"files": "y", "format": "csv", "into": {"items": {"columns": {"item_id": "id"}}}}
    source = Source.model_validate(
        {"source": "shop", "about": "x", "feeds": {"lines": LINES if looks_up else without, "goods": goods}}
    )
    feed = next(f for f in raw_feeds([source]) if f.name == "shop_lines")
    old = _raw(spark, SHAPE, "1.csv", 1, ("7", "may", None, "A"), ("7", None, None, "B"), ("7", None, "monday", "C"))
    other = _raw(spark, SHAPE, "1.csv", 2, ("7", "eve", "friday", "A"), ("7", "eve", None, "B"))
    new = _raw(spark, SHAPE, "2.csv", 3, ("8", "june", None, "A"), ("8", "", None, "B"))
    places = [("shop_lines", "1.csv", 1, 0, 1, "goods")]
    frames = {
        feed.reads: new,
        ALL_ROWS + feed.reads: old.unionByName(other).unionByName(new),
        ALL_ROWS + "raw.shop_goods": _raw(spark, "id string", "g.csv", 3, ("A",), ("B",)),
        "raw.waiting_order_lines": spark.createDataFrame(
            places, "feed string, file string, position long, element int, taken_by long, waits_for string"
        ),
    }
    reads = FeedReads([feed], "order_lines", only_new=True, rates=True)
    raw = reads.rows(frames, TAKEN, lambda _, frame: frame)["shop_lines"]
    typed = typed_source(raw, feed.feed).orderBy("_file", "_position")
    row = typed.select("no", "mail", "gone", "sku", "_waited_for", "_types", F.to_json(RAW_ROW)).collect()
    assert [tuple(r) for r in row] == [
        ("7", "may", "monday", "B", "goods", [], '{"no":"7","sku":"B"}'),
        ("8", "june", None, "A", None, [], '{"no":"8","mail":"june","sku":"A"}'),
        ("8", "june", None, "B", None, [], '{"no":"8","mail":"","sku":"B"}'),
    ]
