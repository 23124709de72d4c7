"""Values on some lines of an order only are given to its other lines: from a line above, or from any line; never to another order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.mapping.source import Feed
from footfall.refine.expressions import expression_faults
from footfall.refine.fills import ShopDefaults
from footfall.refine.mapped import map_rows
from footfall.refine.pseudonyms import identifier_derivation, new_pseudonyms
from footfall.refine.typed import typed_source
from footfall.steps.sorting import SKIPPED, UNREADABLE
from footfall.tables import COUPON_REDEMPTIONS

SHAPE = "_source string, _file string, _position long, _known_at timestamp, _corrupt string"
DOWN = {"within": "Order", "columns": ["Created at"]}
ALL = {"within": "Order", "columns": ["Gone"]}


def _raw(
    spark: SparkSession, *rows: tuple[str | None, str | None, str | None], file: str = "a.csv", hour: int = 12
) -> DataFrame:
    taken = datetime(2024, 3, 1, hour, tzinfo=UTC)
    whole = [("shop", file, i, taken, None, *row) for i, row in enumerate(rows)]
    return spark.createDataFrame(whole, f"{SHAPE}, Order string, `Created at` string, Gone string")


def _feed(**changes: Any) -> Feed:
    target = {
        "actor": {"kind": "mail", "identifier": "`Created at`"},
        "skipped": [{"when": "Gone IS NULL", "reason": "still_there"}],
        "columns": {"event_time": "'2024-02-01 08:00:00'", "coupon_id": "Order"},
    }
    feed = {"files": "x/*.csv", "format": "csv", "into": {"coupon_redemptions": target}}
    return Feed.model_validate(feed | {"fill_down": DOWN, "fill_all": ALL} | changes)


def _filled(raw: DataFrame, feed: Feed) -> list[tuple[Any, ...]]:
    rows = typed_source(raw, feed).orderBy("_file", "_known_at", "_position")
    return [tuple(row) for row in rows.select("Order", "`Created at`", "Gone", "_types").collect()]


def test_an_empty_value_is_the_last_one_above_of_the_same_order(spark: SparkSession) -> None:
    raw = _raw(
        spark,
        ("1", "may", None), ("1", " ", None), ("2", "", None), ("1", "june", None), ("1", None, None), ("2", "july", None),
        (None, "august", None), (None, None, None), ("", None, None),
    )  # fmt: skip
    assert [row[1] for row in _filled(raw, _feed(fill_all=None))] == [
        "may", "may", None, "june", "june", "july", "august", None, None,
    ]  # fmt: skip


def test_another_file_and_the_same_file_taken_again_are_other_orders(spark: SparkSession) -> None:
    first, line = ("1", "may", None), ("1", None, None)
    raw = _raw(spark, first, line).unionByName(_raw(spark, line, first, hour=13))
    raw = raw.unionByName(_raw(spark, line, file="b.csv"))
    assert [row[1] for row in _filled(raw, _feed(fill_all=None))] == ["may", "may", None, "may", None]


def test_the_one_value_of_an_order_is_given_to_all_its_lines_and_two_are_a_fault_of_all(spark: SparkSession) -> None:
    raw = _raw(
        spark,
        ("1", "m", None), ("1", "m", "monday"), ("2", "m", None), ("3", "m", "monday"), ("3", "m", None), ("3", "m", "friday"),
        ("4", "m", " monday"), ("4", "m", "monday"), (None, "m", "monday"), (None, "m", None),
    )  # fmt: skip
    rows = _filled(raw, _feed(fill_down=None))
    assert [(row[0], row[2] and row[2].strip(), row[3]) for row in rows] == [
        ("1", "monday", []),
        ("1", "monday", []),
        ("2", None, []),
        ("3", "monday", ["Gone_differs"]),
        ("3", "monday", ["Gone_differs"]),
        ("3", "friday", ["Gone_differs"]),
        ("4", "monday", []),
        ("4", "monday", []),
        (None, "monday", []),
        (None, None, []),
    ]


def test_types_identifiers_and_conditions_see_the_filled_values_and_quarantine_the_row_as_it_came(
    spark: SparkSession,
) -> None:
    raw = _raw(spark, ("1", "k", None), ("1", None, "7"), ("2", "k", None), ("3", "k", "7"), ("3", None, "8"))
    feed = _feed(types={"Gone": "INT"})
    minted = new_pseudonyms([("f", raw, feed)], vault=None, actor_ids=lambda *parts: parts[1])
    assert [row["identifier"] for row in minted.collect()] == ["k"]
    rows = map_rows(
        raw, feed=feed, feed_name="f", table=COUPON_REDEMPTIONS, shop=ShopDefaults("UTC", "EUR"), vault=minted,
        text_ids=lambda text: F.md5(text),
    ).orderBy("_position")  # fmt: skip
    assert [tuple(row) for row in rows.select(SKIPPED, UNREADABLE, "actor_id").collect()] == [
        (None, [], "k"),
        (None, [], "k"),
        ("still_there", [], "k"),
        (None, ["Gone_differs"], "k"),
        (None, ["Gone_differs"], "k"),
    ]
    assert rows.select("_raw_row").collect()[1][0].asDict() == {
        "Order": "1",
        "Created at": None,
        "Gone": "7",
        "_corrupt": None,
    }


def test_names_that_are_no_columns_are_reported_each(spark: SparkSession) -> None:
    feed = _feed(
        fill_down={"within": "Ordr", "columns": ["Created at", "Sum"]}, fill_all={"within": "Order", "columns": ["Gne"]}
    )
    words = "in the files (they have Order, Created at, Gone)"
    assert expression_faults(_raw(spark), feed) == [
        (("fill_down", "within"), f"no column Ordr {words}"),
        (("fill_down", "columns", 1), f"no column Sum {words}"),
        (("fill_all", "columns", 0), f"no column Gne {words}"),
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"fill_all": {"within": "Order", "columns": ["created AT"]}}, "created AT: listed twice"),
        ({"fill_down": {"within": "Order", "columns": ["order"]}}, "order: stands under `within`"),
        ({"fill_down": {"within": "Order", "columns": []}}, "at least 1 item"),
        ({"files": None, "format": "parquet", "delta": "shop.lines"}, "a Delta table has none"),
    ],
)
def test_what_can_be_seen_wrong_without_data_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        _feed(**changes)


def test_filling_derives_other_identifiers() -> None:
    assert identifier_derivation([_feed()]) != identifier_derivation([_feed(fill_down=None)])
