"""What a feed brought is held back whole where too much of it is broken: it alone waits, says so in each run, and can be let in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from jobs import pipeline

FEED = """\
  {name}:
    files: {name}/*.csv
    format: csv
    known: {{delay: 0 hours}}
    into:
      events:
        actor: {{kind: card, identifier: card}}
        columns: {{event_id: id, event_time: at, event_type: what}}
"""
ITEMS = """\
  items: {files: items/*.csv, format: csv, known: {delay: 0 hours}, into: {items: {columns: {item_id: id}}}}
"""
MAPPING = "source: shop\nabout: invented\nfeeds:\n" + FEED.format(name="clicks") + FEED.format(name="calls") + ITEMS
BAD = (
    "id,at,card,what\n1,2024-05-03 08:00:00,gus,view\n2,2024-05-03 08:00:00,gus,look\n3,2024-05-03 08:00:00,gus,look\n"
)
CALL = "id,at,card,what\n{0},2024-05-03 09:00:00,hal,support\n"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")


def _deliver(folder: Path, name: str, text: str) -> None:
    path = folder / "raw" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _run(lake: Lake, folder: Path, *more: str) -> int:
    (folder / "shop.yaml").write_text(MAPPING)
    arguments = ["--lake", lake.root, "--raw", str(folder / "raw"), "--as-of", "2024-06-01", *more]
    arguments += ["--now", "2024-06-01T00:00:00+00:00", "--set", f"sources.mappings=[{folder / 'shop.yaml'}]"]
    arguments += ["--set", "shop.time_zone=Europe/London", "--set", "shop.currency=GBP", "--stages", "ingest,refine"]
    arguments += ["--set", "quality.min_quarantined_rows=2"]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def _ids(lake: Lake, table: str, column: str) -> list[str]:
    return sorted(row[0] for row in lake.read(f"refined.{table}").select(column).collect())


def _ledger(lake: Lake, step: str) -> list[tuple[Any, ...]]:
    lines = lake.read("books.ledger").where(f"step = '{step}' AND rows_read > 0").orderBy("batch_id", "feed")
    return [tuple(line) for line in lines.select("feed", "rows_read", "rows_valid", "rows_quarantined").collect()]


def test_only_the_feed_of_which_too_much_is_broken_waits_until_it_is_accepted(
    spark: SparkSession, lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spark is not None
    _deliver(tmp_path, "clicks/1.csv", BAD)
    _deliver(tmp_path, "calls/1.csv", CALL.format(10))
    _deliver(tmp_path, "items/1.csv", "id,name\nA,tea\n,cup\n,pot\n")
    assert _run(lake, tmp_path) == 2
    printed = capsys.readouterr().err
    assert (
        "refined.events: of shop_clicks 2 of 3 rows (66.7%) go to quarantine, more than 20.0%: event_type_known 2. "
        "They are held back: nothing new of them is in the table, and they wait."
    ) in printed
    assert "refined.items: of shop_items 2 of 3 rows (66.7%)" in printed
    assert "start with --accept shop_clicks;" in printed
    assert _ids(lake, "events", "event_id") == ["10"]
    assert lake.properties("raw.quarantine") is None
    assert _ledger(lake, "refine_events") == [("shop_calls", 1, 1, 0)]

    # it says so again, and what others bring goes on
    _deliver(tmp_path, "calls/2.csv", CALL.format(11))
    assert _run(lake, tmp_path) == 2
    assert "of shop_clicks 2 of 3 rows" in capsys.readouterr().err
    assert _ids(lake, "events", "event_id") == ["10", "11"]

    assert _run(lake, tmp_path, "--accept", "shop_clicks", "--accept", "shop_items") == 0
    assert _ids(lake, "events", "event_id") == ["1", "10", "11"]
    assert _ids(lake, "items", "item_id") == ["A"]
    aside = lake.read("raw.quarantine").select("feed", "position").collect()
    assert sorted(map(tuple, aside)) == [("shop_clicks", 1), ("shop_clicks", 2), ("shop_items", 1), ("shop_items", 2)]
    assert _ledger(lake, "refine_events") == [
        ("shop_calls", 1, 1, 0), ("shop_calls", 1, 1, 0), ("shop_clicks", 3, 1, 2)
    ]  # fmt: skip

    # of the items, which are made anew of all rows, only new rows count
    _deliver(tmp_path, "items/2.csv", "id,name\nB,jam\n")
    assert _run(lake, tmp_path) == 0
    assert _ids(lake, "items", "item_id") == ["A", "B"]
    assert _run(lake, tmp_path, "--accept", "shop_nothing") == 2
    assert "--accept shop_nothing: no such feed." in capsys.readouterr().err
