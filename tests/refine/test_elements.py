"""`each` makes a row of each element of a document's list, be it JSON text, a typed text or a real array; documents are counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.mapping.source import Feed
from footfall.refine.elements import element_rows
from footfall.refine.expressions import expression_faults
from footfall.refine.facts import fact_rows
from footfall.refine.feeds import RawFeed
from footfall.refine.fills import ShopDefaults
from footfall.refine.json_text import reading_json_text
from footfall.refine.kept import not_passed_on
from footfall.refine.keys import line_key_of
from footfall.refine.pseudonyms import new_pseudonyms
from footfall.refine.typed import typed_source
from footfall.steps import sorting
from footfall.steps.line_keys import LineKey
from footfall.steps.matching import mark
from footfall.steps.step import FactRows
from footfall.tables import EVENTS, ORDER_LINES

TAKEN = datetime(2024, 3, 1, 12, tzinfo=UTC)
SHAPE = "_source string, _file string, _position long, _known_at timestamp, _corrupt string"
TARGET: dict[str, Any] = {
    "each": "items",
    "actor": {"kind": "card", "identifier": "card"},
    "line_key": ["each.no"],
    "columns": {
        "order_id": "id",
        "event_time": "'2024-02-01 08:00:00'",
        "item_id": "each.sku",
        "quantity": "each.qty",
        "amount": "each.price.value",
    },
}
ELEMENT = "STRUCT<no: STRING, sku: STRING, qty: STRING, price: STRUCT<value: STRING>>"
FIRST = '{"no":2,"sku":"A","qty":1,"price":{"value":"2.50"}}'
SECOND = '{"no":1,"sku":"B","qty":"two","price":{"value":5}}'


def _feed(**changes: Any) -> Feed:
    feed = {"files": "x/*.json", "format": "json", "into": {"order_lines": TARGET}} | changes
    return reading_json_text(Feed.model_validate(feed))


def _documents(spark: SparkSession) -> DataFrame:
    lists = [f"[{FIRST},{SECOND}]", "[]", None, '"none"', "{}", f"[{FIRST}]"]
    rows = [("shop", "a.json", i, TAKEN, None, str(700 + i), "7", text) for i, text in enumerate(lists)]
    rows += [("shop", "a.json", 6, TAKEN, '{"id":', None, None, None)]
    return spark.createDataFrame(rows, f"{SHAPE}, id string, card string, items string")


def _marked(raw: DataFrame, feed: Feed) -> tuple[DataFrame, DataFrame, dict[str, Any]]:
    """The rows with what becomes of them, those set aside, and the line of the ledger."""
    facts = _facts(raw, feed)
    marked = mark(facts.frame, ORDER_LINES, existing=None, matching=facts.matching)
    tallies = sorting.tallies(ORDER_LINES, facts.feeds, is_first=True, of_documents=facts.of_documents)
    return marked, facts.aside, marked.agg(*tallies).collect()[0]["f"].asDict()


def _facts(raw: DataFrame, feed: Feed) -> FactRows:
    vault = raw.sparkSession.createDataFrame([("card", "7", "p7")], "kind string, identifier string, actor_id string")
    named = RawFeed("f", "shop", feed)
    return fact_rows(
        [named], {"f": raw}, ORDER_LINES, shop=ShopDefaults("UTC", "EUR"), vault=vault, text_ids=lambda t: F.md5(t)
    )[0]


def _lines(marked: DataFrame) -> list[tuple[Any, ...]]:
    columns = ("order_id", "line_number", "item_id", F.col("amount").cast("string"))
    return [tuple(row) for row in marked.where(sorting.is_valid()).orderBy(*columns[:2]).select(*columns).collect()]


def test_elements_of_json_text_are_rows_and_documents_are_counted(spark: SparkSession) -> None:
    marked, aside, tally = _marked(_documents(spark), _feed())
    assert _lines(marked) == [("700", 1, "A", "2.5000"), ("705", 1, "A", "2.5000")]
    counts = ("documents", "documents_empty", "rows_read", "rows_valid", "rows_quarantined", "rows_skipped")
    assert [tally[count] for count in counts] == [7, 2, 6, 2, 4, 0]
    places = aside.orderBy("position", "element").select("position", "element", "rules").collect()
    assert [(row["position"], row["element"]) for row in places] == [(0, 2), (3, 0), (4, 0), (6, 0)]
    assert "quantity_unreadable" in places[0]["rules"]
    assert "items_unreadable" in places[1]["rules"]
    assert "items_unreadable" in places[2]["rules"]
    assert "row_unreadable" in places[3]["rules"]


def test_typed_text_and_real_arrays_make_the_same_rows(spark: SparkSession) -> None:
    counts = ("documents", "documents_empty", "rows_read", "rows_valid", "rows_quarantined")
    declared = _feed(types={"items": f"ARRAY<{ELEMENT}>"})
    aside = _facts(_documents(spark), declared).aside  # to a declared type an object is a list of one
    assert sorted((row["position"], row["element"]) for row in aside.collect()) == [(0, 2), (3, 0), (4, 1), (6, 0)]
    real = _documents(spark).where("_position < 3").withColumn("items", F.from_json("items", f"ARRAY<{ELEMENT}>"))
    marked, aside, tally = _marked(real, _feed(format="parquet", files="x/*.parquet"))
    assert _lines(marked) == [("700", 1, "A", "2.5000")]
    assert [tally[count] for count in counts] == [3, 2, 2, 1, 1]
    assert [(row["position"], row["element"]) for row in aside.collect()] == [(0, 2)]


def test_a_list_may_lie_within_an_object(spark: SparkSession) -> None:
    raw = _documents(spark).where("_position = 5").withColumn("items", F.expr("""concat('{"lines":', items, '}')"""))
    feed = _feed(into={"order_lines": TARGET | {"each": "items.lines"}})
    rows = element_rows(typed_source(raw, feed), feed, feed.into["order_lines"])
    shown = rows.select("id", "_element", F.get_json_object("each", "$.sku"), "_types").collect()
    assert [tuple(row) for row in shown] == [("705", 1, "A", [])]


def test_a_path_through_something_else_than_objects_is_no_way_to_a_list(spark: SparkSession) -> None:
    heads = [
        f'[{{"lines":[{FIRST}]}}]',
        '"none"',
        "{}",
        None,
        '{"lines":null}',
        f'{{"lines":[{FIRST}]}}',
        '{"lines":{"a":1}}',
    ]
    rows = [("shop", "a.json", i, TAKEN, None, str(700 + i), "7", text) for i, text in enumerate(heads)]
    raw = spark.createDataFrame(rows, f"{SHAPE}, id string, card string, items string")
    marked, aside, tally = _marked(raw, _feed(into={"order_lines": TARGET | {"each": "items.lines"}}))
    assert _lines(marked) == [("705", 1, "A", "2.5000")]
    rules = {row["position"]: "items.lines_unreadable" in row["rules"] for row in aside.collect()}
    assert rules == {0: True, 1: True, 6: True}
    assert [tally[count] for count in ("documents", "documents_empty", "rows_read")] == [7, 3, 4]


def test_a_skipped_document_skips_each_of_its_elements(spark: SparkSession) -> None:
    skipped = [
        {"when": "id = '700' AND each.sku = 'A'", "reason": "no_sale"},
        {"when": "id = '701'", "reason": "empty"},
    ]
    facts = _facts(_documents(spark), _feed(into={"order_lines": TARGET | {"skipped": skipped}}))
    counts = facts.frame.groupBy(sorting.SKIPPED).count().collect()
    assert {row[0]: row["count"] for row in counts} == {None: 5, "no_sale": 1, "no_elements": 2}


def test_a_line_is_known_by_the_elements_field_or_by_the_column_that_it_fills() -> None:
    by_field = _feed().into["order_lines"]
    assert line_key_of(by_field, ORDER_LINES) == LineKey((), ("each.no",))
    by_column = _feed(into={"order_lines": TARGET | {"line_key": ["each.sku"]}}).into["order_lines"]
    assert line_key_of(by_column, ORDER_LINES) == LineKey(("item_id",))


def _events(**changes: Any) -> dict[str, Any]:
    return {
        "each": "items",
        "actor": {"kind": "mail", "identifier": "each.mail"},
        "columns": {"event_time": "'2024-02-01 08:00:00'", "event_type": "'view'"},
    } | changes


def _mails(spark: SparkSession) -> DataFrame:
    text = '[{"mail":"a@x.example","page":"p"},{"mail":"b@x.example"},{"page":"q"}]'
    rows = [("shop", "a.json", 0, TAKEN, None, "7", text)]
    return spark.createDataFrame(rows, f"{SHAPE}, card string, items string")


def test_an_element_may_name_somebody_and_have_fields_that_pass(spark: SparkSession) -> None:
    raw, feed = _mails(spark), _feed(into={"events": _events(keep=["each.page", "card"])})
    minted = new_pseudonyms([("f", raw, feed)], vault=None, actor_ids=lambda *parts: parts[1])
    assert sorted(row["identifier"] for row in minted.collect()) == ["a@x.example", "b@x.example"]
    facts, _ = fact_rows(
        [RawFeed("f", "shop", feed)], {"f": raw}, EVENTS, shop=ShopDefaults("UTC", "EUR"), vault=minted,
        text_ids=lambda text: F.md5(text),
    )  # fmt: skip
    rows = [(row["actor_id"], row["properties"]) for row in facts.frame.orderBy("_position").collect()]
    assert rows == [
        ("a@x.example", {"each.page": "p", "card": "7"}),
        ("b@x.example", {"card": "7"}),
        (None, {"each.page": "q", "card": "7"}),
    ]
    assert facts.frame.where("_sound").select("event_id").distinct().count() == 2
    assert not_passed_on(typed_source(raw, feed), feed) == []


def test_a_list_of_people_does_not_pass_as_a_whole(spark: SparkSession) -> None:
    feed = _feed(into={"events": _events(), "items": {"columns": {"item_id": "card"}, "keep": ["items"]}})
    assert expression_faults(_mails(spark), feed) == [
        (("into", "items", "keep", 0), "items holds an identifier, and these leave raw through the vault only")
    ]


@pytest.mark.parametrize(
    ("each", "changes", "fault"),
    [
        ("lines", {}, "no column lines in the files (they have id, card, items)"),
        (
            "card",
            {"format": "csv"},
            "card is string and no list; give it a type such as ARRAY<STRUCT<...>> under `types`",
        ),
        (
            "items",
            {"types": {"items": "INT"}},
            "items is int and no list; give it a type such as ARRAY<STRUCT<...>> under `types`",
        ),
    ],
)
def test_what_is_no_list_is_reported(spark: SparkSession, each: str, changes: dict[str, Any], fault: str) -> None:
    feed = _feed(into={"order_lines": TARGET | {"each": each}}, **changes)
    assert expression_faults(_documents(spark), feed) == [(("into", "order_lines", "each"), fault)]


def test_a_list_of_lists_with_a_type_is_reported(spark: SparkSession) -> None:
    lists = f"ARRAY<STRUCT<lines: ARRAY<{ELEMENT}>>>"
    feed = _feed(into={"order_lines": TARGET | {"each": "items.lines"}}, types={"items": lists})
    fault = "items is a list itself; `each` leads to a list through objects only"
    assert expression_faults(_documents(spark), feed) == [(("into", "order_lines", "each"), fault)]


def test_that_no_document_has_elements_is_said() -> None:
    words = "f: none of 2 documents has an element under items, so that no row was made of them"
    assert sorting.no_elements_warning("f", "items", documents=2, empty=2) == words
    assert sorting.no_elements_warning("f", "items", documents=2, empty=1) == ""
    assert sorting.no_elements_warning("f", "items", documents=0, empty=0) == ""


def test_a_column_by_the_name_of_the_element_is_reported(spark: SparkSession) -> None:
    raw = _documents(spark).withColumn("Each", F.lit("x"))
    fault = "the files have a column each, which is the name of the element here"
    assert expression_faults(raw, _feed()) == [(("into", "order_lines", "each"), fault)]


def test_a_list_or_a_plain_value_on_the_way_to_the_list_makes_it_unreadable(spark: SparkSession) -> None:
    way = [
        f'{{"data":[{FIRST}]}}',
        "{}",
        None,
        "[]",
        f'[{{"data":[{FIRST}]}}]',
        "yes",
        '{"data":"yes"}',
        '{"other":[1]}',
    ]
    rows = [("shop", "a.json", i, TAKEN, None, str(700 + i), "7", text) for i, text in enumerate(way)]
    raw = spark.createDataFrame(rows, f"{SHAPE}, id string, card string, items string")
    feed = _feed(into={"order_lines": TARGET | {"each": "items.data"}})
    elements = element_rows(typed_source(raw, feed), feed, feed.into["order_lines"])
    found = {row["_position"]: (row["_element"], row["_types"]) for row in elements.collect()}
    unreadable = (None, ["items.data_unreadable"])
    assert found == {
        0: (1, []), 1: (None, []), 2: (None, []), 3: (None, []), 4: unreadable, 5: unreadable, 6: unreadable, 7: (None, []),
    }  # fmt: skip
