"""An expression that fails on a row names the row for its column; all other rows and values stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.mapping.source import Feed, Target
from footfall.refine.bare_numbers import bare_numbers
from footfall.refine.facts import fact_rows
from footfall.refine.feeds import RawFeed
from footfall.refine.fills import ShopDefaults
from footfall.refine.guarded import guarded
from footfall.refine.mapped import map_rows
from footfall.refine.pseudonyms import minted_output, new_pseudonyms
from footfall.steps.sorting import SKIPPED, UNREADABLE
from footfall.tables import COUPON_REDEMPTIONS

TAKEN = datetime(2024, 3, 1, 12, tzinfo=UTC)
SHAPE = "_source string, _file string, _position long, _known_at timestamp, _corrupt string"
REDEEMED: dict[str, Any] = {
    "actor": {"kind": "card", "identifier": "split(who, '/')[1]"},
    "skipped": [{"when": "CAST(test AS BOOLEAN)", "reason": "test_row"}],
    "columns": {"event_time": "split(ts, '@')[0]", "coupon_id": "url_decode(coupon)"},
}
COMPILED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "CODEGEN_ONLY"}


@pytest.fixture
def compiled(spark: SparkSession) -> Iterator[None]:
    """Expressions are compiled, as in a run, and not interpreted as in other tests: Spark then computes ahead what several share."""
    before = {name: str(spark.conf.get(name)) for name in COMPILED}
    for name, value in COMPILED.items():
        spark.conf.set(name, value)
    yield
    for name, value in before.items():
        spark.conf.set(name, value)


def _typed(spark: SparkSession) -> DataFrame:
    rows = [(0, "a/b", "5"), (1, "x", "0"), (2, None, None), (3, "p/q", "z")]
    return spark.createDataFrame(rows, "_position long, cat string, num string").withColumn(
        "_types", F.array().cast("array<string>")
    )


def _guarded(spark: SparkSession, **columns: str) -> list[tuple[Any, ...]]:
    rows, target = guarded(_typed(spark), Target(columns=columns))
    values = [F.expr(sql) for sql in target.columns.values()]
    return [tuple(row) for row in rows.orderBy("_position").select("_types", *values).collect()]


@pytest.mark.parametrize("how", ["interpreted", "compiled"])
def test_each_expression_fails_by_itself_and_null_in_null_out_is_no_failure(
    spark: SparkSession, request: pytest.FixtureRequest, how: str
) -> None:
    if how == "compiled":
        request.getfixturevalue("compiled")
    number = "CAST(num AS INT)"  # the columns share it, and it fails
    rows = _guarded(spark, part="split(cat, '/')[1]", half=f"{number} / 2", each=f"10 / {number}", plain="num",
                    kind="CASE WHEN split(cat, '/')[1] = 'b' THEN 1 ELSE 0 END")  # fmt: skip
    assert rows == [
        ([], "b", 2.5, 2.0, "5", 1),
        (["part_failed", "each_failed", "kind_failed"], None, 0.0, None, "0", None),
        ([], None, None, None, None, 0),
        (["half_failed", "each_failed"], "q", None, None, "z", 0),
    ]


def test_values_of_every_type_and_expressions_that_are_never_null_are_kept_from_failing(spark: SparkSession) -> None:
    rows = _guarded(
        spark,
        day="to_date(concat('2024-01-0', num))",
        never_null="CAST(coalesce(num, '7') AS INT)",
        list="transform(split(num, ','), part -> CAST(part AS INT))",
        map="map(coalesce(cat, '-'), CAST(num AS INT))",
        struct="named_struct('n', CAST(num AS INT)).n",
        constant="1 / 0",
    )
    everywhere = "constant_failed"
    assert [row[0] for row in rows] == [
        [everywhere],
        ["day_failed", everywhere],
        [everywhere],
        ["day_failed", "never_null_failed", "list_failed", "map_failed", "struct_failed", everywhere],
    ]
    assert [row[2:5] for row in rows] == [
        (5, [5], {"a/b": 5}),
        (0, [0], {"x": 0}),
        (7, None, {"-": None}),
        (None, None, None),
    ]


def _feed(**changes: Any) -> Feed:
    into = {"coupon_redemptions": REDEEMED | changes}
    return Feed.model_validate({"files": "x/*.csv", "format": "csv", "into": into, "nobody": ["", "guest"]})


def _redeemed(spark: SparkSession) -> DataFrame:
    rows = [
        ("card/7", "2024-02-01 08:00:00", "A%20B", None),
        ("8", "2024-02-01 08:00:00", "A", None),  # no identifier can be cut out
        ("card/", "2024-02-01 08:00:00", "A", None),  # an empty one is nobody's
        ("card/9", "2024-02-01 08:00:00", "%zz", "perhaps"),
        ("card/9", "2024-02-01 08:00:00", "%zz", "true"),
    ]
    whole = [("shop", "a.csv", i, TAKEN, None, *row) for i, row in enumerate(rows)]
    return spark.createDataFrame(whole, f"{SHAPE}, who string, ts string, coupon string, test string")


def test_a_mapped_row_is_named_for_its_column_its_identifier_and_its_condition(spark: SparkSession) -> None:
    raw, feed = _redeemed(spark), _feed()
    minted = new_pseudonyms([("f", raw, feed)], vault=None, actor_ids=lambda *parts: parts[1], guard=True)
    assert sorted(row["identifier"] for row in minted.collect()) == ["7", "9"]
    rows = map_rows(
        raw, feed=feed, feed_name="f", table=COUPON_REDEMPTIONS, shop=ShopDefaults("UTC", "EUR"), vault=minted,
        text_ids=lambda text: F.md5(text), guard=True,
    )  # fmt: skip
    columns = (SKIPPED, UNREADABLE, "actor_id", "coupon_id")
    assert [tuple(row) for row in rows.orderBy("_position").select(*columns).collect()] == [
        (None, [], "7", "A B"),
        (None, ["actor_id_failed"], None, "A"),
        ("nobody", [], None, "A"),
        (None, ["coupon_id_failed", "test_row_failed"], "9", None),
        ("test_row", ["coupon_id_failed"], "9", None),
    ]


def test_rows_for_a_step_come_with_the_same_rows_kept_from_failing(spark: SparkSession) -> None:
    raw, feed = _redeemed(spark), RawFeed("f", "shop", _feed())
    vault = spark.createDataFrame([("card", "7", "p7")], "kind string, identifier string, actor_id string")
    shop = ShopDefaults("UTC", "EUR")
    facts, _ = fact_rows([feed], {"f": raw}, COUPON_REDEMPTIONS, shop=shop, vault=vault, text_ids=lambda t: F.md5(t))
    assert facts.guarded is not None
    again = facts.guarded()
    assert again.guarded is None
    aside = again.aside.orderBy("position").collect()
    assert [(row["position"], "actor_id_failed" in row["rules"]) for row in aside] == [(1, True), (3, False)]
    minted = minted_output([("f", raw, feed.feed)], vault=None, actor_ids=lambda *parts: parts[1])
    assert minted.guarded is not None
    assert minted.guarded().frame.count() == 2


def test_the_first_look_at_times_does_not_fail_on_a_value(spark: SparkSession) -> None:
    feed = _feed(columns=REDEEMED["columns"] | {"event_time": "url_decode(coupon)"})
    assert list(bare_numbers(_redeemed(spark), feed, ["coupon_redemptions"])) == []
