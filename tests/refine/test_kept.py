"""Only what `keep` lists passes from a raw row into `properties`, and an identifier never does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.errors import SourceError
from footfall.mapping.source import Feed
from footfall.refine.fills import ShopDefaults
from footfall.refine.kept import not_passed_on
from footfall.refine.mapped import map_rows
from footfall.refine.typed import typed_source
from footfall.tables import EVENTS, ITEMS

SHOP = ShopDefaults("America/New_York", "USD")
USER = "struct<Id:string,mail:string,plan:struct<name:string,since:int>,tags:array<string>>"
SHAPE = (
    "_source string, _file string, _position long, _known_at timestamp, _corrupt string, "
    f"ts string, what string, Page string, `Loyalty-Card` string, user {USER}, doc string"
)


def _raw(spark: SparkSession, *, page: str | None = "/a", plan: str | None = "gold", doc: str = "{}") -> DataFrame:
    user = ("7", "anna@example.org", (plan, 2020), ["a", "b"])
    taken = datetime(2024, 3, 1, 12, tzinfo=UTC)
    row = ("shop", "a.json", 0, taken, None, "2024-02-01 10:00:00", "view", page, "L-1", user, doc)
    return spark.createDataFrame([row], SHAPE)


def _feed(*keep: str, identifier: str = "user.id", **changes: Any) -> Feed:
    columns = {"event_time": "ts", "event_type": "what"}
    events = {"actor": {"kind": "card", "identifier": identifier}, "columns": columns, "keep": list(keep)}
    items = {"columns": {"item_id": "what"}}
    return Feed.model_validate(
        {"files": "e/*.json", "format": "json", "into": {"events": events, "items": items}} | changes
    )


def _properties(raw: DataFrame, feed: Feed, table: Table = EVENTS) -> dict[str, str] | None:
    vault = raw.sparkSession.createDataFrame([], "kind string, identifier string, actor_id string")
    rows = map_rows(
        raw, feed=feed, feed_name="shop_x", table=table, shop=SHOP, vault=vault, text_ids=lambda text: F.md5(text)
    )
    (row,) = rows.select("properties").collect()
    passed: dict[str, str] | None = row["properties"]
    return passed


def test_without_keep_nothing_passes(spark: SparkSession) -> None:
    assert _properties(_raw(spark), _feed()) is None


def test_columns_and_fields_pass_under_the_names_that_keep_gives_them(spark: SparkSession) -> None:
    feed = _feed("PAGE", "user.Plan.name", "user.tags", "user.plan.since")
    assert _properties(_raw(spark), feed) == {
        "PAGE": "/a",
        "user.Plan.name": "gold",
        "user.tags": '["a","b"]',
        "user.plan.since": "2020",
    }


def test_what_is_empty_does_not_pass(spark: SparkSession) -> None:
    feed = _feed("page", "user.plan.name")
    assert _properties(_raw(spark, page=" "), feed) == {"user.plan.name": "gold"}
    assert _properties(_raw(spark, page=None, plan=None), feed) is None


def test_a_field_of_json_text_passes_whatever_shape_the_object_has(spark: SparkSession) -> None:
    feed = _feed("doc.$os", "doc.a.b", identifier="user.id")
    assert _properties(_raw(spark, doc='{"$os": "iOS", "a": {"b": 1}}'), feed) == {"doc.$os": "iOS", "doc.a.b": "1"}
    assert _properties(_raw(spark, doc='{"a": "text"}'), feed) is None


@pytest.mark.parametrize(
    ("keep", "identifier"),
    [
        ("user", "user.id"),  # holds it
        ("user.ID", "User.Id"),
        ("user.plan.name", "to_json(user)"),  # lies in it
        ("loyalty-card", "`Loyalty-Card`"),
        ("page", "coalesce(`Loyalty-Card`, lower(PAGE))"),
        ("doc.card", "get_json_object(doc, '$.card')"),
    ],
)
def test_an_identifier_cannot_be_kept(spark: SparkSession, keep: str, identifier: str) -> None:
    with pytest.raises(SourceError) as refusal:
        _properties(_raw(spark), _feed(keep, identifier=identifier))
    assert refusal.value.what == (
        f"feed of e/*.json: into.events.keep.0: {keep} holds an identifier, and these leave raw through the vault only"
    )


def test_a_table_about_nobody_keeps_no_identifier_of_the_feed_s_other_tables(spark: SparkSession) -> None:
    feed = _feed()
    items = feed.into["items"].model_copy(update={"keep": ("user.id",)})
    other = feed.model_copy(update={"into": feed.into | {"items": items}})
    with pytest.raises(SourceError, match=r"into\.items\.keep\.0: user\.id holds an identifier"):
        _properties(_raw(spark), other, ITEMS)


@pytest.mark.parametrize("name", ["pages", "user.planet", "page.x", "_file", "_raw_row", "user.tags.x"])
def test_a_name_that_the_files_do_not_have_is_a_fault(spark: SparkSession, name: str) -> None:
    with pytest.raises(SourceError) as refusal:
        _properties(_raw(spark), _feed("page", name, format="parquet"))
    assert refusal.value.what == (
        f"feed of e/*.json: into.events.keep.1: no column {name} in the files "
        "(they have ts, what, Page, Loyalty-Card, user, doc)"
    )


def test_what_no_table_takes_over_is_named_by_column_and_field(spark: SparkSession) -> None:
    feed = _feed("user.plan.name")
    left = ["Page", "Loyalty-Card", "user.mail", "user.plan.since", "user.tags", "doc"]
    assert not_passed_on(typed_source(_raw(spark), feed), feed) == left
