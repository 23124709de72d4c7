"""The vault gets each identifier once, and knows when a mapping derives other identifiers from old rows."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.mapping.source import NOBODY, Feed
from footfall.refine.pseudonyms import identifier_derivation, new_pseudonyms

USERS: dict[str, Any] = {"users": {"actor": {"kind": "card", "identifier": "card"}, "columns": {"region": "town"}}}
BY_MAIL: dict[str, Any] = {
    "coupon_redemptions": {
        "actor": {"kind": "mail", "identifier": "mail"},
        "columns": {"event_time": "ts", "coupon_id": "coupon"},
    }
}


def _feed(into: dict[str, Any], **changes: Any) -> Feed:
    return Feed.model_validate({"files": "x/*.csv", "format": "csv", "into": into} | changes)


def test_identifiers_of_all_targets_are_minted_once_and_none_that_the_vault_has(spark: SparkSession) -> None:
    raw = spark.createDataFrame(
        [("7", "a@x.example"), (" 7 ", None), ("8", ""), ("9", "b@x.example")], "card string, mail string"
    )
    vault = spark.createDataFrame(
        [("card", "9", "old"), ("mail", "8", "other")], "kind string, identifier string, actor_id string"
    )
    minted = new_pseudonyms(
        [("shop_x", raw, _feed(USERS | BY_MAIL))],
        vault=vault,
        actor_ids=lambda kind, identifier, _: F.concat(kind, identifier),
    )
    rows = sorted((r["kind"], r["identifier"], r["incarnation"], r["actor_id"]) for r in minted.collect())
    assert rows == [
        ("card", "7", 0, "card7"),
        ("card", "8", 0, "card8"),
        ("mail", "a@x.example", 0, "maila@x.example"),
        ("mail", "b@x.example", 0, "mailb@x.example"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        _feed(USERS | BY_MAIL),
        _feed({"users": USERS["users"] | {"actor": {"kind": "card", "identifier": "upper(card)"}}}),
        _feed({"users": USERS["users"] | {"actor": {"kind": "loyalty_card", "identifier": "card"}}}),
        _feed(USERS, types={"card": "INT"}),
        _feed(USERS, nobody=["GUEST"]),
    ],
    ids=["a new actor", "another identifier", "another kind", "another type", "other words for nobody"],
)
def test_a_mapping_that_derives_other_identifiers_has_another_derivation(other: Feed) -> None:
    assert identifier_derivation([other]) != identifier_derivation([_feed(USERS)])


@pytest.mark.parametrize(
    "other",
    [
        _feed({"users": USERS["users"] | {"columns": {"region": "upper(town)"}}}),
        _feed(USERS | {"items": {"columns": {"item_id": "sku"}}}),
        _feed(USERS | {"coupon_redemptions": BY_MAIL["coupon_redemptions"] | {"actor": USERS["users"]["actor"]}}),
        _feed(USERS, nobody=["", *(word.upper() for word in reversed(NOBODY))]),
    ],
    ids=["another column", "a target about nobody", "a target about the same actor", "the same words for nobody"],
)
def test_a_mapping_that_derives_the_same_identifiers_reads_no_rows_again(other: Feed) -> None:
    assert identifier_derivation([other]) == identifier_derivation([_feed(USERS)])
