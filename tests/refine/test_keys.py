"""What identifies a line follows from the mappings that fill its table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.contract import Table
from footfall.mapping.source import Feed
from footfall.refine.fills import ShopDefaults, row_contract, with_generated
from footfall.refine.keys import is_whole_line, line_key_of, matching_of
from footfall.refine.mapped import map_rows
from footfall.steps import sorting
from footfall.steps.line_keys import LineKey, Matching
from footfall.steps.matching import mark
from footfall.tables import EVENTS, ITEMS, ORDER_LINES

COLUMNS = {"order_id": "bon", "event_time": "ts", "item_id": "sku", "quantity": "1", "amount": "eur"}
CONTENT = ("event_time", "actor_id", "item_id", "quantity", "amount")


def feed(table: str = "order_lines", columns: dict[str, str] | None = None, **target: Any) -> Feed:
    """A feed with one target."""
    actor = {} if table == "items" else {"actor": {"kind": "card", "identifier": "card"}}
    into = {"columns": COLUMNS if columns is None else columns, **actor, **target}
    return Feed.model_validate({"files": "x/*.csv", "format": "csv", "into": {table: into}})


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ({"line_key": ["item_id"]}, LineKey(("item_id",))),
        ({"line_key": ["sku"]}, LineKey(("item_id",))),  # the column that is mapped as it stands
        ({"line_key": ["pos"]}, LineKey((), ("pos",))),
        ({"line_key": ["item_id", "Line No"]}, LineKey(("item_id",), ("Line No",))),
        ({}, LineKey(("actor_id", "amount", "event_time", "item_id", "quantity"))),
        ({"columns": COLUMNS | {"line_number": "pos"}}, LineKey(("line_number",))),
        ({"columns": COLUMNS | {"line_number": "pos"}, "line_key": ["line_number"]}, LineKey(("line_number",))),
    ],
)
def test_a_line_is_identified_by_what_the_mapping_names_else_by_all_of_it(target: dict[str, Any], key: LineKey) -> None:
    assert line_key_of(feed(**target).into["order_lines"], ORDER_LINES) == key


def test_only_a_line_that_nothing_else_identifies_is_its_own_key() -> None:
    number = {"column": "line_number", "within": ["order_id"], "order_by": ["item_id"]}
    targets = [{}, {"number": number}, {"line_key": ["item_id"]}, {"columns": COLUMNS | {"line_number": "pos"}}]
    wholes = [is_whole_line(feed(**target).into["order_lines"], ORDER_LINES) for target in targets]
    assert wholes == [True, True, False, False]


def test_lines_are_matched_by_their_key_and_compared_by_the_mapped_columns() -> None:
    how = matching_of({"a": feed(line_key=["item_id"], on_conflict="keep_latest")}, ORDER_LINES)
    assert how == Matching(
        ("order_id",),
        line_keys=(LineKey(("item_id",)),),
        number="line_number",
        order_by=("item_id",),
        then_by=("quantity", "amount"),
        content=CONTENT,
        latest=("a",),
    )


def test_whole_lines_have_nothing_left_to_compare() -> None:
    number = {"column": "line_number", "within": ["order_id"], "order_by": ["amount", "known_at"]}
    how = matching_of({"a": feed(number=number)}, ORDER_LINES)
    assert (how.content, how.order_by) == ((), ("amount",))
    assert matching_of({"a": feed()}, ORDER_LINES).order_by == ("item_id", "quantity", "amount")


def test_feeds_that_name_other_things_are_matched_each_by_its_own() -> None:
    numbered = feed(columns=COLUMNS | {"line_number": "pos", "channel": "'web'"}, on_conflict="quarantine")
    how = matching_of({"a": feed(line_key=["pos"]), "b": numbered}, ORDER_LINES)
    assert how.line_keys == (LineKey((), ("pos",)), LineKey(("line_number",)))
    assert (how.keyed, how.aside, how.order_by) == (("b",), ("b",), ())
    assert how.content == (*CONTENT[:2], "item_id", "quantity", "amount", "channel")


def test_other_tables_are_matched_by_their_key() -> None:
    numbers = {"a": feed(columns=COLUMNS | {"line_number": "pos"})}
    assert matching_of(numbers, ORDER_LINES) == Matching(("order_id", "line_number"), content=CONTENT)
    seen = {"event_time": "ts", "event_type": "what"}
    assert matching_of({"a": feed("events", seen)}, EVENTS) == Matching(("event_id",))  # a hash of the row
    known = matching_of({"a": feed("events", seen | {"event_id": "id"}, on_conflict="keep_latest")}, EVENTS)
    assert known == Matching(("event_id",), content=("event_time", "actor_id", "event_type"), latest=("a",))
    assert matching_of({"a": feed("items", {"item_id": "sku"})}, ITEMS) == Matching(("item_id", "valid_from"))


def lines(spark: SparkSession, mapping: Feed, *rows: tuple[str, ...], table: Table = ORDER_LINES) -> list[Any]:
    """Number, item and hash of the key of the lines that land of rows (bon, sku, eur, pos)."""
    taken = datetime(2024, 3, 1, 12, tzinfo=UTC)
    whole = [("shop", "a.csv", n, taken, None, "7", "2024-02-01 10:00:00", *row) for n, row in enumerate(rows)]
    shape = (
        "_source string, _file string, _position long, _known_at timestamp, _corrupt string, card string, ts string, "
    )
    raw = spark.createDataFrame(whole, shape + "bon string, sku string, eur string, `Line No` string")
    vault = spark.createDataFrame([("card", "7", "p7")], "kind string, identifier string, actor_id string")
    mapped = map_rows(
        raw, feed=mapping, feed_name="a", table=table, shop=ShopDefaults("UTC", "USD"), vault=vault,
        text_ids=lambda text: text,
    )  # fmt: skip
    checked = sorting.check_rules(mapped, row_contract(mapping, table))
    complete = with_generated(checked, feed=mapping, table=table)
    marked = mark(complete, table, existing=None, matching=matching_of({"a": mapping}, table))
    landed = marked.where(sorting.LANDS).orderBy("line_number")
    return [tuple(row) for row in landed.select("line_number", "item_id", "line_key").collect()]


def test_a_column_of_the_source_identifies_lines_by_its_hash(spark: SparkSession) -> None:
    mapping = feed(line_key=["Line No"])
    landed = lines(spark, mapping, ("b1", "x", "1", "10"), ("b1", "x", "1", " 9 "), ("b1", "y", "2", "9"))
    assert [(number, item) for number, item, _ in landed] == [(1, "x"), (2, "x"), (3, "y")]
    assert landed[1][2] == landed[2][2] != landed[0][2]


def test_columns_of_the_row_itself_leave_no_hash(spark: SparkSession) -> None:
    landed = lines(
        spark, feed(line_key=["item_id"]), ("b1", "x", "1", "1"), ("b1", "x", "1", "1"), ("b1", "a", "2", "1")
    )
    assert landed == [(1, "a", None), (2, "x", None), (3, "x", None)]
