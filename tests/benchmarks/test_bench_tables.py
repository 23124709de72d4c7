"""The variants that the benchmarks compare give the same tables. Nothing is timed."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tiny_shop import lay_out

from benchmarks import _common as bench
from benchmarks import featurize, increment, ingest, refine


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """The tiny shop's logs."""
    return lay_out(tmp_path / "raw")


def test_the_plain_job_writes_the_rows_of_refine_and_those_that_refine_quarantines(
    spark: SparkSession, tmp_path: Path, raw: Path
):
    key, lake = bench.new_key(), tmp_path / "lake"
    refine.lay_out_lake(spark, lake, raw=raw, key=key)
    refine.refine(spark, lake, raw=raw, key=key)()
    refine.plain(spark, lake)()
    columns = ["order_id", "event_time", "event_date", "item_id", "quantity", "amount", "discount_amount", "currency",
               "channel", "store_id"]  # fmt: skip
    ours = spark.read.format("delta").load(str(lake / "refined/order_lines")).select(columns)
    plain_rows = spark.read.format("delta").load(str(lake / "plain")).select(columns)
    assert ours.count() == 7
    assert ours.exceptAll(plain_rows).collect() == []
    assert [r["order_id"] for r in plain_rows.exceptAll(ours).collect()] == ["21"]
    assert spark.read.format("delta").load(str(lake / "raw/quarantine")).count() == 1
    ingest.plain(spark, tmp_path / "from files", raw=raw)
    assert spark.read.format("delta").load(str(tmp_path / "from files")).count() == plain_rows.count()


def give_back(spark: SparkSession, activity: Path) -> None:
    """Adds to daily_activity that a third of each order's money came back a week later, known two days after."""
    orders = spark.read.format("delta").load(str(activity)).where("order_count > 0")
    none = {c: F.lit(0).cast(kind) for c, kind in orders.dtypes if kind.startswith("decimal") or c.endswith("_count")}
    back = none | {
        "refund_line_count": F.lit(1).cast("bigint"),
        "refund_amount_base": F.expr("CAST(gross_amount_base / 3 AS DECIMAL(18, 4))"),
        "event_date": F.date_add("event_date", 7),
        "known_date": F.date_add("known_date", 9),
    }
    orders.withColumns(back).write.format("delta").mode("append").save(str(activity))


def test_duckdb_gives_the_same_features_for_two_copies_of_a_shop(spark: SparkSession, tmp_path: Path, raw: Path):
    tables = featurize.lay_out_lake(spark, tmp_path / "lake", raw=raw)
    give_back(spark, tables["results.daily_activity"])
    dates = featurize.demo_dates(bench.AS_OF)
    shops = featurize.multiply(spark, tables, tmp_path / "twice", 2)
    featurize.with_spark(spark, shops, tmp_path / "spark", dates=dates)
    featurize.with_duckdb(shops, tmp_path / "duck.parquet", dates=dates, threads=1, memory="1G")
    assert featurize.result_differences(tmp_path / "spark", tmp_path / "duck.parquet") == []
    features = spark.read.format("delta").load(str(tmp_path / "spark"))
    assert features.where(F.col("as_of_date") == bench.AS_OF).count() == 6
    assert features.where("refund_amount_90d > 0 AND return_rate_365d < 1").count() > 0


@pytest.mark.slow
def test_an_increment_of_a_day_ends_with_the_tables_of_the_full_run(
    spark: SparkSession, tmp_path: Path, raw: Path, capsys: pytest.CaptureFixture[str]
):
    shutil.rmtree(raw / "reviews")
    day = date(2017, 12, 31)
    new_lines = increment.days_before(raw, tmp_path / "raw_before", day)
    (tmp_path / "raw_before").rename(tmp_path / "raw_all")
    assert new_lines["basket_id"].to_pylist() == [30, 13]
    assert sum(pq.read_table(f).num_rows for f in (tmp_path / "raw_all/transactions").iterdir()) == 7
    lakes = increment.measure(
        spark, tmp_path, tmp_path / "raw_all", new_lines, day=day, rounds=1, verbose=False, feeds=("transactions",),
        skipped=("item_features",),
    )  # fmt: skip
    assert "tables equal" in capsys.readouterr().out
    features = spark.read.format("delta").load(str(lakes["increment"] / "results/user_features"))
    assert features.where(F.col("as_of_date") == bench.AS_OF).count() == 3
