"""A lake keeps the time zone and the currency of its first run, and refuses others in words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.errors import SettingsError
from footfall.runtime.cli import open_job, parser
from footfall.settings import resolve
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.storage.shop import require_same_shop

CONF = Path(__file__).resolve().parents[2] / "conf"
BERLIN = {"time_zone": "Europe/Berlin", "currency": "EUR"}


def test_a_new_lake_takes_both_and_the_same_shop_comes_again(spark: SparkSession, lake: Lake) -> None:
    require_same_shop(lake, **BERLIN)
    version = lake.version("books.batches")
    require_same_shop(Lake(spark, lake.root), **BERLIN)
    assert lake.version("books.batches") == version == 0


def test_another_time_zone_and_another_currency_are_refused_with_both_values(spark: SparkSession, lake: Lake) -> None:
    require_same_shop(lake, **BERLIN)
    with pytest.raises(SettingsError) as raised:
        require_same_shop(Lake(spark, lake.root), time_zone="Asia/Shanghai", currency="CNY")
    assert "shop.time_zone is Asia/Shanghai in the settings, Europe/Berlin in the lake" in raised.value.what
    assert "shop.currency is CNY in the settings, EUR in the lake" in raised.value.what
    assert raised.value.fix.startswith("Set the lake's values in the settings, or point --lake at a new place")
    with pytest.raises(SettingsError) as raised:
        require_same_shop(Lake(spark, lake.root), **{**BERLIN, "currency": "USD"})
    assert "shop.time_zone" not in raised.value.what


def test_a_lake_that_kept_neither_takes_those_of_the_next_run(spark: SparkSession, lake: Lake) -> None:
    Books(lake, owner=Owner.this_process(), now=datetime(2024, 3, 1, tzinfo=UTC))
    require_same_shop(Lake(spark, lake.root), **BERLIN)
    with pytest.raises(SettingsError, match=r"shop\.currency is USD in the settings, EUR in the lake"):
        require_same_shop(Lake(spark, lake.root), **{**BERLIN, "currency": "USD"})


def test_every_job_refuses_a_lake_of_another_shop_before_it_writes(spark: SparkSession, lake: Lake) -> None:
    require_same_shop(lake, **BERLIN)
    settings = resolve(CONF, "local", {"lake.root": lake.root, "shop.time_zone": "Asia/Shanghai"})
    with pytest.raises(SettingsError, match="Asia/Shanghai in the settings, Europe/Berlin in the lake"):
        open_job(settings, parser("").parse_args([]), "a secret, long enough")
    assert spark.read.format("delta").load(lake.path("books.batches")).count() == 0
    assert lake.version("refined.pseudonyms") is None
