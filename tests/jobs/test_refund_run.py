"""From a log with a status to net money: refunds have a table and a line of the ledger of their own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from jobs import pipeline

MAPPING = """\
source: corner
about: invented
feeds:
  orders:
    files: "*.csv"
    format: csv
    known: {delay: 0 hours}
    types: {eur: "DECIMAL(18, 4)", back: "DECIMAL(18, 4)"}
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        skipped:
          - {when: sku = 'POST', reason: no_goods}
        columns: {order_id: bon, line_number: pos, event_time: ts, item_id: sku, quantity: 1, amount: eur}
      refund_lines:
        actor: {kind: card, identifier: card}
        skipped:
          - {when: sku = 'POST', reason: no_goods}
          - {when: status = 'paid', reason: not_refunded}
        columns:
          refund_id: bon
          line_number: pos
          order_id: bon
          item_id: sku
          event_time: changed
          amount: CASE status WHEN 'cancelled' THEN eur ELSE back END
"""
FIRST = """\
bon,pos,ts,sku,eur,card,status,back,changed
b1,1,2024-05-01 10:00:00,oats,20.00,anna,paid,0,2024-05-01 10:00:00
b1,2,2024-05-01 10:00:00,POST,4.90,anna,paid,0,2024-05-01 10:00:00
b2,1,2024-05-02 10:00:00,oven,5000.00,bert,cancelled,0,2024-05-02 10:20:00
b3,1,2024-05-03 10:00:00,oats,20.00,cleo,refunded,5.00,2024-05-06 10:00:00
b4,1,2024-05-03 10:00:00,oats,20.00,cleo,refunded,0,2024-05-06 10:00:00
"""
SECOND = """\
bon,pos,ts,sku,eur,card,status,back,changed
b1,1,2024-05-01 10:00:00,oats,20.00,anna,refunded,20.00,2024-05-20 09:00:00
"""


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")


def _run(lake: Lake, folder: Path) -> int:
    arguments = ["--lake", lake.root, "--raw", str(folder / "raw"), "--as-of", "2024-06-03"]
    arguments += ["--now", "2024-06-03T12:00:00+00:00", "--stages", "ingest,refine,featurize"]
    arguments += ["--set", f"sources.mappings=[{folder / 'corner.yaml'}]", "--set", "shop.time_zone=Europe/London"]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def _money(lake: Lake) -> dict[str, tuple[Any, ...]]:
    """Identifier -> gross, refunded and net money of 90 days, and the return rate."""
    people = lake.read("refined.pseudonyms").selectExpr("actor_id AS user_id", "identifier")
    features = (
        lake.read("results.user_features").where("as_of_date = DATE'2024-06-03'").join(people, "user_id", "inner")
    )
    columns = ("gross_amount_90d", "refund_amount_90d", "net_amount_90d", "return_rate_90d", "order_count_90d")
    return {row[0]: tuple(row[1:]) for row in features.select("identifier", *columns).collect()}


def _ledger(lake: Lake, table: str) -> tuple[Any, ...]:
    """Rows read, valid, quarantined, duplicate and skipped, the reasons, and the broken rules; NULL: none."""
    counts = [f"rows_{name}" for name in ("read", "valid", "quarantined", "duplicate", "skipped")]
    lines = lake.read("books.ledger").where(f"target = 'refined.{table}'")
    (line,) = lines.select(*counts, "skipped_reasons", "broken_rules").collect()
    return tuple(line)


def test_refunds_of_a_log_have_a_ledger_of_their_own_and_make_money_net(
    spark: SparkSession, lake: Lake, tmp_path: Path
) -> None:
    assert spark is not None
    (tmp_path / "corner.yaml").write_text(MAPPING)
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "1.csv").write_text(FIRST)
    (tmp_path / "raw" / "2.csv").write_text(SECOND)
    assert _run(lake, tmp_path) == 0
    twenty, nothing = Decimal("20.0000"), Decimal("0.0000")
    dear, five, few = Decimal("5000.0000"), Decimal("5.0000"), Decimal("35.0000")
    assert _money(lake) == {
        "anna": (twenty, twenty, nothing, 1.0, 1), "bert": (dear, dear, nothing, 1.0, 1),
        "cleo": (2 * twenty, five, few, 0.125, 2),
    }  # fmt: skip
    assert _ledger(lake, "order_lines") == (6, 4, 0, 1, 1, {"no_goods": 1}, None)
    # of b4 nothing came back, though its status says so
    reasons = {"no_goods": 1, "not_refunded": 1}
    assert _ledger(lake, "refund_lines") == (6, 3, 1, 0, 2, reasons, {"something_came_back": 1})
    items = lake.read("results.item_features").where("as_of_date = DATE'2024-06-03'")
    assert {row[0]: tuple(row[1:]) for row in items.select("item_id", "net_amount_90d", "return_rate_90d").collect()} == {
        "oats": (few, 25 / 60), "oven": (nothing, 1.0),
    }  # fmt: skip
