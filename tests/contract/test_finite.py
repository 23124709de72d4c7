"""NaN and infinity break a table's contract wherever they stand in it; NULL does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Column, Layer, Rule, Table
from footfall.contract.frames import broken_rules, require_sound
from footfall.errors import ContractError
from footfall.runtime.explain import explain

NAN, INFINITY = float("nan"), float("inf")
MEASURES = Table(
    name="measures",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per measurement",
    columns=(
        Column("id", "int", "number of the row"),
        Column("score", "double", "a number"),
        Column("norm", "float", "a shorter one"),
        Column("vector", "array<float>", "numbers"),
        Column("shares", "map<string,double>", "numbers by name"),
        Column("reasons", "array<struct<feature:string,value:double>>", "numbers in structs in a list"),
        Column("spread", "struct<low:double,high:double>", "numbers in a struct"),
        Column("grid", "array<array<double>>", "lists in a list"),
        Column("words", "array<string>", "no numbers"),
    ),
    key=("id",),
    rules=(Rule("score_not_negative", "score >= 0"),),
)
SOUND: dict[str, Any] = {
    "score": 0.5,
    "norm": 1.0,
    "vector": [0.0, -1.0, None],
    "shares": {"a": 0.5, "b": None},
    "reasons": [{"feature": "a", "value": 1.0}, {"feature": "b", "value": None}],
    "spread": {"low": 0.0, "high": 1.0},
    "grid": [[0.0], [1.0], []],
    "words": ["NaN"],
}


def _rows(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    rows = [tuple({"id": n, **SOUND, **change}[c] for c in MEASURES.column_names) for n, change in enumerate(changes)]
    return spark.createDataFrame(rows, MEASURES.schema())


BROKEN = (
    ("score", NAN), ("score", INFINITY), ("norm", NAN), ("norm", -INFINITY),
    ("vector", [0.0, NAN]), ("vector", [0.0, INFINITY]), ("vector", [0.0, -INFINITY]),
    ("shares", {"a": 0.5, "b": NAN}), ("shares", {"a": -INFINITY}),
    ("reasons", [{"feature": "a", "value": 1.0}, {"feature": "b", "value": NAN}]),
    ("spread", {"low": NAN, "high": 1.0}), ("grid", [[0.0], [1.0, NAN]]),
)  # fmt: skip


def test_each_number_that_is_not_finite_breaks_the_rule_of_its_column_and_no_other(spark: SparkSession) -> None:
    rows = _rows(spark, *({name: value} for name, value in BROKEN))
    broken = [row["rules"] for row in rows.orderBy("id").select(broken_rules(MEASURES).alias("rules")).collect()]
    assert broken == [[f"{name}_not_finite"] for name, _ in BROKEN]


def test_null_and_empty_and_usual_numbers_are_sound(spark: SparkSession) -> None:
    nothing = dict.fromkeys(SOUND)
    empty = {"vector": [], "shares": {}, "reasons": [], "grid": [], "spread": {"low": None, "high": None}}
    rows = _rows(spark, {}, nothing, empty, {"score": 1.7976931348623157e308})
    assert require_sound(rows, MEASURES).count() == 4
    assert sorted(row["id"] for row in require_sound(rows, MEASURES).collect()) == [0, 1, 2, 3]


def test_a_computed_nan_stops_the_step_and_names_its_column(spark: SparkSession) -> None:
    rows = require_sound(_rows(spark, {}, {"vector": [NAN], "score": -1.0}), MEASURES)
    with pytest.raises(Exception, match="CONTRACT") as raised:
        rows.collect()
    fault = explain(raised.value)
    assert isinstance(fault, ContractError)
    assert "table results.measures: a computed row breaks vector_not_finite, score_not_negative" in fault.what


def test_what_pandas_calls_missing_reaches_a_table_as_null(spark: SparkSession) -> None:
    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield batch[["id"]].assign(score=[NAN, 0.5])

    scored = _rows(spark, {}, {}).coalesce(1).orderBy("id").mapInPandas(predict, MEASURES.schema("id", "score"))
    rows = scored.select("id", "score", *(F.lit(None).cast(c.type).alias(c.name) for c in MEASURES.columns[2:]))
    sound = require_sound(rows, MEASURES).orderBy("id").collect()
    assert [row["score"] for row in sound] == [None, 0.5]
