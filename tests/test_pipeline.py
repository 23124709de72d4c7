"""The whole way on the small example shop: rows balance, nothing happens twice, no identifier leaves the vault."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall import tables
from footfall.contract import Layer, Personal
from footfall.errors import GateFailed
from footfall.storage.lake import Lake
from small_shop import SmallShop


@pytest.fixture(scope="module")
def shop_lake(spark: SparkSession, small_lake: str) -> Lake:
    """The lake of the whole pipeline."""
    return Lake(spark, small_lake)


def test_the_ledger_balances_to_the_row(shop_lake: Lake) -> None:
    lines = shop_lake.read("books.ledger").where("rows_read IS NOT NULL")
    unbalanced = (
        "rows_read != rows_valid + rows_quarantined + rows_duplicate + rows_conflict + rows_skipped + rows_waiting"
    )
    assert lines.where(unbalanced).count() == 0
    read = {row["feed"]: row["rows_read"] for row in lines.select("feed", "rows_read").collect()}
    stored = {feed: shop_lake.read(f"raw.{feed}").count() for feed in read}
    assert read == stored


def test_money_is_what_the_raw_rows_say(shop_lake: Lake) -> None:
    raw = shop_lake.read("raw.completejourney_transactions").where("sales_value >= 0.005 AND quantity > 0")
    exact = F.sum(F.col("sales_value").cast("decimal(18,4)") - F.col("coupon_disc").cast("decimal(18,4)"))
    paid = raw.where("sales_value - coupon_disc >= -0.00005").agg(exact).first()
    lines = shop_lake.read("refined.order_lines").agg(F.sum("amount")).first()
    activity = shop_lake.read("results.daily_activity").agg(F.sum("gross_amount_base")).first()
    assert paid is not None
    assert lines is not None
    assert activity is not None
    assert paid[0] == lines[0] == activity[0]
    assert lines[0] > Decimal(1000)


def test_every_result_has_rows_and_keeps_its_key(shop_lake: Lake) -> None:
    for table in tables.RESULTS:
        frame = shop_lake.read(table.full_name)
        rows = frame.count()
        assert rows > 0, table.full_name
        assert frame.select(*table.key).distinct().count() == rows, table.full_name


def test_features_are_made_for_the_current_the_judged_and_the_training_dates(shop_lake: Lake) -> None:
    dates, of_opinions = (
        {row[0] for row in shop_lake.read(f"results.{name}").select("as_of_date").distinct().collect()}
        for name in ("user_features", "user_opinions")
    )
    training = {date(2017, 8, 28) - timedelta(weeks=4 * n) for n in range(5)}
    assert dates == {date(2018, 1, 1), date(2017, 10, 30), *training}
    assert {date(2018, 1, 1), date(2017, 10, 30)} <= of_opinions <= dates


def test_no_identifier_of_the_shop_stands_outside_raw_and_the_vault(shop_lake: Lake) -> None:
    for table in tables.ALL:
        if table.layer is Layer.RAW or table.name == "pseudonyms" or shop_lake.version(table.full_name) is None:
            continue
        frame = shop_lake.read(table.full_name)
        words = [c.name for c in table.all_columns if c.type == "string" and c.name in frame.columns]
        hits = frame.where(" OR ".join(f"`{c}` RLIKE 'HH-[0-9]{{6}}'" for c in words)).count() if words else 0
        assert hits == 0, table.full_name


def test_the_delta_log_keeps_no_statistics_of_personal_columns(small_lake: str) -> None:
    personal = {t.name: {c.name for c in t.columns if c.personal is not Personal.NONE} for t in tables.REFINED}
    for log in Path(small_lake).glob("refined/*/_delta_log/*.json"):
        kept = re.findall(r'\\"minValues\\":\{([^}]*)\}', log.read_text())
        named = {name for values in kept for name in re.findall(r'\\"(\w+)\\":', values)}
        assert not named & personal[log.parent.parent.name], log


def test_a_second_run_does_nothing(shop_lake: Lake, small_shop: SmallShop) -> None:
    before = {t.full_name: shop_lake.version(t.full_name) for t in tables.ALL}
    files = {p: p.stat().st_mtime_ns for p in small_shop.mlflow.rglob("*") if p.is_file() and p.name != "mlflow.db"}
    page = small_shop.report.read_bytes()
    assert small_shop.run() == 0
    assert {t.full_name: shop_lake.version(t.full_name) for t in tables.ALL} == before
    assert {
        p: p.stat().st_mtime_ns for p in small_shop.mlflow.rglob("*") if p.is_file() and p.name != "mlflow.db"
    } == files
    assert small_shop.report.read_bytes() == page


def test_where_a_learner_misses_its_gate_a_baseline_serves_and_is_named_everywhere(
    shop_lake: Lake, small_shop: SmallShop
) -> None:
    scores = shop_lake.read("results.user_scores").where("model = 'churn'").select("served_by", "score").collect()
    assert {row["served_by"] for row in scores} == {"baseline: RFM + logistic regression"}
    assert all(row["score"] is not None for row in scores)
    portraits = shop_lake.read("results.user_profiles").select("churn_served_by").distinct().collect()
    assert [row[0] for row in portraits] == ["baseline: RFM + logistic regression"]
    assert "RFM + logistic regression" in small_shop.report.read_text(encoding="utf-8")


def test_under_strict_a_missed_gate_ends_the_run_with_its_exit_code(small_shop: SmallShop) -> None:
    assert small_shop.run("--strict", stages="train") == GateFailed.exit_code
