"""Rows of other feeds beside a feed's rows: the newest with their key, or the row waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.errors import SourceError
from footfall.mapping.source import Feed
from footfall.refine.expressions import expression_faults
from footfall.refine.json_text import reading_json_text
from footfall.refine.kept import properties
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


def test_own_keys_are_compared_as_expressions_see_them(spark: SparkSession) -> None:
    items = _raw(
        spark, "sku string, order_id string, mail string", ("A", "`0001 ", "`m"), ("B", "`02`", None), ("C", "x", "n")
    )
    orders = _raw(spark, "id string, state string", ("1", "paid"), ("`2", "late"))
    customers = _raw(spark, "mail string, city string", ("m", "Hull"))
    fills = {
        "fill_down": {"within": "sku", "columns": ["mail"]},
        "fill_all": {"within": "sku", "columns": ["order_id"]},
    }
    for more in ({}, fills):
        feed = _feed(
            "orders on order_id = id", "customers on mail = mail", strip="`", types={"order_id": "INT"}, **more
        )
        others = {"orders": _other(orders, types={"id": "INT"}, strip="`"), "customers": _other(customers)}
        looked_up = with_lookups(items, feed, others)
        assert _answers(looked_up, "sku", "orders.state", "customers.city") == [
            ("A", "paid", "Hull", None),
            ("B", "late", None, None),
            ("C", None, None, "customers"),
        ]
        typed = typed_source(looked_up, feed).orderBy("_position").select("order_id", "_types", F.to_json(RAW_ROW))
        assert [tuple(row) for row in typed.collect()] == [
            (1, [], '{"sku":"A","order_id":"`0001 ","mail":"`m"}'),
            (2, [], '{"sku":"B","order_id":"`02`"}'),
            (None, ["order_id_unreadable"], '{"sku":"C","order_id":"x","mail":"n"}'),
        ]


def test_a_filled_value_is_a_key_and_fills_of_the_other_feed_hold(spark: SparkSession) -> None:
    items = _raw(spark, "sku string, order_id string", ("A", "1"), ("A", None), ("B", None))
    orders = _raw(
        spark, "no string, id string, state string", ("x", "1", "late"), ("x", None, "paid"), ("y", None, "lost")
    )
    down = {"fill_down": {"within": "sku", "columns": ["order_id"]}}
    others = {"orders": _other(orders, fill_down={"within": "no", "columns": ["id"]})}
    looked_up = with_lookups(items, _feed("orders on order_id = id", **down), others)
    assert _answers(looked_up, "sku", "orders.state") == [("A", "paid", None), ("A", "paid", None), ("B", None, None)]


def test_fields_of_json_text_are_keys_also_of_a_feed_that_was_looked_up(spark: SparkSession) -> None:
    items = _raw(
        spark, "sku string, `order` string", ("A", '{"id":1,"of":{"shop":"x"}}'), ("B", '{"id":2}'), ("C", None)
    )
    orders = _raw(spark, "id string, customer string", ("1", '{"id":"10"}'))
    customers = _raw(spark, "id string, city string", ("10", "Hull"))
    lookups = ("orders on order.id = id", "customers on orders.customer.id = id")
    feed = _feed(*lookups, format="json")
    others = {"orders": _other(orders, format="json"), "customers": _other(customers)}
    rows = [("A", "Hull", None), ("B", None, "orders"), ("C", None, None)]
    assert _answers(with_lookups(items, feed, others), "sku", "customers.city") == rows
    typed = feed.model_copy(update={"types": {"order": "STRUCT<id: INT>"}})
    assert _answers(with_lookups(items, typed, others), "sku", "customers.city") == rows
    none_yet = others | {"orders": _other(None, format="json")}
    assert _answers(with_lookups(items, feed, none_yet), "sku", "customers.city") == [
        ("A", None, "orders"), ("B", None, "orders"), ("C", None, None),
    ]  # fmt: skip


def test_expressions_of_a_json_feed_read_columns_of_other_feeds(spark: SparkSession) -> None:
    into = {
        "items": {
            "columns": {"item_id": "sku.no", "item_name": "concat(people.city, sku.unit)"},
            "keep": ["people.plan"],
        }
    }
    feed = reading_json_text(
        Feed.model_validate({"files": "x", "format": "json", "with": "people on pid = id", "into": into})
    )
    items = _raw(spark, "sku string, pid string", ('{"no":"A","unit":"kg"}', "1"))
    people = _raw(spark, "id string, city string, plan string", ("1", "Hull", "gold"))
    looked_up = with_lookups(items, feed, {"people": _other(people)})
    assert expression_faults(looked_up, feed) == []
    target = feed.into["items"]
    kept = properties(typed_source(looked_up, feed), feed, target)
    row = looked_up.select(*(F.expr(sql) for sql in target.columns.values()), kept).first()
    assert tuple(row or ()) == ("A", "Hullkg", {"people.plan": "gold"})


@pytest.mark.parametrize(
    ("lookups", "keys", "fault"),
    [
        (
            ["orders on order_id.no = id"],
            {},
            "with.0: order_id.no: no field there: what stands before the dot is no object",
        ),
        (
            ["orders on order_id = id", "customers on orders.customre = id"],
            {},
            "with.1: orders.customre: no `customre` there (there are `id`, `state`)",
        ),
        (["orders on order_id = id"], {"types": {"order_id": "INTT"}}, "types.order_id: [PARSE_SYNTAX_ERROR]"),
        (
            ["orders on order_id = id"],
            {"fill_all": {"within": "no", "columns": ["sku"]}},
            "fill_all.within: no column no",
        ),
    ],
)
def test_what_keys_cannot_be_made_of_is_said_in_words(
    spark: SparkSession, lookups: list[str], keys: dict[str, Any], fault: str
) -> None:
    items = _raw(spark, "sku string, order_id string", ("A", "1"))
    orders = _other(_raw(spark, "id string, state string", ("1", "paid")))
    customers = _other(_raw(spark, "id string, city string", ("1", "Hull")))
    with pytest.raises(SourceError) as caught:
        with_lookups(items, _feed(*lookups, **keys), {"orders": orders, "customers": customers})
    assert fault in caught.value.what


def test_types_and_fills_of_another_feed_that_cannot_be_used_are_said_in_words(spark: SparkSession) -> None:
    items = _raw(spark, "sku string, order_id string", ("A", "1"))
    keys = {"types": {"state": "INTT"}, "fill_down": {"within": "no", "columns": ["state"]}}
    orders = _other(_raw(spark, "id string, state string", ("1", "paid")), **keys)
    with pytest.raises(SourceError) as caught:
        with_lookups(items, _feed("orders on order_id = id"), {"orders": orders})
    assert "with.0: orders: fill_down.within: no column no in the files (they have id, state)" in caught.value.what
    assert "with.0: orders: types.state: [PARSE_SYNTAX_ERROR]" in caught.value.what
