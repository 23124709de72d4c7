"""Rows of quarantine that are taken in again after a fix: once, from raw, known from then on; those still broken stay with new reasons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.runtime.cli import main
from footfall.runtime.quarantine import QuarantineWriter
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from jobs import pipeline
from runtime.numbers_shared import Killed

MAPPING = """\
source: shop
about: invented
feeds:
  clicks:
    files: clicks/*.json
    format: json
    known: {{delay: 0 hours}}
    into:
      events:
        actor: {{kind: card, identifier: card}}
        columns: {{event_id: id, event_time: at, event_type: {kind}, dwell_ms: ms}}
"""
ROWS = """\
{"id": "1", "at": "2024-05-03 08:00:00", "card": "gus", "what": "view", "ms": 5}
{"id": "2", "at": "2024-05-03 08:00:00", "card": "gus", "what": "look", "ms": 5}
{"id": "3", "at": "2024-05-03 08:00:00", "card": "gus", "what": "look", "ms": -5}
{"id": "4", "at": "2024-05-03 08:00:00", "card": "gus", "what": "view", "ms": -5}
"""
AS_IS, PUT_RIGHT = "what", "if(what = 'look', 'view', what)"
FIRST, LATER = "2024-06-01T00:00:00+00:00", "2024-06-09T00:00:00+00:00"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")


DOCUMENTS = """\
source: shop
about: invented
feeds:
  orders:
    files: orders/*.json
    format: json
    into:
      order_lines:
        actor: {{kind: card, identifier: card}}
        line_key: [item_id]
        on_conflict: keep_latest
        each: items
        columns: {{order_id: id, event_time: at, item_id: each.sku, quantity: {kind}, amount: each.paid}}
"""


def _run(lake: Lake, folder: Path, *more: str, kind: str = AS_IS, now: str = FIRST, mapping: str = MAPPING) -> int:
    (folder / "shop.yaml").write_text(mapping.format(kind=f'"{kind}"'))
    arguments = ["--lake", lake.root, "--raw", str(folder / "raw"), "--as-of", "2024-06-01", "--now", now, *more]
    arguments += ["--set", f"sources.mappings=[{folder / 'shop.yaml'}]", "--stages", "ingest,refine"]
    arguments += ["--set", "shop.time_zone=Europe/London", "--set", "shop.currency=GBP"]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def _events(lake: Lake) -> list[tuple[str, ...]]:
    rows = lake.read("refined.events").selectExpr("event_id", "CAST(CAST(known_at AS DATE) AS STRING)").collect()
    return sorted(tuple(row) for row in rows)


def _aside(lake: Lake) -> list[tuple[Any, ...]]:
    rows = lake.read("raw.quarantine").select("position", "rules", "batch_id").collect()
    return sorted(tuple(row) for row in rows)


def _ledger(lake: Lake) -> list[tuple[Any, ...]]:
    columns = ("rows_read", "rows_valid", "rows_quarantined", "rows_replayed", "replayed_rules")
    lines = lake.read("books.ledger").where("step = 'refine_events' AND feed <> ''").orderBy("batch_id")
    return [tuple(line) for line in lines.select(*columns).collect()]


def test_quarantined_rows_are_taken_in_again_once_also_where_a_run_is_killed(
    spark: SparkSession, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spark is not None
    (tmp_path / "raw/clicks").mkdir(parents=True)
    (tmp_path / "raw/clicks/1.json").write_text(ROWS)
    assert _run(lake, tmp_path) == 0
    first = ("1", "2024-05-03")
    unknown = "event_type_known"
    assert _events(lake) == [first]
    assert _aside(lake) == [
        (1, [unknown], 1), (2, ["dwell_not_negative", unknown], 1), (3, ["dwell_not_negative"], 1)
    ]  # fmt: skip

    # nothing was taken since the day that is named
    assert _run(lake, tmp_path, "--replay", "--since", "2024-06-02", kind=PUT_RIGHT, now=LATER) == 0
    assert _events(lake) == [first]
    assert len(_aside(lake)) == 3

    # the run dies when the rows have moved, and the next one goes on
    bring = QuarantineWriter.bring

    def die(self: QuarantineWriter, *arguments: Any) -> None:
        bring(self, *arguments)
        raise Killed

    replay = ("--replay", "--rule", unknown)
    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Owner, "this_process", lambda *_: dead)
        patch.setattr(QuarantineWriter, "bring", die)
        with pytest.raises(Killed):
            _run(lake, tmp_path, *replay, kind=PUT_RIGHT, now=LATER)
    assert _run(lake, tmp_path, *replay, kind=PUT_RIGHT, now=LATER) == 0
    known_now = [first, ("2", "2024-06-09")]
    batch = lake.read("refined.events").where("event_id = '2'").first()["batch_id"]  # type: ignore[index]
    left = [(2, ["dwell_not_negative"], batch), (3, ["dwell_not_negative"], 1)]
    assert _events(lake) == known_now
    assert _aside(lake) == left
    moved = (2, 1, 1, 2, {unknown: 2, "dwell_not_negative": 1})
    assert _ledger(lake) == [(4, 1, 3, None, None), moved]

    # no row is under the rule any more; of all that are left none is valid
    assert _run(lake, tmp_path, *replay, kind=PUT_RIGHT, now=LATER) == 0
    assert _ledger(lake)[2:] == []
    assert _run(lake, tmp_path, "--replay", kind=PUT_RIGHT, now=LATER) == 0
    assert _events(lake) == known_now
    assert [row[:2] for row in _aside(lake)] == [row[:2] for row in left]
    assert _ledger(lake)[2][:4] == (2, 0, 2, 2)
    total = lake.read("books.ledger").where("step = 'refine_events'")
    sums = total.selectExpr("sum(rows_read - coalesce(rows_replayed, 0))", "sum(rows_valid)").first()
    assert tuple(sums or ()) == (4, 2)


def test_of_a_document_only_the_elements_come_again_and_none_replaces_what_was_taken_after_it(
    spark: SparkSession, lake: Lake, tmp_path: Path
) -> None:
    assert spark is not None
    (tmp_path / "raw/orders").mkdir(parents=True)
    order = '{"id": "%s", "at": "2024-05-03 08:00:00", "card": "gus", "items": [%s]}\n'
    item = '{"sku": "%s", "qty": "%s", "paid": "%s"}'
    tea, cup, pot = item % ("tea", 1, 2), item % ("cup", "two", 3), item % ("pot", "two", 3)
    (tmp_path / "raw/orders/1.json").write_text(order % (1, f"{tea}, {cup}") + order % (2, pot))
    assert _run(lake, tmp_path, kind="each.qty", mapping=DOCUMENTS) == 0
    (tmp_path / "raw/orders/2.json").write_text(order % (2, item % ("pot", 1, 4)))
    assert _run(lake, tmp_path, kind="each.qty", mapping=DOCUMENTS, now="2024-06-05T00:00:00+00:00") == 0
    put_right = "if(each.qty = 'two', 2, each.qty)"
    assert _run(lake, tmp_path, "--replay", kind=put_right, mapping=DOCUMENTS, now=LATER) == 0
    columns = ("order_id", "line_number", "item_id", "CAST(amount AS STRING)", "CAST(CAST(known_at AS DATE) AS STRING)")
    assert sorted(tuple(row) for row in lake.read("refined.order_lines").selectExpr(*columns).collect()) == [
        ("1", 1, "tea", "2.0000", "2024-06-01"),
        ("1", 2, "cup", "3.0000", "2024-06-09"),
        ("2", 1, "pot", "4.0000", "2024-06-05"),
    ]
    assert lake.read("raw.quarantine").isEmpty()
    names = ("rows_read", "rows_valid", "rows_conflict", "rows_quarantined", "rows_replayed")
    lines = lake.read("books.ledger").where("step = 'refine_order_lines'").orderBy("batch_id").select(*names)
    assert [tuple(line) for line in lines.collect()] == [(3, 1, 0, 2, None), (1, 1, 0, 0, None), (2, 1, 1, 0, 2)]
