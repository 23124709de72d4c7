"""Another log format needs a mapping and no Python; a shop's own Delta table is read in place, and only what is new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from jobs import pipeline

ROOT = Path(__file__).resolve().parent.parent
CLICKS = """\
user_id,session_id,event,timestamp,platform,acquisition_channel
user_1,s1,product_view,2024-03-13 10:21:14,desktop,email
user_1,s1,payment_details,2024-03-13 10:22:14,desktop,email
user_1,s1,purchase,2024-03-13 10:23:14,mobile,email
user_2,s2,teleport,2024-03-13 10:23:14,desktop,organic
"""
IN_PLACE = """\
source: corner
about: invented
feeds:
  sales:
    delta: {table}
    known: {{delay: 0 hours}}
    into:
      order_lines:
        actor: {{kind: card, identifier: card}}
        columns: {{order_id: bon, line_number: pos, event_time: ts, item_id: sku, quantity: qty, amount: eur}}
"""


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")


def _run(lake: Lake, raw: Path, mapping: Path) -> int:
    arguments = ["--lake", lake.root, "--raw", str(raw), "--as-of", "2024-07-01", "--now", "2024-07-01T12:00:00+00:00"]
    arguments += ["--set", f"sources.mappings=[{mapping}]", "--stages", "ingest,refine"]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def test_a_clickstream_becomes_events_by_its_mapping_alone(spark: SparkSession, lake: Lake, tmp_path: Path) -> None:
    assert spark is not None
    (tmp_path / "clickstream").mkdir()
    (tmp_path / "clickstream" / "a.csv").write_text(CLICKS)
    assert _run(lake, tmp_path, ROOT / "conf" / "sources" / "clickstream.yaml") == 0
    events = lake.read("refined.events").orderBy("event_time").collect()
    assert [(e["event_type"], e["channel"], e["session_key"]) for e in events] == [
        ("view", "web", "s1"),
        ("purchase", "app", "s1"),
    ]
    assert events[0]["properties"] == {"acquisition_channel": "email"}
    line = lake.read("books.ledger").where("target = 'refined.events'").first()
    assert line is not None
    assert (line["rows_read"], line["rows_valid"], line["rows_skipped"], line["rows_quarantined"]) == (4, 2, 1, 1)
    assert line["broken_rules"] == {"event_type_known": 1}


@pytest.mark.parametrize(("change_feed", "read_again", "duplicates"), [(True, 1, 0), (False, 3, 2)])
def test_a_delta_table_is_read_in_place(
    spark: SparkSession, lake: Lake, tmp_path: Path, *, change_feed: bool, read_again: int, duplicates: int
) -> None:
    theirs = tmp_path / "theirs"
    columns = "bon string, pos int, ts timestamp, sku string, qty int, eur decimal(9,2), card string"
    properties = f"TBLPROPERTIES ('delta.enableChangeDataFeed' = '{str(change_feed).lower()}')"
    spark.sql(f"CREATE TABLE delta.`{theirs}` ({columns}) USING DELTA {properties}")
    line = "SELECT 'b1', {n}, TIMESTAMP'2024-02-01 10:00:00', 's{n}', 1, 2.50, 'anna'"
    spark.sql(f"INSERT INTO delta.`{theirs}` {line.format(n=1)} UNION ALL {line.format(n=2)}")
    mapping = tmp_path / "corner.yaml"
    mapping.write_text(IN_PLACE.format(table=theirs))
    assert _run(lake, tmp_path, mapping) == 0
    spark.sql(f"INSERT INTO delta.`{theirs}` {line.format(n=3)}")
    assert _run(lake, tmp_path, mapping) == 0
    assert sorted(row["line_number"] for row in lake.read("refined.order_lines").collect()) == [1, 2, 3]
    second = _ledger(lake)[-1]
    assert (second["rows_read"], second["rows_duplicate"], second["rows_valid"]) == (read_again, duplicates, 1)
    before = lake.version("refined.order_lines")
    assert _run(lake, tmp_path, mapping) == 0
    assert lake.version("refined.order_lines") == before
    assert lake.version("raw.corner_sales") is None


def _ledger(lake: Lake) -> list[dict[str, Any]]:
    lines = lake.read("books.ledger").where("target = 'refined.order_lines'").orderBy("batch_id")
    return [row.asDict() for row in lines.collect()]
