"""Expressions over a source whose columns have names that footfall uses itself, or dots in them."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from footfall.mapping.source import Feed
from footfall.refine.kept import properties
from footfall.refine.own_names import with_own_names_apart
from footfall.steps.source_names import comment_of

FEED = Feed.model_validate(
    {
        "files": "x",
        "types": {"Batch_Id": "INT"},
        "into": {
            "order_lines": {
                "actor": {"kind": "k", "identifier": "_source.user"},
                "line_key": ["_Source", "Line.No", "item_id"],
                "skipped": [{"when": "BATCH_ID = 0 AND x._source = '_source'", "reason": "test"}],
                "columns": {
                    "order_id": "`_source`.`a b`",
                    "event_time": "t",
                    "item_id": "concat(_source2, '_source')",
                    "quantity": "1",
                    "amount": "1",
                },
            },
            "events": {
                "actor": {"kind": "k", "identifier": "u"},
                "columns": {"event_time": "t", "event_type": "'view'"},
                "keep": ["_source.plan", "Line.No"],
            },
        },
    }
)


def _schema() -> T.StructType:
    return (
        T.StructType()
        .add("_source", "string")
        .add("_source_2", T.StructType().add("plan", "string"), metadata={"comment": comment_of({"": "_source"})})
        .add("batch_id_2", "string", metadata={"comment": comment_of({"": "batch_id"})})
        .add("Line.No", "string")
    )


def test_the_sources_column_is_meant_where_its_name_stands(spark: SparkSession) -> None:
    rows = spark.createDataFrame([], _schema())
    feed = with_own_names_apart(FEED, rows)
    target = feed.into["order_lines"]
    assert target.actor is not None
    assert target.actor.identifier == "`_source_2`.user"
    assert target.line_key == ("_source_2", "`Line.No`", "item_id")
    assert target.skipped[0].when == "`batch_id_2` = 0 AND x._source = '_source'"
    assert target.columns["order_id"] == "`_source_2`.`a b`"
    assert target.columns["item_id"] == "concat(_source2, '_source')"
    assert feed.types == {"batch_id_2": "INT"}
    assert with_own_names_apart(FEED, rows.select("_source")) is FEED


def test_lists_fills_and_lookups_find_it(spark: SparkSession) -> None:
    columns = {"item_id": "each.sku"}
    described = {
        "files": "x",
        "format": "csv",
        "fill_down": {"within": "Batch_Id", "columns": ["Line.No"]},
        "fill_all": {"within": "x", "columns": ["_SOURCE"]},
        "with": ["payouts on batch_id = batch_id and x = id", "others on payouts.batch_id = _source"],
        "into": {"items": {"each": "_source.lines", "columns": columns}},
    }
    feed = with_own_names_apart(Feed.model_validate(described), spark.createDataFrame([], _schema()))
    assert feed.into["items"].each == "_source_2.lines"
    assert feed.fill_down is not None
    assert feed.fill_all is not None
    assert feed.fill_down.within == "batch_id_2"
    assert feed.fill_down.columns == ("Line.No",)
    assert feed.fill_all.columns == ("_source_2",)
    assert feed.with_ == (
        "payouts on batch_id_2 = batch_id and x = id",
        "others on payouts.batch_id = _source",
    )


def test_keep_finds_it_and_names_it_as_the_source_does(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("own", ("gold",), "7", "3")], _schema())
    kept = rows.select(properties(rows, FEED, FEED.into["events"])).first()
    assert kept is not None
    assert kept[0] == {"_source.plan": "gold", "Line.No": "3"}
