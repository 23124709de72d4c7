"""What is told of an item as of a date."""

from decimal import Decimal

from pyspark.sql import SparkSession

from features.shop_rows import CUT, ZONE, D, happened, line, money, person, rows, values_of
from footfall.contract.frames import conform
from footfall.features import item_features
from footfall.tables import IDENTITIES, ITEM_FEATURES, ORDER_LINES, REFUND_LINES, REVIEWS


def test_features_of_an_item_come_from_its_orders_buyers_and_reviews(spark: SparkSession) -> None:
    lines = [
        line("o1", "ann", happened(1), quantity=Decimal(2), discount_base=Decimal(10)),
        line("o1", "ann", happened(1), line_number=2),  # the same item twice in an order is one order
        line("o2", "ann", happened(90)),
        line("o3", "bob", happened(91)),
        line("o4", "bob", happened(0)),
        line("o5", "bob", happened(1, known=CUT)),
        line("o6", "bob", happened(366), item_id="old"),
    ]
    reviews = [
        {"actor_id": "bob", "item_id": "milk", **happened(3), "rating": 4},
        {"actor_id": "bob", "item_id": "gift", **happened(366), "rating": 1},
        {"actor_id": "bob", "item_id": None, **happened(3), "rating": 1},
    ]
    features = item_features(
        order_lines=rows(spark, ORDER_LINES, *lines), refund_lines=rows(spark, REFUND_LINES),
        reviews=rows(spark, REVIEWS, *reviews), identities=rows(spark, IDENTITIES, person("ann"), person("bob")),
        dates=(D,), time_zone=ZONE,
    )  # fmt: skip
    no_units = Decimal("0.000")
    none = (*money(["0", "0", "0"]), no_units, no_units, None)
    assert values_of(conform(features, ITEM_FEATURES), *ITEM_FEATURES.column_names) == [
        (D, "gift", 0, 0, 0, 0, *none, 0, None, None, None, None, 0, None),
        (
            D,
            "milk",
            1,
            1,
            2,
            3,
            *money(["30", "0", "30"]),
            Decimal("4.000"),
            no_units,
            0.0,
            1,
            0.5,
            0.25,
            7.5,
            1.0,
            1,
            4.0,
        ),
        (D, "old", 0, 0, 0, 0, *none, 0, None, None, None, 366.0, 0, None),
    ]


def test_without_facts_there_are_no_items(spark: SparkSession) -> None:
    features = item_features(
        order_lines=rows(spark, ORDER_LINES), refund_lines=rows(spark, REFUND_LINES), reviews=rows(spark, REVIEWS),
        identities=rows(spark, IDENTITIES), dates=(D,), time_zone=ZONE,
    )  # fmt: skip
    assert values_of(conform(features, ITEM_FEATURES), "item_id") == []
