"""The imagined shop in files: the same whatever the partitions, stock that is never exceeded, a folder that is its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import rmtree

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from benchmarks.stitching import accuracy
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from footfall.check.sample import all_rows
from footfall.check.source_check import check_source
from footfall.errors import SettingsError
from footfall.mapping.source import read_source
from footfall.refine.feeds import in_zone, raw_feeds
from footfall.refine.fills import ShopDefaults
from footfall.refine.identities import all_people, stitched
from footfall.refine.links import links_output
from footfall.refine.people import StitchRules
from footfall.refine.pseudonyms import new_pseudonyms
from footfall.runtime.simulating import simulate
from footfall.simulation.orders import unsold_lines
from footfall.simulation.outputs import OUTPUTS, ShopRows, laid_out
from footfall.simulation.plan import ZONE, SimulationPlan
from footfall.simulation.stock import sold_line_columns
from footfall.tables import IDENTITY_LINKS
from frozen_shop import FROZEN, columns, constants, kinds_of_dirt

PLAN = SimulationPlan(people=400, items=60, days=5, seed=11, start=date(2024, 3, 4), dirt=0)
MAPPING = Path(__file__).resolve().parents[2] / "conf" / "sources" / "simulated.yaml"


@pytest.fixture(scope="module")
def shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small imagined shop, written by one task at a time."""
    out = tmp_path_factory.mktemp("simulated") / "shop"
    simulate(spark, PLAN, str(out), partitions=1, say=lambda _: None)
    return out


@pytest.fixture
def four_partitions(spark: SparkSession) -> Iterator[None]:
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "4")
    yield
    spark.conf.set("spark.sql.shuffle.partitions", before)


def contents(out: Path) -> dict[str, list[object]]:
    """Folder -> content of each of its files in their order, as bytes, or of Parquet as rows."""
    files: dict[str, list[object]] = {}
    for file in sorted(f for below in ("raw", "truth") for f in (out / below).rglob("part-*") if f.is_file()):
        content = pq.read_table(file, partitioning=None).to_pylist() if file.suffix == ".parquet" else file.read_bytes()
        files.setdefault(file.parent.relative_to(out).as_posix(), []).append(content)
    return files


@pytest.mark.usefixtures("four_partitions")
def test_the_same_seed_writes_the_same_files_whatever_the_partitions(
    spark: SparkSession, shop: Path, tmp_path: Path
) -> None:
    simulate(spark, PLAN, str(tmp_path / "again"), partitions=4, say=lambda _: None)
    first, again = contents(shop), contents(tmp_path / "again")
    assert len(first) > 60
    assert first.keys() == again.keys()
    assert [folder for folder in first if first[folder] != again[folder]] == []


def test_dirty_files_are_the_same_whatever_the_partitions_too(spark: SparkSession, shop: Path) -> None:
    plan = replace(PLAN, dirt=20.0)
    tills = next(output for output in OUTPUTS if output.path == "raw/tills")

    def rows(partitions: int) -> list[Row]:
        lines = spark.read.parquet(str(shop / "truth/wanted_lines")).repartition(partitions)
        shop_rows = ShopRows(plan, spark, lambda _: spark.range(0), lambda: lines, lambda: lines)
        return laid_out(tills, plan, tills.make(shop_rows)).collect()

    dirty = rows(1)
    assert dirty == rows(4)
    assert {"two", "0"} < {row["quantity"] for row in dirty}


def test_no_item_is_sold_beyond_its_stock_and_some_demand_stays_unsold(spark: SparkSession, shop: Path) -> None:
    lines = spark.read.parquet(str(shop / "truth/wanted_lines"))
    by_day = (
        lines.groupBy("item", "day")
        .agg({"stock": "max", "quantity": "sum"})
        .withColumnsRenamed({"max(stock)": "stock", "sum(quantity)": "wanted"})
    )
    sold = (
        lines.where("is_sold")
        .groupBy("item", "day")
        .agg({"quantity": "sum"})
        .withColumnRenamed("sum(quantity)", "sold")
    )
    assert by_day.join(sold, ["item", "day"]).where("sold > stock").count() == 0
    short = by_day.where("wanted > stock").count()
    assert short > 0
    assert spark.read.parquet(str(shop / "truth/unsold")).count() == short


def test_of_an_item_s_stock_the_first_get_it(spark: SparkSession) -> None:
    """Stock 3 of item 1: two units at nine, two more at ten exceed it, and so does one at eleven; item 2 has enough."""
    columns = "person long, order_key int, line short, time timestamp, day int, item int, quantity short, stock int"
    nine, ten, eleven = (datetime(2024, 1, 1, hour, tzinfo=UTC) for hour in (9, 10, 11))
    demand = [
        (1, 0, 1, ten, 0, 1, 2, 3), (1, 0, 2, ten, 0, 2, 1, 9), (2, 0, 1, nine, 0, 1, 2, 3), (3, 0, 1, eleven, 0, 1, 1, 3),
        (2, 1, 1, nine, 1, 1, 3, 3),
    ]  # fmt: skip
    unsold = unsold_lines(spark.createDataFrame(demand, columns)).collect()
    assert {tuple(row) for row in unsold} == {(1, 0, 1), (3, 0, 1)}


def test_sold_lines_are_numbered_anew_and_make_up_the_order() -> None:
    lines = sold_line_columns(PLAN, 0)
    numbers = np.column_stack([lines[name] for name in ("person", "order_key", "line")])
    first = lines["order_key"] == lines["order_key"][0]
    order = numbers[(lines["person"] == lines["person"][0]) & first]
    assert len(order) > 1
    rows = sold_line_columns(PLAN, 0, unsold=order[[1]])
    cents, sold = rows["amount_cents"][: len(order)], rows["is_sold"][: len(order)]
    assert rows["line_number"][: len(order)].tolist() == [1, -1, *range(2, len(order))]
    assert set(rows["order_cents"][: len(order)]) == {cents[sold].sum()}
    assert rows["is_sold"].sum() == len(rows["is_sold"]) - 1
    nothing = sold_line_columns(PLAN, 0, unsold=order)
    assert set(nothing["order_cents"][: len(order)]) == {-1}
    assert (np.diff(lines["person"]) >= 0).all()


def test_orders_payments_and_purchases_say_the_same(spark: SparkSession, shop: Path) -> None:
    orders = spark.read.parquet(str(shop / "raw/orders")).where("status = 'paid'")
    paid = orders.groupBy("order_id", "channel").sum("amount").withColumnRenamed("sum(amount)", "amount")
    payments = spark.read.json(
        str(shop / "raw/payments"), schema="order_id string, amount decimal(20,2), status string"
    )
    captured = payments.where("status = 'captured'").select("order_id", "amount")
    assert paid.select("order_id", "amount").exceptAll(captured).count() == 0
    assert captured.exceptAll(paid.select("order_id", "amount")).count() == 0
    web = spark.read.json(str(shop / "raw/events/channel=web"), schema="event string, order_id string")
    bought = web.where("event = 'purchase'").select("order_id")
    assert bought.count() == bought.distinct().count() == paid.where("channel = 'web'").count() > 0


def test_slips_and_the_agent_s_number_stand_in_the_logs_as_the_truth_says(spark: SparkSession, shop: Path) -> None:
    slips = spark.read.parquet(str(shop / "truth/slips"))
    calls = spark.read.option("header", True).csv(str(shop / "raw/calls"))
    tills = spark.read.option("header", True).csv(str(shop / "raw/tills")).where("kind = 'sale'")
    orders = spark.read.parquet(str(shop / "raw/orders"))
    logged = (
        calls.select("call_id", "phone")
        .union(tills.select("receipt", "email"))
        .union(orders.select("order_id", "email"))
    )
    written = {(row[0], row[1]) for row in logged.distinct().collect()}
    rows = slips.collect()
    assert {(row["key"], row["written"]) for row in rows} <= written
    assert all(row["written"] != row["meant"] for row in rows)
    identifiers = {tuple(row) for row in spark.read.parquet(str(shop / "truth/identifiers")).collect()}
    assert {(row["person"], row["kind"], row["meant"]) for row in rows} <= identifiers
    assert len(rows) > 0
    shared = (
        spark.read.parquet(str(shop / "truth/shared_identifiers")).where("what = 'agent' AND kind = 'phone'").collect()
    )
    assert calls.where(calls["phone"] == shared[0]["identifier"]).select("customer_id").distinct().count() > 1


def test_each_person_s_steps_have_probabilities(spark: SparkSession, shop: Path) -> None:
    steps = spark.read.parquet(str(shop / "truth/transitions"))
    assert steps.where("probability <= 0 OR probability >= 1").count() == 0
    assert steps.count() == 6 * PLAN.people
    assert (
        steps.groupBy("from_state", "to_state")
        .agg({"probability": "stddev"})
        .where("`stddev(probability)` > 0")
        .count()
        == 6
    )


def test_the_mapping_of_logs_tills_and_customers_is_clean(spark: SparkSession, shop: Path, tmp_path: Path) -> None:
    """Five feeds stand for all, since each takes seconds: nothing is set aside, and nothing is warned of."""
    whole = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))
    some = whole | {
        "feeds": {name: whole["feeds"][name] for name in ("web", "app", "tills", "customers", "offer_decisions")}
    }
    mapping = tmp_path / "some.yaml"
    mapping.write_text(yaml.safe_dump(some), encoding="utf-8")
    defaults = ShopDefaults("America/New_York", "USD", date(2000, 1, 1))
    now = datetime(2024, 4, 1, tzinfo=UTC)
    lines = "\n".join(check_source(spark, mapping, root=str(shop / "raw"), shop=defaults, rows=1000, now=now))
    outcomes = set(re.findall(r"^ +(\S.*?) +\d+ +\d+$", lines, re.MULTILINE))
    assert {"valid", "skipped: nobody"} <= outcomes
    skipped = {f"skipped: {reason}" for reason in ("nobody", "brought_back", "bought", "no_impression")}
    assert outcomes <= {"valid", "duplicate key", *skipped}
    assert "warning" not in lines.lower()


def test_people_out_of_links_are_those_of_the_truth(spark: SparkSession, shop: Path, tmp_path: Path) -> None:
    """Pairwise, of people with two or more identifiers that stand on a row together; a cookie that never logs in tells nobody."""
    source = read_source(MAPPING)
    of_links = [f for f in in_zone(raw_feeds([source]), ZONE) if IDENTITY_LINKS.name in f.feed.into]
    keys, now = {source.raw_name(key): key for key in source.feeds}, datetime(2024, 4, 1, tzinfo=UTC)
    rows = {f.name: all_rows(spark, source, keys[f.name], root=str(shop / "raw"), now=now) for f in of_links}
    only = [
        (f, f.feed.model_copy(update={"into": {IDENTITY_LINKS.name: f.feed.into[IDENTITY_LINKS.name]}}))
        for f in of_links
    ]
    count = iter(range(100))

    def staged(_: str, frame: DataFrame) -> DataFrame:
        folder = str(tmp_path / f"{next(count)}")
        frame.write.parquet(folder)
        return spark.read.parquet(folder)

    named = [(f.name, rows[f.name], feed) for f, feed in only]
    vault = staged(
        "vault", new_pseudonyms(named, vault=None, actor_ids=lambda *parts: F.sha2(F.concat_ws("/", *parts), 256))
    )
    shop_defaults = ShopDefaults(ZONE, "USD", date(2000, 1, 1))
    feeds = [replace(f, feed=feed) for f, feed in only]
    links = staged("links", links_output(feeds, rows, shop=shop_defaults, vault=vault, known=None).frame)
    people = stitched(links, rules=StitchRules(30, 2, 200), max_linked=5, time_zone=ZONE, staged=staged)
    truth = spark.read.parquet(str(shop / "truth/identifiers"))
    figures = accuracy(all_people(vault, people), vault, links, truth)
    assert figures["pairs"] > 1000
    assert figures["precision"] >= 0.98
    assert figures["recall_linkable"] >= 0.98


def test_every_log_with_a_table_to_go_to_is_mapped_and_every_mapped_one_is_written(shop: Path) -> None:
    source = read_source(MAPPING)
    mapped = {str(feed.files).partition("/")[0] for feed in source.feeds.values()}
    assert mapped == {folder.name for folder in (shop / "raw").iterdir()} | {"calls", "refunds"}


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_files(spark: SparkSession, shop: Path) -> None:
    """As after a kill in the middle of the payments: they are there in part, and not noted as complete."""
    before = contents(shop)
    rmtree(shop / "simulation/complete/raw/payments")
    rmtree(next((shop / "raw/payments").glob("day=*")))
    said: list[str] = []
    simulate(spark, PLAN, str(shop), say=said.append)
    assert [line.split()[0] for line in said if "complete before" not in line] == ["raw/payments"]
    assert contents(shop) == before


def test_rows_and_settings_are_frozen(shop: Path) -> None:
    """Whoever changes one on purpose raises VERSION of the plan and writes frozen_shop.json anew; docs/simulate.md says how to add."""
    recorded = json.loads(FROZEN.read_text(encoding="utf-8"))
    now = {"constants": constants(), "dirt": kinds_of_dirt(), "columns": columns(shop)}
    for kind, digests in recorded.items():
        assert {name: now[kind].get(name) for name in digests} == digests
        assert now[kind].keys() - digests.keys() == set(), "Add them: tests/frozen_shop.py"


def test_a_folder_that_holds_something_else_is_refused(spark: SparkSession, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("dear diary", encoding="utf-8")
    with pytest.raises(SettingsError, match="no simulation"):
        simulate(spark, PLAN, str(tmp_path), say=lambda _: None)
    other = SimulationPlan(people=400, items=60, days=5, seed=12, start=date(2024, 3, 4), dirt=0)
    with pytest.raises(SettingsError, match=r'holds another simulation: .*"seed": 11'):
        simulate(spark, other, str(shop), say=lambda _: None)
