"""Rows of other feeds beside a feed's rows: the newest with their key, or the row waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.errors import SourceError
from footfall.mapping.source import Feed
from footfall.refine.lookups import OtherFeed, with_lookups
from footfall.refine.own_names import with_own_names_apart
from footfall.refine.typed import typed_source
from footfall.steps.sorting import RAW_ROW
from footfall.steps.source_names import comment_of

ARRIVAL = "_source string, _file string, _position long, _known_at timestamp, batch_id long, _corrupt string"
TAKEN = datetime(2024, 3, 1, 12, tzinfo=UTC)
Row = tuple[Any, ...]


def _raw(spark: SparkSession, shape: str, *rows: Row, file: str = "a.csv", batch: int = 1) -> DataFrame:
    whole = [("shop", file, n, TAKEN, batch, None, *row) for n, row in enumerate(rows)]
    return spark.createDataFrame(whole, f"{ARRIVAL}, {shape}")


def _feed(*lookups: str, **keys: Any) -> Feed:
    columns = {"item_id": "sku", "item_name": "orders.state", "brand": "customers.city"}
    used = {
        c: sql for c, sql in columns.items() if "." not in sql or any(sql.split(".")[0] in text for text in lookups)
    }
    feed = {"files": "x", "format": "csv", "with": list(lookups), "into": {"items": {"columns": used}}, **keys}
    return Feed.model_validate(feed)


def _other(rows: DataFrame | None, **keys: Any) -> OtherFeed:
    return OtherFeed(Feed.model_validate({"files": "y", "format": "csv", **keys}), rows)


def _answers(rows: DataFrame, *columns: str) -> list[Row]:
    return [tuple(row) for row in rows.orderBy("_position").selectExpr(*columns, "_waits_for").collect()]


def test_the_newest_row_counts_and_a_row_without_one_waits_unless_it_names_nobody(spark: SparkSession) -> None:
    items = _raw(
        spark,
        "sku string, order_id string",
        ("A", "1"),
        ("B", " 1 "),
        ("C", "7"),
        ("D", None),
        ("E", "NULL"),
        ("F", "2"),
    )
    orders = (
        _raw(spark, "id string, state string", ("1", "paid"), ("2", "late"), file="10.csv", batch=1)
        .unionByName(_raw(spark, "id string, state string", ("1", "old"), file="9.csv", batch=1))
        .unionByName(_raw(spark, "id string, state string", ("2", "new"), (None, "none"), file="1.csv", batch=2))
    )
    rows = with_lookups(items, _feed("orders on order_id = id"), {"orders": _other(orders)})
    assert _answers(rows, "sku", "orders.state") == [
        ("A", "paid", None), ("B", "paid", None), ("C", None, "orders"), ("D", None, None), ("E", None, None), ("F", "new", None),
    ]  # fmt: skip


def test_columns_of_names_that_footfall_uses_are_found_on_both_sides(spark: SparkSession) -> None:
    named = {"comment": comment_of({"": "batch_id"})}
    items, payouts = (
        _raw(spark, f"batch_id_2 string, {more} string", *rows)
        for more, rows in (("sku", [("7", "A"), ("8", "B")]), ("state", [("7", "paid")]))
    )
    items, payouts = (rows.withMetadata("batch_id_2", named) for rows in (items, payouts))
    columns = {"item_id": "sku", "item_name": "payouts.state", "brand": "payouts.batch_id"}
    described = {
        "files": "x",
        "format": "csv",
        "with": ["payouts on batch_id = batch_id"],
        "into": {"items": {"columns": columns}},
    }
    feed = with_own_names_apart(Feed.model_validate(described), items)
    other = with_own_names_apart(
        Feed.model_validate({"files": "y", "format": "csv", "types": {"batch_id": "INT"}}), payouts
    )
    rows = with_lookups(items, feed, {"payouts": OtherFeed(other, payouts)})
    assert _answers(rows, "sku", "payouts.state", "payouts.batch_id") == [
        ("A", "paid", 7, None),
        ("B", None, None, "payouts"),
    ]


def test_the_day_of_a_dump_goes_before_its_arrival(spark: SparkSession) -> None:
    dumps = [("d_20240502.csv", 1, "second"), ("d_20240501.csv", 2, "first")]
    first, second = (_raw(spark, "id int, state string", (1, text), file=file, batch=n) for file, n, text in dumps)
    orders = _other(first.unionByName(second), file_day=r"d_(\d{8})", into={})
    items = _raw(spark, "sku string, order_id double", ("A", 1.0))  # pandas makes doubles of whole numbers
    rows = with_lookups(items, _feed("orders on order_id = id"), {"orders": orders})
    assert _answers(rows, "orders.state") == [("second", None)]


def test_a_chain_waits_for_what_is_absent_first(spark: SparkSession) -> None:
    items = _raw(spark, "sku string, order_id string", ("A", "1"), ("B", "2"), ("C", "3"), ("D", "4"))
    orders = _raw(
        spark, "id string, customer_id string, state string", ("1", "10", "x"), ("2", "11", "x"), ("3", None, "x")
    )
    customers = _raw(spark, "id string, city string", ("10", "Hull"))
    feed = _feed("orders on order_id = id", "customers on orders.customer_id = id")
    rows = with_lookups(items, feed, {"orders": _other(orders), "customers": _other(customers)})
    assert _answers(rows, "sku", "customers.city") == [
        ("A", "Hull", None), ("B", None, "customers"), ("C", None, None), ("D", None, "orders"),
    ]  # fmt: skip


def test_a_feed_that_has_not_come_has_no_rows(spark: SparkSession) -> None:
    items = _raw(spark, "sku string, order_id string", ("A", "1"))
    rows = with_lookups(items, _feed("orders on order_id = id"), {"orders": _other(None)})
    assert _answers(rows, "orders.state") == [(None, "orders")]


def test_two_pairs_have_to_fit_both(spark: SparkSession) -> None:
    items = _raw(spark, "sku string, shop string, no string", ("A", "x", "1"), ("B", "y", "1"), ("C", "y", None))
    orders = _raw(spark, "shop string, no string, state string", ("x", "1", "paid"))
    rows = with_lookups(items, _feed("orders on shop = shop and no = no"), {"orders": _other(orders)})
    assert _answers(rows, "sku", "orders.state") == [("A", "paid", None), ("B", None, "orders"), ("C", None, None)]


def test_an_unreadable_value_that_is_looked_up_is_a_fault_of_the_row_and_its_raw_row_is_its_own(
    spark: SparkSession,
) -> None:
    items = _raw(spark, "sku string, order_id string", ("A", "1"))
    orders = _raw(spark, "id string, state string, rebate string", ("1", "many", "x"))
    feed = _feed("orders on order_id = id")
    looked_up = with_lookups(items, feed, {"orders": _other(orders, types={"state": "INT", "rebate": "INT"})})
    row = typed_source(looked_up, feed).select("_types", F.to_json(RAW_ROW)).first()
    assert tuple(row or ()) == (["state_unreadable"], '{"sku":"A","order_id":"1"}')


def test_columns_that_are_not_there_are_named(spark: SparkSession) -> None:
    items = _raw(spark, "sku string, orders string", ("A", "1"))
    orders = _raw(spark, "id string, state string", ("1", "paid"))
    with pytest.raises(SourceError) as caught:
        with_lookups(items, _feed("orders on order_id = no"), {"orders": _other(orders)})
    assert "the files have a column orders too" in caught.value.what
    assert "no column order_id in the files" in caught.value.what
    assert "no column no in the files of orders (they have id, state)" in caught.value.what
