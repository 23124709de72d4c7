"""An object or a list is nobody's identifier and no item's number: refused by type, set aside by value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.mapping.source import Feed
from footfall.refine.expressions import expression_faults, identifier_of
from footfall.refine.fills import ShopDefaults, row_contract
from footfall.refine.mapped import map_rows
from footfall.refine.nested import is_nested
from footfall.steps import sorting
from footfall.tables import EVENTS

TAKEN = datetime(2024, 5, 10, 12, tzinfo=UTC)
SHAPE = "_source string, _file string, _position long, _known_at timestamp, _corrupt string, card string, sku string, n double"


def _feed(*, identifier: str = "card", item_id: str = "sku", **keys: Any) -> Feed:
    columns = {"event_time": "'2024-05-09 08:00:00'", "event_type": "'view'", "item_id": item_id}
    into = {"events": {"actor": {"kind": "card", "identifier": identifier}, "columns": columns}}
    return Feed.model_validate({"files": "a.json", "format": "json", "into": into, **keys})


def test_objects_and_lists_are_told_from_text_that_begins_like_them(spark: SparkSession) -> None:
    texts = ['{"id": 1}', " {}", "[]", '["A"]', "[A]", "{A}", "A", "", None, "true"]
    rows = spark.createDataFrame([(text,) for text in texts], "text string").select(is_nested(F.col("text")))
    assert [row[0] for row in rows.collect()] == [True, True, True, True, False, False, False, False, False, False]


def test_rows_with_one_are_set_aside_and_make_no_customer(spark: SparkSession) -> None:
    values = [("K-1", "A"), ('{"id":"K-2"}', "A"), ("K-1", '{"x": 1}'), ("[]", '["A"]'), ("K-1", "[new]")]
    raw = spark.createDataFrame([("s", "a", n, TAKEN, None, *v, 1.0) for n, v in enumerate(values)], SHAPE)
    feed = _feed()
    actor = feed.into["events"].actor
    assert actor is not None
    named = raw.withColumn("_types", F.array().cast("array<string>")).select(identifier_of(actor, feed))
    assert [row[0] for row in named.collect()] == ["K-1", None, "K-1", None, "K-1"]
    mapped = map_rows(
        raw,
        feed=feed,
        feed_name="s_a",
        table=EVENTS,
        shop=ShopDefaults("UTC", "GBP"),
        vault=spark.createDataFrame([("card", "K-1", "p1")], "kind string, identifier string, actor_id string"),
        text_ids=lambda text: text,
    )
    contract = row_contract(feed, EVENTS)
    checked = sorting.check_rules(mapped, contract).orderBy("_position")
    faults = F.when(sorting.is_broken(), sorting.reasons(contract)).otherwise(F.array())
    assert [list(row[0]) for row in checked.select(faults).collect()] == [
        [], ["actor_id_required"], ["item_id_nested"], ["actor_id_required", "item_id_nested"], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"item_id": "split(sku, '-')"}, "yields array<string>, and item_id is one value"),
        ({"item_id": "map('a', sku)"}, "yields map<string,string>, and item_id is one value"),
        ({"identifier": "struct(card)"}, "and identifier is one value"),
        ({"identifier": "card = 'A'"}, "yields true or false, which names nobody"),
        ({"decimal": ",", "format": "csv", "item_id": "-(-sku)"}, "calculates with the text of sku by Spark's own rules"),
        ({"decimal": ",", "format": "csv", "item_id": "CAST(sku AS INT)"}, "calculates with the text of sku"),
        ({"decimal": ",", "format": "csv", "item_id": "round(sku)"}, "calculates with the text of sku"),
    ],
)  # fmt: skip
def test_types_that_cannot_be_are_refused(spark: SparkSession, keys: dict[str, Any], fault: str) -> None:
    faults = expression_faults(spark.createDataFrame([], SHAPE), _feed(**keys))
    assert fault in " ".join(words for _, words in faults)


@pytest.mark.parametrize(
    "item_id", ["sku", "concat(sku, '-')", "CASE WHEN sku = '1' THEN 1 ELSE 0 END", "n * 2", "length(sku) + 1", "-n"]
)
def test_what_does_not_read_text_as_a_number_may_stay_beside_decimal(spark: SparkSession, item_id: str) -> None:
    feed = _feed(item_id=item_id, decimal=",", format="csv")
    assert expression_faults(spark.createDataFrame([], SHAPE), feed) == []
