"""A mapping makes typed facts; values that cannot be read are named, and footfall fills in clocks, ids and pseudonyms."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.errors import SourceError
from footfall.mapping.source import Feed
from footfall.refine.fills import ShopDefaults, row_contract, with_generated
from footfall.refine.keys import matching_of
from footfall.refine.mapped import map_rows
from footfall.steps import sorting
from footfall.steps.matching import mark
from footfall.tables import EVENTS, ITEMS, ORDER_LINES

SHOP = ShopDefaults("America/New_York", "USD")
TAKEN = datetime(2024, 3, 1, 12, tzinfo=UTC)
LINES: dict[str, Any] = {
    "files": "x/*.csv",
    "format": "csv",
    "into": {
        "order_lines": {
            "actor": {"kind": "card", "identifier": "card"},
            "number": {"column": "line_number", "within": ["order_id"], "order_by": ["item_id"]},
            "skipped": [{"when": "sku = 'TEST'", "reason": "test_order"}],
            "columns": {"order_id": "bon", "event_time": "ts", "item_id": "sku", "quantity": "qty", "amount": "paid"},
        }
    },
}


def _raw(spark: SparkSession, columns: str, *rows: tuple[Any, ...]) -> DataFrame:
    shape = ", ".join(f"{c} string" for c in columns.split())
    whole = [("shop", "a.csv", position, TAKEN, None, *row) for position, row in enumerate(rows)]
    arrival = "_source string, _file string, _position long, _known_at timestamp, _corrupt string"
    return spark.createDataFrame(whole, f"{arrival}, {shape}")


def _mapped(spark: SparkSession, raw: DataFrame, feed: dict[str, Any], table: Table, **changes: Any) -> DataFrame:
    vault = spark.createDataFrame(
        [("card", "7", "p7"), ("mail", "7", "other")], "kind string, identifier string, actor_id string"
    )
    mapping = Feed.model_validate(feed | changes)
    rows = map_rows(
        raw, feed=mapping, feed_name="shop_x", table=table, shop=SHOP, vault=vault, text_ids=lambda text: F.md5(text)
    )
    contract = row_contract(mapping, table)
    complete = with_generated(sorting.check_rules(rows, contract), feed=mapping, table=table)
    faults = F.when(sorting.is_broken(), sorting.reasons(contract)).otherwise(F.array())
    how = matching_of({"shop_x": mapping}, table)
    return mark(complete, table, existing=None, matching=how).withColumn("_faults", faults).orderBy("_position")


def test_a_line_gets_types_clocks_money_and_its_pseudonym(spark: SparkSession) -> None:
    raw = _raw(spark, "bon ts sku qty paid card", ("b1", "2024-02-29 23:30:00", "s1", "2", "3.50", " 7 "))
    row = _mapped(spark, raw, LINES, ORDER_LINES).select(*ORDER_LINES.column_names).first()
    assert row is not None
    assert row.asDict() == {
        "order_id": "b1",
        "line_number": 1,
        "event_time": datetime(2024, 3, 1, 4, 30),  # noqa: DTZ001 - Spark hands out naive times of the session's UTC
        "event_date": date(2024, 2, 29),
        "known_at": datetime(2024, 3, 1, 12),  # noqa: DTZ001
        "actor_id": "p7",
        "item_id": "s1",
        "quantity": Decimal("2.000"),
        "amount": Decimal("3.5000"),
        "discount_amount": None,
        "currency": "USD",
        "amount_base": Decimal("3.5000"),
        "discount_base": Decimal("0.0000"),
        "channel": None,
        "store_id": None,
        "campaign_id": None,
        "coupon_id": None,
        "line_key": None,
        "arrived": None,
    }


def test_a_bulk_load_was_known_when_it_happened_and_the_declared_delay(spark: SparkSession) -> None:
    raw = _raw(spark, "bon ts sku qty paid card", ("b1", "2024-02-01T10:00:00Z", "s1", "2", "3.50", "7"))
    row = _mapped(spark, raw, LINES, ORDER_LINES, known={"delay": "2 hours"}).select("event_time", "known_at").first()
    assert row is not None
    assert (row["event_time"].hour, row["known_at"].hour) == (10, 12)


def test_what_a_clock_ahead_wrote_is_known_when_it_happened_up_to_a_day_after_it_was_taken(spark: SparkSession) -> None:
    raw = _raw(
        spark,
        "bon ts sku qty paid card",
        ("b1", "2024-03-01T11:59:59Z", "s1", "1", "1", "7"),
        ("b1", "2024-03-01T12:00:01Z", "s2", "1", "1", "7"),
        ("b1", "2024-03-02T12:00:00Z", "s3", "1", "1", "7"),
        ("b1", "2024-03-02T12:00:01Z", "s4", "1", "1", "7"),
        ("b1", "", "s5", "1", "1", "7"),
    )
    rows = _mapped(spark, raw, LINES, ORDER_LINES).select(F.col("known_at").cast("string"), "_faults").collect()
    assert [tuple(row) for row in rows] == [
        ("2024-03-01 12:00:00", []),
        ("2024-03-01 12:00:01", []),
        ("2024-03-02 12:00:00", []),
        ("2024-03-02 12:00:01", ["event_time_plausible"]),
        ("2024-03-01 12:00:00", ["event_date_required", "event_time_required"]),
    ]


def test_what_cannot_be_read_is_named_and_the_raw_row_kept(spark: SparkSession) -> None:
    raw = _raw(
        spark,
        "bon ts sku qty paid card",
        ("b1", "2024-02-01 10:00:00", "s1", "two", "3.50", "7"),
        ("b1", "not a time", "s2", "1", "x", "7"),
        ("b1", "2024-02-01 10:00:00", "TEST", "0", "0", "7"),
        ("b1", "2024-02-01 10:00:00", "s4", "1", "1", "unknown card"),
    )
    marked = _mapped(spark, raw, LINES, ORDER_LINES, known={"delay": "0 hours"})
    found = {r["_position"]: (r["_skipped"], r["_faults"]) for r in marked.collect()}
    assert found[0] == (None, ["quantity_required", "quantity_unreadable"])
    assert {"event_time_unreadable", "amount_unreadable"} <= set(found[1][1])
    assert found[2] == ("test_order", [])
    assert found[3] == (None, ["actor_id_required"])
    kept = sorting.quarantined(marked, ORDER_LINES).orderBy("position").first()
    assert kept is not None
    assert '"qty":"two"' in kept["raw_row"]


def test_an_amount_calculated_from_a_nan_is_quarantined_as_not_finite(spark: SparkSession) -> None:
    feed = deepcopy(LINES) | {"types": {"paid": "double"}}
    feed["into"]["order_lines"]["columns"]["amount"] = "paid * 2"
    raw = _raw(spark, "bon ts sku qty paid card", ("b1", "2024-02-01 10:00:00", "s1", "1", "NaN", "7"))
    faults = _mapped(spark, raw, feed, ORDER_LINES, known={"delay": "0 hours"}).select("_faults").first()
    assert faults is not None
    assert faults[0] == ["amount_not_finite", "amount_required"]


def test_lines_that_will_not_land_take_no_number_from_those_that_do(spark: SparkSession) -> None:
    row = ("b1", "2024-02-01 10:00:00")
    raw = _raw(
        spark,
        "bon ts sku qty paid card",
        (*row, "a", "0", "1", "7"),
        (*row, "b", "1", "1", "7"),
        (*row, "c", "1", "1", "7"),
    )
    marked = _mapped(spark, raw, LINES, ORDER_LINES, known={"delay": "0 hours"})
    sound = marked.where(sorting.is_valid())
    assert {r["item_id"]: r["line_number"] for r in sound.collect()} == {"b": 1, "c": 2}


def test_another_currency_without_a_rate_is_quarantined(spark: SparkSession) -> None:
    raw = _raw(spark, "bon ts sku qty paid card", ("b1", "2024-02-01 10:00:00", "s1", "1", "3.50", "7"))
    marked = _mapped(spark, raw, LINES, ORDER_LINES, currency="EUR", known={"delay": "0 hours"})
    assert marked.select("_faults").first()[0] == ["fx_rate_known"]  # type: ignore[index]


def test_declared_types_make_sums_safe(spark: SparkSession) -> None:
    feed = deepcopy(LINES) | {"types": {"qty": "int", "paid": "decimal(9,2)"}}
    feed["into"]["order_lines"]["columns"]["amount"] = "paid * qty"
    raw = _raw(
        spark,
        "bon ts sku qty paid card",
        ("b1", "2024-02-01 10:00:00", "s1", "3", "1.50", "7"),
        ("b2", "2024-02-01 10:00:00", "s1", "?", "1", "7"),
    )
    rows = _mapped(spark, raw, feed, ORDER_LINES, known={"delay": "0 hours"}).collect()
    assert rows[0]["amount"] == Decimal("4.5000")
    assert "qty_unreadable" in rows[1]["_faults"]


def test_text_that_does_not_fit_its_encoding_is_quarantined(spark: SparkSession) -> None:
    feed = {"files": "i/*.csv", "format": "csv", "into": {"items": {"columns": {"item_id": "id", "item_name": "name"}}}}
    raw = _raw(spark, "id name", ("1", "Caf\ufffd"), ("2", "Café"))
    rows = _mapped(spark, raw, feed, ITEMS).collect()
    assert [r["_faults"] for r in rows] == [["item_name_encoding"], []]


def test_rows_without_an_id_get_one(spark: SparkSession) -> None:
    feed = {
        "files": "e/*.csv",
        "format": "csv",
        "into": {
            "events": {
                "actor": {"kind": "card", "identifier": "card"},
                "columns": {"event_time": "ts", "event_type": "what"},
            }
        },
    }
    same = ("2024-02-01 10:00:00", "view", "7", "red", None)
    raw = _raw(spark, "ts what card colour size", same, same)
    rows = _mapped(spark, raw, feed, EVENTS).collect()
    assert len({r["event_id"] for r in rows}) == 2  # equal rows are two events
    again = _mapped(spark, raw.orderBy(F.desc("_position")), feed, EVENTS).collect()
    assert [r["event_id"] for r in again] == [r["event_id"] for r in rows]


def test_in_a_delta_table_ids_do_not_hang_on_its_files(spark: SparkSession) -> None:
    events = {"actor": {"kind": "card", "identifier": "card"}, "columns": {"event_time": "ts", "event_type": "what"}}
    feed = {"delta": "/shop/clicks", "into": {"events": events}}
    same = ("2024-02-01 10:00:00", "view", "7")
    rows = _raw(spark, "ts what card", same, same, same)
    of_two, whole = F.concat(F.lit("part-"), F.least("_position", F.lit(1))), F.lit("part-9")
    by_commit, compacted, version = (
        _mapped(spark, rows.withColumn("_file", file), feed, EVENTS).collect()
        for file in (of_two, whole, F.concat(F.lit("version "), "_position"))
    )
    ids = {r["event_id"] for r in by_commit}
    assert len(ids) == 3
    assert {r["event_id"] for r in compacted} == ids
    assert len({r["event_id"] for r in version} & ids) == 1  # versions of a change feed are deliveries, as files are


@pytest.mark.parametrize(
    ("quantity", "fault"),
    [
        ("pieces", "no column `pieces` in the files (near: "),
        ("explode(array(1, 2))", "makes several rows of one; a mapping makes one row of each row, by itself"),
        ("count(*)", "looks at several rows (an aggregate or a window function); a mapping makes one row of each row"),
        ("sum(1) OVER (PARTITION BY bon)", "looks at several rows (an aggregate or a window function)"),
        ("struct(*)", "`*` stands for footfall's own columns too; name the columns"),
        ("named_struct('a', 1)", "yields struct<a:int>, which cannot be read as decimal(18,3)"),
        ("length(user)", "no column user in the files (Spark would take the name of who runs the job)"),
    ],
)
def test_an_expression_that_cannot_be_used_stops_the_run_in_words(
    spark: SparkSession, quantity: str, fault: str
) -> None:
    feed = deepcopy(LINES)
    feed["into"]["order_lines"]["columns"]["quantity"] = quantity
    raw = _raw(spark, "bon ts sku qty paid card", ("b1", "2024-03-01 23:30:00", "s1", "2", "3.50", "7"))
    with pytest.raises(SourceError) as refusal:
        _mapped(spark, raw, feed, ORDER_LINES)
    assert refusal.value.what.startswith(f"feed of x/*.csv: into.order_lines.columns.quantity: `{quantity}`: {fault}")
    assert len(refusal.value.what.splitlines()) == 1


def test_a_row_that_could_not_be_parsed_says_so(spark: SparkSession) -> None:
    raw = _raw(spark, "bon ts sku qty paid card", ("b1", None, None, None, None, None)).withColumn(
        "_corrupt", F.lit("b1,{")
    )
    marked = _mapped(spark, raw, LINES, ORDER_LINES)
    assert "row_unreadable" in marked.select("_faults").first()[0]  # type: ignore[index]
