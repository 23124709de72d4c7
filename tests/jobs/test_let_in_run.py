"""What is too broken waits until it is accepted; what is in quarantine is taken in again once, from raw, after a fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.contract import Table
from footfall.runtime.cli import main
from footfall.runtime.quarantine import QuarantineWriter
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import EVENTS
from jobs import pipeline
from runtime.numbers_shared import Killed

FEED = """\
  {name}:
    files: {name}/*.json
    format: json
    known: {{delay: 0 hours}}
    into:
      events:
        actor: {{kind: card, identifier: card}}
        columns: {{event_id: id, event_time: at, event_type: "{kind}", dwell_ms: ms}}
"""
OTHERS = """\
  items: {{files: items/*.csv, format: csv, known: {{delay: 0 hours}}, into: {{items: {{columns: {{item_id: id}}}}}}}}
  orders:
    files: orders/*.json
    format: json
    max_quarantined_share: 1
    into:
      order_lines:
        actor: {{kind: card, identifier: card}}
        line_key: [item_id]
        on_conflict: keep_latest
        each: items
        columns: {{order_id: id, event_time: at, item_id: each.sku, quantity: "{quantity}", amount: each.paid}}
"""
AS_IS = {"kind": "what", "quantity": "each.qty"}
PUT_RIGHT = {"kind": "if(what = 'look', 'view', what)", "quantity": "if(each.qty = 'two', 2, each.qty)"}

CLICK = '{{"id": "{0}", "at": "2024-05-03 08:00:00", "card": "gus", "what": "{1}", "ms": {2}}}\n'
CLICKS = "".join(
    CLICK.format(*click) for click in [(1, "view", 5), (2, "look", 5), (3, "look", -5), (4, "view", -5)]
)  # fmt: skip
ORDER = '{{"id": "{0}", "at": "2024-05-03 08:00:00", "card": "gus", "items": [{1}]}}\n'
ITEM = '{{"sku": "{0}", "qty": "{1}", "paid": "{2}"}}'
TEA, CUP, POT, POT_AGAIN = (
    ITEM.format(*item) for item in [("tea", 1, 2), ("cup", "two", 3), ("pot", "two", 3), ("pot", 1, 4)]
)  # fmt: skip
UNKNOWN, TOO_SHORT = "event_type_known", "dwell_not_negative"


@pytest.fixture
def run(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Delivers files, and runs ingest and refine; returns the exit code."""
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")

    def deliver_and_run(*more: str, day: int, expressions: dict[str, str] = AS_IS, **files: tuple[int, str]) -> int:
        for name, (number, text) in files.items():
            path = tmp_path / f"raw/{name}/{number}.{'csv' if name == 'items' else 'json'}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        feeds = (FEED.format(name=name, **expressions) for name in ("clicks", "calls"))
        mapping = "source: shop\nabout: invented\nfeeds:\n" + "".join(feeds) + OTHERS.format(**expressions)
        (tmp_path / "shop.yaml").write_text(mapping)
        arguments = ["--lake", lake.root, "--raw", str(tmp_path / "raw"), "--as-of", "2024-06-01", *more]
        arguments += ["--now", f"2024-06-0{day}T00:00:00+00:00", "--stages", "ingest,refine"]
        arguments += ["--set", "shop.time_zone=Europe/London", "--set", "shop.currency=GBP"]
        arguments += ["--set", f"sources.mappings=[{tmp_path / 'shop.yaml'}]"]
        arguments += ["--set", "quality.min_quarantined_rows=2"]
        return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)

    return deliver_and_run


def _events(lake: Lake) -> list[tuple[str, ...]]:
    rows = lake.read("refined.events").selectExpr("event_id", "CAST(CAST(known_at AS DATE) AS STRING)").collect()
    return sorted((tuple(row) for row in rows), key=lambda row: int(row[0]))


def _items(lake: Lake) -> list[str]:
    return sorted(row[0] for row in lake.read("refined.items").select("item_id").collect())


def _aside(lake: Lake, feed: str) -> list[tuple[int, list[str]]]:
    rows = lake.read("raw.quarantine").where(f"feed = '{feed}'").select("position", "rules").collect()
    return sorted((row["position"], row["rules"]) for row in rows)


def _ledger(lake: Lake, feed: str, target: str) -> list[tuple[Any, ...]]:
    columns = ("rows_read", "rows_valid", "rows_conflict", "rows_quarantined", "rows_replayed", "replayed_rules")
    lines = lake.read("books.ledger").where(f"feed = '{feed}' AND target = '{target}' AND rows_read > 0")
    return [tuple(line) for line in lines.orderBy("batch_id").select(*columns).collect()]


@pytest.mark.slow
def test_a_broken_feed_waits_until_it_is_accepted_and_its_rows_are_taken_in_again_after_the_fix(
    spark: SparkSession,
    lake: Lake,
    run: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert spark is not None
    call, second = CLICK.format(10, "support", 5), ORDER.format(2, POT_AGAIN)
    first = {"clicks": (1, CLICKS), "calls": (1, call), "items": (1, "id,name\nA,tea\n,cup\n,pot\n")}
    assert run(day=1, **first, orders=(1, ORDER.format(1, f"{TEA}, {CUP}") + ORDER.format(2, POT))) == 2
    printed = capsys.readouterr().err
    assert "refined.events: of shop_clicks 3 of 4 rows (75.0%) go to quarantine, more than 20.0%: " in printed
    assert f"{UNKNOWN} 2. They are held back: nothing new of them is in the table, and they wait." in printed
    assert "refined.items: of shop_items 2 of 3 rows (66.7%)" in printed
    assert "start with --accept shop_clicks;" in printed
    assert _events(lake) == [("10", "2024-05-03")]
    assert _aside(lake, "shop_clicks") == _aside(lake, "shop_items") == []
    assert _ledger(lake, "shop_clicks", "refined.events") == []

    # it says so again, and what others bring goes on
    assert run(day=5, calls=(2, CLICK.format(11, "support", 5)), orders=(2, second)) == 2
    assert "of shop_clicks 3 of 4 rows" in capsys.readouterr().err
    assert [event for event, _ in _events(lake)] == ["10", "11"]

    assert run("--accept", "shop_clicks", "--accept", "shop_items", day=5) == 0
    assert [event for event, _ in _events(lake)] == ["1", "10", "11"]
    assert _items(lake) == ["A"]
    assert _aside(lake, "shop_clicks") == [(1, [UNKNOWN]), (2, [TOO_SHORT, UNKNOWN]), (3, [TOO_SHORT])]
    assert [position for position, _ in _aside(lake, "shop_items")] == [1, 2]
    accepted = (4, 1, 0, 3, None, None)
    assert _ledger(lake, "shop_clicks", "refined.events") == [accepted]

    # the mapping is put right; the run dies when the rows have moved, and the next one goes on
    bring = QuarantineWriter.bring

    def die(self: QuarantineWriter, table: Table, *arguments: Any) -> Any:
        set_aside = bring(self, table, *arguments)
        if table is EVENTS:
            raise Killed
        return set_aside

    replay = ("--replay", "--rule", UNKNOWN, "--since", "2024-06-01")  # taken at 01:00 of that day in the shop
    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Owner, "this_process", lambda *_: dead)
        patch.setattr(QuarantineWriter, "bring", die)
        with pytest.raises(Killed):
            run(*replay, day=9, expressions=PUT_RIGHT, items=(2, "id,name\nB,jam\n"))
    assert run(*replay, day=9, expressions=PUT_RIGHT) == 0
    events = [("1", "2024-05-03"), ("2", "2024-06-09"), ("10", "2024-05-03"), ("11", "2024-05-03")]
    assert _events(lake) == sorted(events, key=lambda row: int(row[0]))
    left = [(2, [TOO_SHORT]), (3, [TOO_SHORT])]
    assert _aside(lake, "shop_clicks") == left
    moved = (2, 1, 0, 1, 2, {UNKNOWN: 2, TOO_SHORT: 1})
    assert _ledger(lake, "shop_clicks", "refined.events") == [accepted, moved]
    # of the items, which are made anew of all rows, only new rows count as too broken
    assert _items(lake) == ["A", "B"]
    before = [(3, 1, 0, 2, None, None), (1, 1, 0, 0, None, None)]
    assert _ledger(lake, "shop_orders", "refined.order_lines") == before

    # of the clicks none is valid; of documents only elements come again, and none replaces what was taken after it
    assert run("--replay", day=9, expressions=PUT_RIGHT) == 0
    assert _events(lake) == events
    assert _aside(lake, "shop_clicks") == left
    assert _ledger(lake, "shop_clicks", "refined.events")[2] == (2, 0, 0, 2, 2, {TOO_SHORT: 2})
    columns = ("order_id", "line_number", "item_id", "CAST(amount AS STRING)", "CAST(CAST(known_at AS DATE) AS STRING)")
    assert sorted(tuple(row) for row in lake.read("refined.order_lines").selectExpr(*columns).collect()) == [
        ("1", 1, "tea", "2.0000", "2024-06-01"),
        ("1", 2, "cup", "3.0000", "2024-06-09"),
        ("2", 1, "pot", "4.0000", "2024-06-05"),
    ]
    assert _aside(lake, "shop_orders") == []
    unreadable = {"quantity_unreadable": 2, "quantity_required": 2}
    assert _ledger(lake, "shop_orders", "refined.order_lines") == [*before, (2, 1, 1, 0, 2, unreadable)]
    total = lake.read("books.ledger").where("step = 'refine_events' AND feed = 'shop_clicks'")
    sums = total.selectExpr("sum(rows_read - coalesce(rows_replayed, 0))", "sum(rows_valid)").first()
    assert tuple(sums or ()) == (4, 2)
