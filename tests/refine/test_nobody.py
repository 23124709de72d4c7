"""A word for nobody makes no customer: such a row is skipped and counted. One identifier on most rows is worth a warning."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.mapping.source import Feed
from footfall.refine.crowds import actors_of, warnings
from footfall.refine.feeds import RawFeed
from footfall.refine.fills import ShopDefaults
from footfall.refine.mapped import map_rows
from footfall.refine.pseudonyms import new_pseudonyms
from footfall.steps.sorting import SKIPPED, UNREADABLE
from footfall.tables import ITEMS, USERS

SHAPE = "_source string, _file string, _position long, _known_at timestamp, _corrupt string, card string, sku string"
USER = {"actor": {"kind": "card", "identifier": "card"}, "columns": {"region": "sku"}}


def _raw(spark: SparkSession, *cards: str | None, corrupt: str | None = None) -> DataFrame:
    taken = datetime(2024, 3, 1, 12, tzinfo=UTC)
    return spark.createDataFrame([("shop", "a.csv", n, taken, corrupt, c, "s1") for n, c in enumerate(cards)], SHAPE)


def _feed(**changes: Any) -> Feed:
    into = {"users": USER, "items": {"columns": {"item_id": "sku"}}}
    return Feed.model_validate({"files": "x/*.csv", "format": "csv", "into": into} | changes)


def _outcomes(raw: DataFrame, feed: Feed, table: Table = USERS) -> list[tuple[str | None, str | None, list[str]]]:
    """Of each row: why it is skipped, its pseudonym, what cannot be read of it."""
    mint = _minted(raw, feed)
    vault = raw.sparkSession.createDataFrame(
        [("card", card, f"p-{card}") for card in mint], "kind string, identifier string, actor_id string"
    )
    rows = map_rows(
        raw, feed=feed, feed_name="shop_x", table=table, shop=ShopDefaults("UTC", "EUR"), vault=vault,
        text_ids=lambda text: F.md5(text),
    )  # fmt: skip
    actor = [F.col("actor_id")] if table is USERS else [F.lit(None).cast("string")]
    return [tuple(r) for r in rows.orderBy("_position").select(SKIPPED, *actor, UNREADABLE).collect()]


def _minted(raw: DataFrame, feed: Feed) -> list[str]:
    minted = new_pseudonyms([("shop_x", raw, feed)], vault=None, actor_ids=lambda *parts: parts[1])
    return sorted(r["identifier"] for r in minted.collect())


def test_the_usual_words_are_nobody_in_any_case_and_as_a_whole_value(spark: SparkSession) -> None:
    words = ("NULL", " null ", "Undefined", "none", "NaN", "n/a", r"\N", "0", "-")
    cards = ("Nanette", "K-0", "00", "7")
    raw = _raw(spark, *words, *cards, "", None)
    assert _outcomes(raw, _feed()) == [
        *[("nobody", None, [])] * len(words),
        *[(None, f"p-{card}", []) for card in cards],
        *[(None, None, [])] * 2,  # an empty value is no word: it is set aside for want of an actor
    ]
    assert _minted(raw, _feed()) == sorted(cards)


def test_a_feed_s_own_list_stands_in_place_of_the_usual_words(spark: SparkSession) -> None:
    raw = _raw(spark, "0", "guest", "", None, "NULL")
    assert _outcomes(raw, _feed(nobody=["", "GUEST"])) == [
        (None, "p-0", []),
        *[("nobody", None, [])] * 3,
        (None, "p-NULL", []),
    ]
    assert [skipped for skipped, *_ in _outcomes(raw, _feed(nobody=[]))] == [None] * 5


def test_a_row_that_could_not_be_read_is_nobody_s_by_no_word(spark: SparkSession) -> None:
    feed = _feed(nobody=[""])
    assert _outcomes(_raw(spark, None, corrupt="x,{"), feed) == [(None, None, ["row_unreadable"])]
    typed = _feed(nobody=[""], types={"card": "INT"})
    assert _outcomes(_raw(spark, "x"), typed) == [(None, None, ["card_unreadable"])]


def test_a_reason_of_the_mapping_comes_before_and_a_table_about_nobody_takes_all(spark: SparkSession) -> None:
    skipping = {"users": USER | {"skipped": [{"when": "card = '0'", "reason": "till_test"}]}}
    raw = _raw(spark, "0", "-")
    assert [skipped for skipped, *_ in _outcomes(raw, _feed(into=skipping))] == ["till_test", "nobody"]
    assert [skipped for skipped, *_ in _outcomes(raw, _feed(), ITEMS)] == [None, None]


def test_the_ledger_counts_nobody_for_tables_with_an_actor() -> None:
    feed = RawFeed("shop_x", "shop", _feed())
    assert (feed.reasons(USERS), feed.reasons(ITEMS)) == (["nobody"], [])


def _warnings(raw: DataFrame, feed: Feed) -> list[str]:
    crowds = Observation()
    known = raw.sparkSession.createDataFrame([("card", "demo")], "kind string, identifier string")
    minted = new_pseudonyms([("shop_x", raw, feed)], vault=known, actor_ids=lambda *parts: parts[1], crowds=crowds)
    minted.collect()
    return warnings(actors_of([("shop_x", feed)]), crowds.get)


def test_one_identifier_on_most_rows_is_worth_a_warning_that_does_not_show_it(spark: SparkSession) -> None:
    raw = _raw(spark, *["demo"] * 9, "K-1", "NULL", None)  # the vault knows demo already
    words = (
        "shop_x: one identifier of kind card stands on 90% of the rows that name somebody (9 of 10). Fix: count the raw rows "
        "by `card`; if it stands for nobody, list it under `nobody` of the feed, beside the words there. No customer is made "
        "of it then."
    )
    assert _warnings(raw, _feed()) == [words]


@pytest.mark.parametrize("cards", [["a"] * 9, ["a"] * 5 + ["b"] * 5, [], [None] * 10], ids=str)
def test_few_rows_half_of_them_or_none_are_no_crowd(spark: SparkSession, cards: list[str | None]) -> None:
    assert _warnings(_raw(spark, *cards) if cards else _raw(spark, "a").limit(0), _feed()) == []


@pytest.mark.parametrize(
    ("rows", "largest", "is_crowd"),
    [
        (10, 5, False),
        (10, 6, True),
        (9, 9, False),
        (9_999, 4_999, False),
        (10_000, 1_000, False),
        (10_000, 1_001, True),
    ],
)
def test_the_share_of_a_crowd_is_less_where_there_are_many_rows(rows: int, largest: int, is_crowd: bool) -> None:
    (way,) = actors_of([("shop_x", _feed())])
    assert bool(way.warning(rows, largest)) is is_crowd
