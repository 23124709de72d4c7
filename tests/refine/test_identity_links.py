"""Which rows link which identifiers: pairs with the strongest one, normal forms, nobody, clocks, and what was known before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.errors import SourceError
from footfall.mapping.links import LinkedIdentifier, normal_sql
from footfall.mapping.source import Feed
from footfall.refine.feeds import RawFeed
from footfall.refine.fills import ShopDefaults
from footfall.refine.links import links_output, named_pairs, new_links
from footfall.refine.pseudonyms import new_pseudonyms

SHOP = ShopDefaults("America/New_York", "USD")
LINKS: dict[str, Any] = {
    "links": {
        "login": {"kind": "customer", "identifier": "customer"},
        "email": {"identifier": "mail"},
        "visitor": {"kind": "customer", "identifier": "cookie"},
    },
    "columns": {"event_time": "at"},
}


def utc(day: int, hour: int) -> datetime:
    """An hour of a day of June as Spark gives it."""
    return datetime(2024, 6, day, hour, tzinfo=UTC).replace(tzinfo=None)


def feed(**changes: Any) -> RawFeed:
    known = {"files": "x/*.csv", "format": "csv", "known": {"delay": "1 days"}, "into": {"identity_links": LINKS}}
    return RawFeed("shop_x", "shop", Feed.model_validate(known | changes))


def raw(spark: SparkSession, *rows: tuple[str | None, ...]) -> DataFrame:
    arrival = ("shop", "x/1.csv", 0, datetime(2024, 6, 9, tzinfo=UTC), None)
    columns = "_source string, _file string, _position bigint, _known_at timestamp, _corrupt string"
    given = [(*arrival, *row) for row in rows]
    return spark.createDataFrame(given, f"{columns}, at string, customer string, mail string, cookie string")


def test_the_strongest_identifier_of_a_row_is_linked_with_each_other_one(spark: SparkSession) -> None:
    rows = raw(
        spark,
        ("2024-06-01 23:30:00", "7", " Ann@X.Example ", "c1"),
        ("2024-06-01 23:30:00", "NULL", "bob@x.example", "c2"),
        ("2024-06-01 23:30:00", "8", "n/a", "0"),  # one identifier: no pair
        ("2024-06-01 23:30:00", "9", None, "9"),  # linked with itself
        ("long ago", "7", "eve@x.example", None),
        ("1970-01-01 00:00:00", None, "eve@x.example", "c3"),  # before the shop's first day
    )
    pairs = named_pairs(rows, feed().feed, "shop_x", shop=SHOP)
    columns = ("identifier", "anchor", "linked_kind", "linked_identifier", "evidence", "_unusable")
    assert sorted(tuple(row) for row in pairs.select(*columns).collect()) == [
        ("7", "login", "customer", "c1", "visitor", False),
        ("7", "login", "email", "ann@x.example", "email", False),
        ("7", "login", "email", "eve@x.example", "email", True),
        ("bob@x.example", "email", "customer", "c2", "visitor", False),
        ("eve@x.example", "email", "customer", "c3", "visitor", True),
    ]  # fmt: skip


def test_a_pair_is_one_row_a_day_and_what_comes_again_adds_none(spark: SparkSession) -> None:
    rows = raw(
        spark,
        ("2024-06-01 23:30:00", "7", None, "c1"),
        ("2024-06-01 09:00:00", "7", None, "c1"),
        ("2024-06-02 00:00:00", "7", None, "c1"),
        ("long ago", "7", None, "c9"),
    )
    f = feed()
    vault = new_pseudonyms(
        [(f.name, rows, f.feed)], vault=None, actor_ids=lambda kind, identifier, _: F.concat(kind, identifier)
    )
    output = links_output([f], {f.name: rows}, shop=SHOP, vault=vault, known=None)
    columns = ("actor_id", "linked_id", "event_date", "known_date", "event_time", "known_at")
    days = sorted(tuple(row) for row in output.frame.select(*columns).collect())
    assert days == [
        ("customer7", "customerc1", date(2024, 6, 1), date(2024, 6, 2), utc(1, 4), utc(2, 4)),
        ("customer7", "customerc1", date(2024, 6, 2), date(2024, 6, 3), utc(2, 4), utc(3, 4)),
    ]
    assert output.warnings is not None
    assert "1 pairs of identifiers stand on rows that cannot be read" in output.warnings()[0]
    again = links_output([f], {f.name: rows}, shop=SHOP, vault=vault, known=output.frame)
    assert again.frame.collect() == []


def test_a_pair_under_two_names_is_two_rows_whichever_feed_comes_first(spark: SparkSession) -> None:
    same = ("customer", "7", "login", "customer", "c1")
    rows = [("card", 2, 9), ("visitor", 2, 7), ("visitor", 2, 8), ("card", 3, 4), ("card", 2, 10)]
    pairs = [(*same, word, "linked", date(2024, 6, 1), utc(day, hour)) for word, day, hour in rows]
    columns = (
        "kind string, identifier string, anchor string, linked_kind string, linked_identifier string, evidence string"
    )
    frame = spark.createDataFrame(pairs, f"{columns}, state string, event_date date, known_at timestamp")
    vault = spark.createDataFrame(
        [("customer", "7", "a7"), ("customer", "c1", "ac1")], "kind string, identifier string, actor_id string"
    )
    states = []
    for first in ("hour(known_at) % 2 = 0", "hour(known_at) % 2 = 1"):
        known = new_links(frame.where(first), vault=vault, known=None, time_zone=SHOP.time_zone)
        more = new_links(frame.where(f"NOT {first}"), vault=vault, known=known, time_zone=SHOP.time_zone)
        states.append(sorted(tuple(row) for row in known.unionByName(more).collect()))
    assert states[0] == states[1]
    assert [(row[3], row[8].day) for row in states[0]] == [("card", 2), ("card", 3), ("visitor", 2)]


def test_without_a_time_the_day_of_the_file_counts(spark: SparkSession) -> None:
    rows = raw(spark, (None, "7", None, "c1")).withColumn("_file", F.lit("x/20240605.csv"))
    f = feed(into={"identity_links": LINKS | {"columns": {}}}, file_day=r"(\d{8})", known=None)
    assert [
        tuple(r) for r in named_pairs(rows, f.feed, f.name, shop=SHOP).select("event_date", "known_at").collect()
    ] == [(date(2024, 6, 5), utc(9, 0))]


def test_a_link_that_yields_no_identifier_is_refused_by_its_key(spark: SparkSession) -> None:
    wrong = {"links": {"login": {"identifier": "custmer"}, "visitor": {"identifier": "cookie"}, "withdrawn": "at"}}
    rules = {"rules": [{"name": "in_june", "keeps": "event_time < TIMESTAMP'2024-07-01'"}]}
    with pytest.raises(ValidationError, match="no row of links is set aside or counted under a rule; leave out"):
        feed(into={"identity_links": LINKS | rules})
    with pytest.raises(SourceError, match=r"into.identity_links.links.login.identifier: `custmer`: no column"):
        named_pairs(raw(spark), feed(into={"identity_links": LINKS | wrong}).feed, "shop_x", shop=SHOP)
    with pytest.raises(SourceError, match=r"links.withdrawn: `at`: yields string, and `withdrawn` needs true or false"):
        named_pairs(raw(spark), feed(into={"identity_links": LINKS | wrong}).feed, "shop_x", shop=SHOP)


def test_phones_are_written_alike(spark: SparkSession) -> None:
    numbers = ["+49 (0)170 123-45", "0049170 12345", "0170 12345", "17012345", "(+49) 170/12345", "none", None]
    rows = spark.createDataFrame([(number,) for number in numbers], "phone string")
    german, plain = (
        normal_sql("phone", LinkedIdentifier(identifier="phone", country_code=code)) for code in ("49", None)
    )
    normal = [tuple(row) for row in rows.selectExpr(german, plain).collect()]
    one = "+4917012345"
    assert normal == [
        (one, one), (one, one), (one, "017012345"), (one, "17012345"), (one, one), ("", ""), (None, None),
    ]  # fmt: skip
