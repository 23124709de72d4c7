"""Rows that come out of quarantine become what they had become if the right mapping had read all of their file at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from footfall.contract import Table
from footfall.mapping.source import Source
from footfall.refine.facts import fact_rows
from footfall.refine.feeds import RawFeed, raw_feeds
from footfall.refine.fills import ShopDefaults
from footfall.refine.replayed import ReplayedRows
from footfall.refine.waiting import ALL_ROWS, FeedReads
from footfall.steps.matching import mark
from footfall.steps.step import FactRows
from footfall.tables import EVENTS, ORDER_LINES, QUARANTINE

NOW = datetime(2024, 4, 1, tzinfo=UTC)
ARRIVAL = "_source string, _file string, _position long, _known_at timestamp, batch_id long, _corrupt string"
SHOP = ShopDefaults("UTC", "USD")


def _feed(feed: dict[str, Any]) -> RawFeed:
    source = Source.model_validate({"source": "shop", "about": "x", "feeds": {"log": {"files": "x", **feed}}})
    return raw_feeds([source])[0]


def _raw(spark: SparkSession, shape: str, *files: list[tuple[Any, ...]]) -> DataFrame:
    """The raw rows of files, of which each is taken a day after the one before, by a batch of its own."""
    taken = [datetime(2024, 3, n, tzinfo=UTC) for n in range(1, len(files) + 1)]
    whole = [
        ("shop", f"{n}.csv", place, taken[n - 1], n, None, *row)
        for n, rows in enumerate(files, start=1)
        for place, row in enumerate(rows)
    ]
    return spark.createDataFrame(whole, f"{ARRIVAL}, {shape}")


@dataclass
class Shelf:
    """A table as batches leave it, and what they set aside; `outcomes` counts what became of the last one's rows."""

    spark: SparkSession
    table: Table
    rows: list[Row] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)

    def take(self, feed: RawFeed, new: DataFrame) -> None:
        """One batch of raw rows."""
        facts = _facts(feed, self.table, {feed.name: new})
        self._land(facts)
        self.aside += facts.aside.collect()

    def replay(self, feed: RawFeed, raw: DataFrame) -> list[Row]:
        """All that is in quarantine is read again; returns the places that leave it."""
        reads = FeedReads([feed], self.table.name, only_new=True, replays=True)
        aside = self.spark.createDataFrame(self.aside, QUARANTINE.schema())
        frames = {feed.reads: raw.where("false"), ALL_ROWS + feed.reads: raw, QUARANTINE.full_name: aside}
        places = reads.replayed(frames, lambda _, frame: frame)
        rows = reads.rows(frames, NOW, lambda _, frame: frame, places)
        assert places is not None
        facts = _facts(feed, self.table, rows, replayed=ReplayedRows(places, NOW))
        self._land(facts)
        assert facts.replayed is not None
        return facts.replayed.orderBy("file", "position", "element").collect()

    def _land(self, facts: FactRows) -> None:
        existing = self.spark.createDataFrame(self.rows, self.table.schema()) if self.rows else None
        marked = mark(facts.frame, self.table, existing=existing, matching=facts.matching).collect()
        landed = [row for row in marked if row["_lands"]]
        key = self.table.key
        gone = {tuple(row[c] for c in key) for row in landed if row["_replaces"]}
        kept = [row for row in self.rows if tuple(row[c] for c in key) not in gone]
        new = [Row(**{c: row[c] for c in self.table.column_names}) for row in landed]
        assert len({tuple(row[c] for c in key) for row in kept + new}) == len(kept + new)
        self.rows = kept + new
        self.outcomes = {
            "valid": sum(row["_sound"] and not row["_duplicate"] and not row["_conflict"] for row in marked),
            "duplicate": sum(row["_duplicate"] for row in marked),
            "conflict": sum(row["_conflict"] for row in marked),
        }


def _facts(feed: RawFeed, table: Table, raw: dict[str, DataFrame], replayed: ReplayedRows | None = None) -> FactRows:
    vault = next(iter(raw.values())).sparkSession.sql("SELECT 'card' AS kind, 'gus' AS identifier, 'p1' AS actor_id")
    facts, _ = fact_rows(
        [feed], raw, table, shop=SHOP, vault=vault, text_ids=lambda text: text, replayed=replayed
    )  # fmt: skip
    return facts


KEPT = ("", "first", "latest")  # what `on_conflict` keeps; empty: the whole line is the key
# lines (quantity, amount) of item A in the two files of an order, and the amounts in the end: of all in KEPT, or of each
ORDERS: dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]], list[list[int]]]] = {
    "an equal line is sound": ([("1", "2"), ("one", "2")], [], [[2, 2]]),
    "another line is sound": ([("1", "2"), ("one", "6")], [], [[2, 6]]),
    "the sound line is the second": ([("one", "2"), ("1", "2"), ("one", "6")], [], [[2, 2, 6]]),
    "both came again later": ([("1", "2"), ("one", "3")], [("1", "2"), ("1", "3")], [[2, 3]]),
    "the sound line had come before": ([("1", "2")], [("1", "2"), ("one", "2")], [[2, 2]]),
    "the sound line had come with another": (
        [("1", "2"), ("1", "3")],
        [("1", "3"), ("one", "3")],
        [[2, 3, 3], [2, 3], [3, 3]],
    ),
    "the sound line is a conflict": ([("1", "2")], [("1", "4"), ("one", "6")], [[2, 4, 6], [2, 6], [4, 6]]),
}


@pytest.mark.parametrize("kept", KEPT)
def test_a_line_is_counted_among_those_of_its_own_file(spark: SparkSession, kept: str) -> None:
    files = [[(order, "gus", *line) for order, story in ORDERS.items() for line in story[n]] for n in (0, 1)]
    raw = _raw(spark, "no string, card string, qty string, eur string", *files)

    def feed(quantity: str) -> RawFeed:
        how = {"line_key": ["item_id"], "on_conflict": f"keep_{kept}"} if kept else {}
        columns = {"order_id": "no", "event_time": "'2024-02-01 08:00:00'", "item_id": "'A'", "amount": "eur"}
        target = {"actor": {"kind": "card", "identifier": "card"}, "columns": columns | {"quantity": quantity}, **how}
        return _feed({"format": "csv", "into": {"order_lines": target}})

    shelf, at_once = Shelf(spark, ORDER_LINES), Shelf(spark, ORDER_LINES)
    put_right = feed("if(qty = 'one', '1', qty)")
    shelf.take(feed("qty"), raw)
    at_once.take(put_right, raw)
    assert len(shelf.replay(put_right, raw)) == len(shelf.aside)
    amounts = {order: story[2][KEPT.index(kept) % len(story[2])] for order, story in ORDERS.items()}
    assert _amounts(shelf) == _amounts(at_once) == amounts
    numbers = [(order, number) for order in sorted(amounts) for number in range(1, len(amounts[order]) + 1)]
    assert sorted((row["order_id"], row["line_number"]) for row in shelf.rows) == numbers


def _amounts(shelf: Shelf) -> dict[str, list[int]]:
    amounts: dict[str, list[int]] = {}
    for row in shelf.rows:
        amounts.setdefault(row["order_id"], []).append(int(row["amount"]))
    return {order: sorted(of_order) for order, of_order in amounts.items()}


HIT = "ARRAY<STRUCT<what: STRING>>"
DOCUMENT = '[{"what": "view"}, {"what": "look"}, {"what": "view"}]'


def _hits(kind: str, each: str = "hits") -> RawFeed:
    columns = {"event_time": "'2024-02-01 08:00:00'", "event_type": kind}
    target = {"actor": {"kind": "card", "identifier": "card"}, "each": each, "columns": columns}
    return _feed({"format": "json", "types": {"hits": HIT, "views": HIT}, "into": {"events": target}})


def test_an_element_without_an_id_has_the_one_of_its_own_number(spark: SparkSession) -> None:
    """Two documents are equal, and in each the second element of three is broken."""
    raw = _raw(spark, "card string, hits string, views string", [("gus", DOCUMENT, "[]")] * 2)
    put_right = _hits("if(each.what = 'look', 'search', each.what)")
    shelf, at_once = Shelf(spark, EVENTS), Shelf(spark, EVENTS)
    at_once.take(put_right, raw)
    shelf.take(_hits("each.what"), raw)
    assert len(shelf.replay(put_right, raw)) == 2
    assert shelf.outcomes == {"valid": 2, "duplicate": 0, "conflict": 0}
    assert _ids(shelf) == _ids(at_once)
    assert len(_ids(shelf)) == 6


def test_only_elements_that_are_there_leave_quarantine(spark: SparkSession) -> None:
    """The mapping takes the views by now, of which there are fewer than hits."""
    hits, views = '[{"what": "a"}, {"what": "b"}, {"what": "c"}]', '[{"what": "view"}, {"what": "view"}]'
    raw = _raw(
        spark, "card string, hits string, views string", [("gus", hits, views), ("gus", '[{"what": "a"}]', "[]")]
    )
    shelf = Shelf(spark, EVENTS)
    shelf.take(_hits("each.what"), raw)
    left = shelf.replay(_hits("each.what", each="views"), raw)
    assert [(row["position"], row["element"]) for row in left] == [(0, 1), (0, 2)]
    assert shelf.outcomes == {"valid": 2, "duplicate": 0, "conflict": 0}


def test_of_equal_rows_that_fills_tell_apart_each_keeps_its_id(spark: SparkSession) -> None:
    """Three lines of a visit are equal as they arrived, the second of them broken; what happened stands on the line before each."""
    lines = [("1", "gus", what) for what in ("view", None, "look", None, "view", None)]
    raw = _raw(spark, "visit string, card string, what string", lines)

    def feed(kind: str) -> RawFeed:
        columns = {"event_time": "'2024-02-01 08:00:00'", "event_type": kind}
        target = {"actor": {"kind": "card", "identifier": "card"}, "columns": columns}
        fill = {"within": "visit", "columns": ["what"]}
        return _feed({"format": "csv", "fill_down": fill, "into": {"events": target}})

    put_right = feed("if(what = 'look', 'search', what)")
    shelf, at_once = Shelf(spark, EVENTS), Shelf(spark, EVENTS)
    at_once.take(put_right, raw)
    shelf.take(feed("what"), raw)
    assert len(shelf.replay(put_right, raw)) == 2
    assert _ids(shelf) == _ids(at_once)
    assert sorted(row["event_type"] for row in shelf.rows) == ["search"] * 2 + ["view"] * 4


def _ids(shelf: Shelf) -> list[str]:
    return sorted({row["event_id"] for row in shelf.rows})
