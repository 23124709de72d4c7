"""In any order of files and batches the tables are equal; what was known as of an old date can be computed again exactly.

Conflicts go by arrival, so the correction of a line comes after the line in every order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cluster.same_tables import differences, read_lake
from footfall.contract import Layer, Table
from footfall.features import item_features, user_features
from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from footfall.tables import (
    BY_NAME,
    DAILY_ACTIVITY,
    FX_RATES,
    IDENTITIES,
    ITEM_FEATURES,
    ITEMS,
    ORDER_LINES,
    REFUND_LINES,
    REVIEWS,
    SESSIONS,
    USER_FEATURES,
)  # fmt: skip
from jobs import pipeline

pytestmark = pytest.mark.slow
KNOWN = "known: {delay: 0 hours}"
MAPPING = """\
source: corner
about: invented
feeds:
  orders:
    files: orders/*.csv
    format: csv
    known: {delay: 0 hours}
    types: {money: "DECIMAL(18, 4)", back: "DECIMAL(18, 4)"}
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        on_conflict: keep_latest
        columns:
          {order_id: bon, line_number: pos, event_time: ts, item_id: sku, quantity: 1, amount: money, currency: code}
      refund_lines:
        actor: {kind: card, identifier: card}
        skipped:
          - {when: back IS NULL, reason: kept}
        columns:
          {refund_id: bon, line_number: pos, order_id: bon, item_id: sku, event_time: changed, amount: back, currency: code}
  rates:
    files: rates/*.csv
    format: csv
    into:
      fx_rates:
        columns: {rate_date: day, currency: code, rate: pounds}
  clicks:
    files: clicks/*.json
    format: json
    known: {delay: 0 hours}
    into:
      events:
        actor: {kind: card, identifier: who}
        columns: {event_id: id, event_time: at, event_type: what, item_id: sku, channel: "'web'", session_key: sid}
  catalogue:
    files: catalogue/*.csv
    format: csv
    file_day: _(\\d{8})
    known: {delay: 0 hours}
    into:
      items:
        columns: {item_id: sku, item_name: name, department: shelf}
"""
HEADER = "bon,pos,ts,sku,money,code,card,back,changed\n"
FILES = {
    "orders/1.csv": HEADER + "b1,1,2024-05-01 10:00:00,oats,20.00,,anna,,\n"
    "b1,2,2024-05-01 10:00:00,milk,4.00,,anna,,\n"
    "b2,1,2024-05-08 18:30:00,oven,50.00,EUR,bert,,\n",  # its rate may come later
    "orders/2.csv": HEADER + "b1,1,2024-05-01 10:00:00,oats,20.00,,anna,,\n"  # again
    "b1,2,2024-05-01 10:00:00,milk,3.00,,anna,,\n"  # corrected
    "b2,1,2024-05-08 18:30:00,oven,50.00,EUR,bert,10.00,2024-05-09 09:00:00\n",  # came back in part
    "orders/3.csv": HEADER + "b0,1,2024-04-20 11:00:00,milk,2.50,,anna,,\n"  # a late day
    "b9,1,2024-06-03 12:00:00,oats,22.00,,cleo,,\n"
    "b10,1,2024-06-03 12:00:00,oats,much,,cleo,,\n",  # to be set aside
    "rates/1.csv": "day,code,pounds\n2024-05-01,EUR,0.85\n",
    "clicks/1.json": '{"id": "e1", "at": "2024-05-08T22:50:00Z", "what": "view", "who": "anna", "sku": "oats"}\n'
    '{"id": "e2", "at": "2024-05-08T23:40:00Z", "what": "view", "who": "anna", "sku": "milk"}\n'
    '{"id": "e3", "at": "2024-05-08T10:00:00Z", "what": "search", "who": "bert", "sid": "s1"}\n',
    "clicks/2.json": '{"id": "e4", "at": "2024-05-08T23:15:00Z", "what": "add_to_cart", "who": "anna"}\n'  # joins e1 and e2
    '{"id": "e5", "at": "2024-05-08T22:40:00Z", "what": "home", "who": "anna"}\n',  # comes before them
    "clicks/3.json": '{"id": "e1", "at": "2024-05-08T22:50:00Z", "what": "view", "who": "anna", "sku": "oats"}\n'  # again
    '{"id": "e6", "at": "2024-05-08T12:00:00Z", "what": "purchase", "who": "bert", "sid": "s1"}\n',
    "catalogue/dump_20240401.csv": "sku,name,shelf\noats,Oats,food\nmilk,Milk,food\noven,Oven,home\n",
    "catalogue/dump_20240501.csv": "sku,name,shelf\noats,Oats,breakfast\nmilk,Milk,food\noven,Oven,home\n",
}
AT_ONCE = [tuple(FILES)]
ORDERS = {
    "the latest first": [
        ("orders/3.csv", "orders/1.csv", "clicks/3.json", "catalogue/dump_20240501.csv"),
        ("rates/1.csv", "clicks/1.json", "clicks/2.json", "orders/2.csv", "catalogue/dump_20240401.csv"),
    ],
}
OF_ARRIVAL = {"batch_id", "arrived"}  # columns that say how a row came, and so differ by how it came
SUMMED = replace(DAILY_ACTIVITY, key=("actor_id", "event_date", "known_date"))
ZONE = "Europe/London"


@pytest.fixture(autouse=True, scope="module")
def _secret() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")
        yield


class Corner:
    """A corner shop in a folder of its own: files are delivered, and a run takes them."""

    def __init__(self, spark: SparkSession, folder: Path, mapping: str = MAPPING, *, shares_with: str = "") -> None:
        self.folder, self.lake = folder, Lake(spark, str(folder / "lake"))
        self.settings = [f"sources.mappings=[{folder / 'corner.yaml'}]", f"shop.time_zone={ZONE}", "shop.currency=GBP"]
        self.settings += ["churn.horizon_days=14", "features.training_dates=1"]
        self.settings += [f"privacy.mint_key_from={shares_with}"] if shares_with else []
        folder.mkdir()
        (folder / "corner.yaml").write_text(mapping)

    def take(self, names: Sequence[str], *, now: str, as_of: str) -> None:
        """One run of ingest, refine and featurize over these files and those before."""
        for name in names:
            path = self.folder / "raw" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FILES[name])
        chosen = [word for setting in self.settings for word in ("--set", setting)]
        arguments = [
            "--lake",
            self.lake.root,
            "--raw",
            str(self.folder / "raw"),
            "--as-of",
            as_of,
            "--now",
            now,
            *chosen,
        ]
        arguments += ["--stages", "ingest,refine,featurize"]
        assert main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments) in {0, 2}

    def take_all(self, batches: Sequence[Sequence[str]]) -> None:
        """One run for each batch, an hour after the other."""
        for number, names in enumerate(batches):
            now = datetime.fromisoformat("2024-06-10T08:00:00+00:00") + timedelta(hours=number)
            self.take(names, now=now.isoformat(), as_of="2024-06-10")


@pytest.fixture(scope="module")
def at_once(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """The shop whose files were all taken in one run."""
    corner = Corner(spark, tmp_path_factory.mktemp("any_order") / "at_once")
    corner.take_all(AT_ONCE)
    return corner


def _tables(corner: Corner) -> dict[str, pa.Table]:
    """Refined tables and features by name, without what says how rows came."""
    wanted = {name: table for name, table in BY_NAME.items() if table.layer in {Layer.REFINED, Layer.RESULTS}}
    tables = {name: rows for name, rows in read_lake(Path(corner.lake.root)).items() if name in wanted}
    left_out = {name: OF_ARRIVAL | ({"known_at"} if name == FX_RATES.full_name else set()) for name in tables}
    tables = {n: rows.select([c for c in rows.column_names if c not in left_out[n]]) for n, rows in tables.items()}
    activity = tables[DAILY_ACTIVITY.full_name]
    counted = [name for name in activity.column_names if name not in SUMMED.key]
    sums = activity.group_by(list(SUMMED.key)).aggregate([(name, "sum") for name in counted])
    tables[DAILY_ACTIVITY.full_name] = sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names])
    return tables


@pytest.mark.parametrize("order", ORDERS)
def test_in_any_order_of_files_and_batches_tables_and_features_are_equal(
    spark: SparkSession, at_once: Corner, tmp_path: Path, order: str
) -> None:
    corner = Corner(spark, tmp_path / "batches", shares_with=at_once.lake.root)
    corner.take_all(ORDERS[order])
    wanted, tables = _tables(at_once), _tables(corner)
    contracts = BY_NAME | {SUMMED.full_name: SUMMED}
    unlike = {n: differences(rows, tables[n], contracts[n]) for n, rows in wanted.items() if n in tables}
    assert {name: words for name, words in unlike.items() if words} == {}
    filled = {name for name, rows in wanted.items() if rows.num_rows}
    assert filled == {name for name, rows in tables.items() if rows.num_rows}
    assert filled >= {table.full_name for table in (SESSIONS, ORDER_LINES, REFUND_LINES, USER_FEATURES, ITEM_FEATURES)}


def test_what_was_known_as_of_an_old_date_is_computed_again_exactly_from_the_grown_lake(
    spark: SparkSession, tmp_path: Path
) -> None:
    as_they_come = MAPPING.replace(f"    {KNOWN}\n", "").replace("keep_latest", "keep_first")
    corner, day = Corner(spark, tmp_path / "grown", as_they_come), date(2024, 5, 14)
    first = ("orders/1.csv", "clicks/1.json", "rates/1.csv", "catalogue/dump_20240501.csv")
    later = [name for name in FILES if name not in first]  # the first dump of the catalogue comes last
    corner.take(first, now="2024-05-13T12:00:00+00:00", as_of=str(day))
    then = {
        name: read_lake(Path(corner.lake.root))[name] for name in (USER_FEATURES.full_name, ITEM_FEATURES.full_name)
    }
    sessions = _known(corner.lake, SESSIONS, day)
    corner.take(later, now="2024-06-10T12:00:00+00:00", as_of="2024-06-10")
    makers = {
        USER_FEATURES: (user_features, (DAILY_ACTIVITY, ORDER_LINES, REVIEWS, ITEMS, IDENTITIES)),
        ITEM_FEATURES: (item_features, (ORDER_LINES, REFUND_LINES, REVIEWS, IDENTITIES)),
    }
    for table, (make, reads) in makers.items():
        frames = {read.name: _rows(corner.lake, read) for read in reads}
        again = make(**frames, dates=[day], time_zone=ZONE).toArrow()
        rows = then[table.full_name].drop_columns(["batch_id"])
        rows = rows.filter(pc.equal(rows["as_of_date"], day))
        assert rows.num_rows > 1
        assert differences(rows.cast(again.schema), again, table) == []
    assert len(sessions) == 3
    assert _known(corner.lake, SESSIONS, day) == sessions
    assert len(_known(corner.lake, SESSIONS, date(2024, 6, 11))) == 2  # the late event joined two of them


def _rows(lake: Lake, table: Table) -> DataFrame:
    return lake.read(table.full_name) if lake.properties(table.full_name) else lake.empty(table)


def _known(lake: Lake, table: Table, day: date) -> list[tuple[Any, ...]]:
    """The rows of a table with versions that were known just before the day began, without their end."""
    cut = F.to_utc_timestamp(F.lit(day).cast("timestamp"), ZONE)
    was_known = (F.col("known_at") < cut) & (F.col("known_to").isNull() | (F.col("known_to") >= cut))
    rows = lake.read(table.full_name).where(was_known).drop("known_to", "batch_id")
    return sorted((tuple(row) for row in rows.collect()), key=str)
