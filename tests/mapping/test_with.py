"""`with` in a mapping: what it may say, and each fault with its key."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from footfall.mapping.lookups import Lookup, looked_up_columns
from footfall.mapping.source import Source


def _source(**changes: Any) -> Source:
    items: dict[str, Any] = {
        "files": "items/*.csv",
        "format": "csv",
        "with": ["orders on order_id = id", "customers on orders.customer_id = id"],
        "into": {
            "items": {"columns": {"item_id": "sku", "brand": "upper(orders.Brand)"}, "keep": ["customers.city"]},
        },
    }
    people = {
        "files": "c/*.csv",
        "into": {"users": {"actor": {"kind": "mail", "identifier": "lower(email)"}, "columns": {"region": "city"}}},
    }
    feeds = {"orders": {"files": "orders/*.csv"}, "customers": people, "order_items": items | changes}
    return Source.model_validate({"source": "shop", "about": "invented", "feeds": feeds})


def test_a_lookup_is_a_feed_and_pairs_of_columns() -> None:
    assert Lookup.parse("orders on order_id = id") == Lookup("orders", ("order_id",), ("id",))
    several = Lookup.parse("lines on shop.no=shop AND `order no` = `no.`")
    assert several == Lookup("lines", ("shop.no", "`order no`"), ("shop", "`no.`"))


def test_only_columns_that_are_named_are_looked_up() -> None:
    feed = _source().feeds["order_items"]
    assert looked_up_columns(feed, "orders") == {"brand", "customer_id"}
    assert looked_up_columns(feed, "customers") == {"city"}
    whole = {"items": {"columns": {"item_id": "to_json(orders)"}}}
    assert looked_up_columns(_source(into=whole).feeds["order_items"], "orders") is None


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"with": "orders by id"}, ("feeds", "order_items", "with"), "write `<feed> on <column>"),
        ({"with": "orders on id > id"}, ("feeds", "order_items", "with"), "write `<feed> on <column>"),
        ({"with": "order on id = id"}, ("feeds", "order_items", "with", 0), "no feed order in this source"),
        ({"with": "order_items on id = id"}, ("feeds", "order_items", "with", 0), "cannot look itself up"),
        (
            {"with": ["orders on a = id", "orders on b = id"]},
            ("feeds", "order_items", "with", 1),
            "orders is looked up already",
        ),
        (
            {"with": ["customers on orders.customer_id = id", "orders on order_id = id"]},
            ("feeds", "order_items", "with", 0),
            "orders.customer_id: of a feed that is looked up later",
        ),
        (
            {"time_zone": "Asia/Tokyo"},
            ("feeds", "order_items", "with", 0),
            "`time_zone` or `timestamps` of orders are others",
        ),
        (
            {"into": {"items": {"columns": {"item_id": "sku"}, "keep": ["customers.Email"]}}},
            ("feeds", "order_items", "into", "items", "keep", 0),
            "customers.Email is an identifier",
        ),
        ({"with": ()}, ("feeds", "orders", "into"), "only a feed that another one looks up"),
    ],
)
def test_what_cannot_be_looked_up_is_named(changes: dict[str, Any], place: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _source(**changes)
    faults = {error["loc"]: error["msg"] for error in caught.value.errors()}
    assert words in faults[place]


def test_no_source_has_the_name_of_footfalls_own_tables() -> None:
    with pytest.raises(ValidationError, match="waiting is footfall's own name"):
        Source.model_validate({"source": "waiting", "about": "x", "feeds": _source().model_dump()["feeds"]})
