"""A mapping's own rules: broken ones set the row aside or only warn, and one that fails on a row is broken by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from pyspark.errors import ArithmeticException
from pyspark.sql import SparkSession

from footfall.errors import SourceError
from footfall.mapping.source import Feed
from footfall.refine.fills import ShopDefaults, row_contract
from footfall.refine.mapped import map_rows
from footfall.refine.own_rules import own_warnings
from footfall.steps import sorting
from footfall.tables import STOCK_LEVELS

TAKEN = datetime(2024, 3, 1, 12, tzinfo=UTC)
ROWS = [(0, "A", "5"), (1, "B", "10"), (2, "C", "0"), (3, "D", "-1")]
SHAPE = "_source string, _file string, _position long, _known_at timestamp, _corrupt string, sku string, units string"


def _feed(*rules: dict[str, Any]) -> Feed:
    columns = {"item_id": "sku", "location_id": "'shop'", "event_time": "'2024-02-29 08:00:00'", "on_hand": "units"}
    target = {"columns": columns, "rules": list(rules)}
    return Feed.model_validate({"files": "x/*.csv", "format": "csv", "into": {"stock_levels": target}})


def _checked(spark: SparkSession, feed: Feed, *, guard: bool = False) -> list[tuple[Any, ...]]:
    raw = spark.createDataFrame([("shop", "a.csv", place, TAKEN, None, *rest) for place, *rest in ROWS], SHAPE)
    mapped = map_rows(raw, feed=feed, feed_name="f", table=STOCK_LEVELS, shop=ShopDefaults("UTC", "GBP"), vault=None,
                      text_ids=lambda text: text, guard=guard)  # fmt: skip
    contract = row_contract(feed, STOCK_LEVELS)
    checked = sorting.check_rules(mapped, contract)
    rows = checked.select("item_id", sorting.SOUND, sorting.reasons(contract), sorting.WARNED).orderBy("item_id")
    return [tuple(row) for row in rows.collect()]


def test_an_error_sets_the_row_aside_and_a_warning_is_noted(spark: SparkSession) -> None:
    feed = _feed(
        {"name": "below_ten", "keeps": "on_hand < 10"},
        {"name": "some_left", "keeps": "on_hand > 0", "strength": "warn"},
    )
    assert _checked(spark, feed) == [
        ("A", True, [], []),
        ("B", False, ["below_ten"], []),
        ("C", True, [], ["some_left"]),
        ("D", False, ["on_hand_not_negative"], ["some_left"]),
    ]
    assert own_warnings(feed.into["stock_levels"]) == ["some_left"]


def test_a_rule_that_fails_on_a_row_is_broken_by_it_where_rows_are_read_with_care(spark: SparkSession) -> None:
    feed = _feed({"name": "a_share", "keeps": "1 / on_hand < 1"})
    with pytest.raises(ArithmeticException):
        _checked(spark, feed)
    kept = [(item, is_sound) for item, is_sound, *_ in _checked(spark, feed, guard=True)]
    assert kept == [("A", True), ("B", True), ("C", False), ("D", False)]


def test_a_rule_about_no_column_of_the_rows_is_refused(spark: SparkSession) -> None:
    with pytest.raises(
        SourceError, match=r"(?s)rules for refined.stock_levels cannot be checked: .*on_hand.*is decimal"
    ):
        _checked(spark, _feed({"name": "no_truth", "keeps": "on_hand + 1"}))
    with pytest.raises(SourceError, match="units"):
        _checked(spark, _feed({"name": "of_the_source", "keeps": "on_hand < units"}))


def test_a_rule_that_looks_at_other_rows_is_refused(spark: SparkSession) -> None:
    """The sound rule beside them is not named."""
    rules = {
        "most": "max(on_hand) < 5000", "all": "count(1) OVER () < 1000000 OR on_hand > 0", "one_of": "explode(array(on_hand > 0))",
        "by_whom": "on_hand > 0 OR user = 'spark'", "sound": "on_hand > 0",
    }  # fmt: skip
    with pytest.raises(SourceError) as raised:
        _checked(spark, _feed(*({"name": name, "keeps": keeps} for name, keeps in rules.items())))
    several, others = "makes several rows of one", "looks at several rows (an aggregate or a window function)"
    expected = {"most": others, "all": others, "one_of": several, "by_whom": "no column user of refined.stock_levels"}
    for name, fault in expected.items():
        assert f"{name}: `{rules[name]}`: {fault}" in raised.value.what
    assert "sound:" not in raised.value.what


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({"name": "on_hand_not_negative", "keeps": "on_hand > 0"}, "stock_levels has a rule of this name"),
        ({"name": "on_hand_required", "keeps": "on_hand > 0"}, "footfall's own rules end so"),
        ({"name": "by_the_source", "keeps": "units > 0"}, "names no column of stock_levels"),
        ({"name": "by_chance", "keeps": "on_hand > rand()"}, "rand"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule_is_said_with_its_place(rule: dict[str, str], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        _feed(rule)
