"""What comes back becomes refund_lines: orders of their own, lines within an order, refunds by status; each rule and its row."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.mapping.source import Feed
from footfall.refine.fills import ShopDefaults, row_contract, with_generated
from footfall.refine.keys import matching_of
from footfall.refine.mapped import map_rows
from footfall.steps import sorting
from footfall.steps.matching import mark
from footfall.tables import ORDER_LINES, REFUND_LINES

TAKEN = datetime(2024, 3, 1, 12, tzinfo=UTC)
COLUMNS = ("invoice", "stock_code", "pieces", "price", "sold_at", "card")
ORDER, RETURN = (
    {
        "actor": {"kind": "card", "identifier": "card"},
        "number": {"column": "line_number", "within": [identifier], "order_by": ["item_id"]},
        "columns": {identifier: "invoice", "event_time": "sold_at", "item_id": "stock_code"},
    }
    for identifier in ("order_id", "refund_id")
)
NO_GOODS = {"when": "stock_code IN ('POST', 'D')", "reason": "no_goods"}
WHOLESALE: dict[str, Any] = {
    "files": "x/*.csv",
    "format": "csv",
    "types": {"pieces": "INT", "price": "DECIMAL(18, 4)"},
    "known": {"delay": "0 hours"},
    "into": {
        "order_lines": ORDER
        | {
            "skipped": [NO_GOODS, {"when": "pieces < 0", "reason": "comes_back"}],
            "columns": {**ORDER["columns"], "quantity": "pieces", "amount": "pieces * price"},
        },
        "refund_lines": RETURN
        | {
            "skipped": [NO_GOODS, {"when": "pieces >= 0", "reason": "bought"}],
            "columns": {
                **RETURN["columns"],
                "quantity": "-pieces",
                "amount": "-pieces * price",
                "reason": "'returned'",
            },
        },
    },
}
ROWS = (
    ("489434", "85048", "12", "6.95", "2023-12-01 07:45:00", "13085"),
    ("489434", "POST", "1", "18.00", "2023-12-01 07:45:00", "13085"),
    ("489500", "23843", "1000", "5.00", "2023-12-02 09:15:00", "16446"),
    ("489500", "11111", "-1", "2.00", "2023-12-02 09:15:00", "16446"),  # comes back within an order
    ("C489501", "23843", "-1000", "5.00", "2023-12-02 09:27:00", "16446"),
    ("C489501", "22222", "-2", "0.00", "2023-12-02 09:27:00", "16446"),  # a gift comes back
    ("C489450", "D", "-1", "20.00", "2023-12-03 11:00:00", "13085"),
)


def _marked(spark: SparkSession, mapping: dict[str, Any], table: Table, *rows: tuple[str | None, ...]) -> DataFrame:
    """The rows as rows of the table, with where each would go; `_faults` are the rules that it breaks."""
    shape = ", ".join(f"{name} string" for name in COLUMNS)
    arrival = "_source string, _file string, _position long, _known_at timestamp, _corrupt string"
    whole = [("shop", "a.csv", position, TAKEN, None, *row) for position, row in enumerate(rows)]
    vault = [("card", card, f"p{card}") for card in ("13085", "16446")]
    feed, shop = Feed.model_validate(mapping), ShopDefaults("Europe/London", "GBP")
    mapped = map_rows(
        spark.createDataFrame(whole, f"{arrival}, {shape}"), feed=feed, feed_name="shop_x", table=table, shop=shop,
        vault=spark.createDataFrame(vault, "kind string, identifier string, actor_id string"), text_ids=lambda text: text,
    )  # fmt: skip
    contract = row_contract(feed, table)
    complete = with_generated(sorting.check_rules(mapped, contract), feed=feed, table=table)
    faults = F.when(sorting.is_broken(), sorting.reasons(contract)).otherwise(F.array())
    matching = matching_of({"shop_x": feed}, table)
    return mark(complete, table, existing=None, matching=matching).withColumn("_faults", faults)


def _valid(marked: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in marked.where(sorting.is_valid()).select(*columns).collect()), key=str)


def test_one_log_fills_orders_and_refunds_and_charges_fill_neither(spark: SparkSession) -> None:
    orders, refunds = (_marked(spark, WHOLESALE, table, *ROWS) for table in (ORDER_LINES, REFUND_LINES))
    assert _valid(orders, "order_id", "line_number", "actor_id", "amount_base") == [
        ("489434", 1, "p13085", Decimal("83.4000")),
        ("489500", 1, "p16446", Decimal("5000.0000")),
    ]
    columns = ("refund_id", "line_number", "actor_id", "order_id", "item_id", "quantity", "amount_base", "reason")
    assert _valid(refunds, *columns) == [
        ("489500", 1, "p16446", None, "11111", Decimal("1.000"), Decimal("2.0000"), "returned"),
        ("C489501", 1, "p16446", None, "22222", Decimal("2.000"), Decimal("0.0000"), "returned"),
        ("C489501", 2, "p16446", None, "23843", Decimal("1000.000"), Decimal("5000.0000"), "returned"),
    ]
    skips = {
        table.name: sorted(row[0] for row in marked.where("_skipped IS NOT NULL").select("_skipped").collect())
        for table, marked in ((ORDER_LINES, orders), (REFUND_LINES, refunds))
    }
    assert skips == {
        "order_lines": ["comes_back", "comes_back", "comes_back", "no_goods", "no_goods"],
        "refund_lines": ["bought", "bought", "no_goods", "no_goods"],
    }


def test_a_refund_needs_neither_item_nor_order_nor_units(spark: SparkSession) -> None:
    columns = {"refund_id": "invoice", "event_time": "sold_at", "amount": "price"}
    number = {"column": "line_number", "within": ["refund_id"], "order_by": ["amount"]}
    target = {"actor": RETURN["actor"], "number": number, "columns": columns}
    mapping = WHOLESALE | {"into": {"refund_lines": target}}
    marked = _marked(spark, mapping, REFUND_LINES, ("R1", None, None, "2.50", "2023-12-03 10:00:00", "13085"))
    assert _valid(marked, "refund_id", "item_id", "order_id", "quantity", "amount_base", "currency", "event_date") == [
        ("R1", None, None, None, Decimal("2.5000"), "GBP", datetime(2023, 12, 3, tzinfo=UTC).date())
    ]


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        (("1", "7", "2.50", "2023-12-03 10:00:00", "13085"), []),
        (("1", "0", "2.50", "2023-12-03 10:00:00", "13085"), []),  # money only
        (("1", "1", "0", "2023-12-03 10:00:00", "13085"), []),  # a gift
        (("1", "0", "0", "2023-12-03 10:00:00", "13085"), ["something_came_back"]),
        (("1", None, "0", "2023-12-03 10:00:00", "13085"), ["something_came_back"]),
        (("1", "-1", "2.50", "2023-12-03 10:00:00", "13085"), ["quantity_not_negative"]),
        (("1", "1", "-0.01", "2023-12-03 10:00:00", "13085"), ["amount_not_negative"]),
        (("0", "1", "2.50", "2023-12-03 10:00:00", "13085"), ["line_number_from_1"]),
        (("1", "1", None, "2023-12-03 10:00:00", "13085"), ["amount_required"]),
        (("1", "1", "2.50", "2023-12-03 10:00:00", None), ["actor_id_required"]),
    ],
)
def test_a_row_that_breaks_a_rule_is_set_aside_under_its_name(
    spark: SparkSession, row: tuple[str | None, ...], faults: list[str]
) -> None:
    line, pieces, price, *rest = row
    columns = {
        "refund_id": "invoice", "line_number": "stock_code", "event_time": "sold_at", "quantity": "pieces", "amount": "price",
    }  # fmt: skip
    mapping = WHOLESALE | {"into": {"refund_lines": {"actor": RETURN["actor"], "columns": columns}}}
    marked = _marked(spark, mapping, REFUND_LINES, ("R1", line, pieces, price, *rest))
    assert [marked_row["_faults"] for marked_row in marked.collect()] == [faults]
