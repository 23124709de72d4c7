"""A batch's commit is found by its label, however many commits of others are between."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import Column, Layer, Personal, Table
from footfall.steps import sorting
from footfall.storage import lake as storage
from footfall.storage.lake import Lake
from runtime.numbers_shared import NUMBERS, fact_rows

DATED = replace(NUMBERS, columns=(*NUMBERS.columns, Column("event_date", "date", "its day")))


def test_a_label_is_found_below_newer_commits(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "NEWEST", 2)
    rows = lake.spark.createDataFrame([(1,), (2,)], "n int")
    for batch_id in range(1, 5):
        lake.write(NUMBERS, rows, label=f"add/{batch_id}", batch_id=batch_id)
    assert [lake.landing(NUMBERS.full_name, f"add/{n}") for n in (1, 4, 5)] == [
        storage.Landing(1, 2, removed=0),
        storage.Landing(4, 2, removed=0),
        None,
    ]


def test_a_second_write_of_the_same_app_and_batch_adds_nothing(lake: Lake) -> None:
    rows = lake.spark.createDataFrame([(1,)], "n int")
    for label in ("first", "second"):
        lake.write(NUMBERS, rows, label=label, app="add", batch_id=1)
    assert lake.read(NUMBERS.full_name).count() == 1
    assert lake.landing(NUMBERS.full_name, "second") is None


def test_files_in_which_no_key_of_the_batch_can_be_are_not_read(lake: Lake) -> None:
    for batch_id, numbers in enumerate(([1, 9], [10, 19], [20, 29], [30, 39]), start=1):
        rows = lake.spark.createDataFrame([(n,) for n in numbers], "n int").coalesce(1)
        lake.write(NUMBERS, rows, label=f"add/{batch_id}", batch_id=batch_id)
    existing = lake.read(NUMBERS.full_name)
    batch = sorting.check_rules(fact_rows(lake, 12, 38, 500), NUMBERS)  # the last breaks a rule
    old = F.when(F.col("n") == 12, F.expr("TIMESTAMP'2020-01-01'")).otherwise(F.col("_taken_at"))
    ranges = sorting.key_ranges(batch.withColumn("event_date", F.to_date(old)), DATED, "n").collect()
    matching = sorting.that_can_match(existing, "n", ranges)
    assert matching is not None
    assert len(existing.inputFiles()) == 4
    assert len(matching.inputFiles()) == 2


ORDERS = Table(
    name="orders",
    layer=Layer.REFINED,
    version=1,
    grain="one row per order",
    columns=(Column("order_id", "string", "its number", personal=Personal.QUASI),),
    key=("order_id",),
)


def test_of_order_numbers_without_statistics_only_what_can_match_is_read(lake: Lake) -> None:
    for batch_id, numbers in enumerate((["A1", "A9"], ["B0", "B9"], ["C0", "C9"], ["D0", "D9"]), start=1):
        rows = lake.spark.createDataFrame([(n,) for n in numbers], "order_id string").coalesce(1)
        lake.write(ORDERS, rows, label=f"add/{batch_id}", batch_id=batch_id)
    ranges = lake.spark.createDataFrame([("B2", "B3"), ("D9", "D9")], "least string, greatest string").collect()
    matching = sorting.that_can_match(lake.read(ORDERS.full_name), "order_id", ranges)
    assert matching is not None
    assert len(matching.inputFiles()) == 4  # Delta leaves none out
    assert [row["order_id"] for row in matching.collect()] == ["D9"]
    assert _rows_scanned(matching) == 4  # of the second and the fourth file


def _rows_scanned(collected: DataFrame) -> int:
    """Rows that the scan of a collected frame handed on to its filter."""
    plan = collected._jdf.queryExecution().executedPlan()
    return int(plan.collectLeaves().head().metrics().apply("numOutputRows").value())
