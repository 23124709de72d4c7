"""Lines whose order or rate comes later: they wait, are counted, and come in once, also where a run is killed in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.contract import Table
from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from jobs import pipeline
from runtime.numbers_shared import Killed

MAPPING = """\
source: shop
about: invented
feeds:
  orders: {files: orders/*.csv, format: csv}
  rates:
    files: rates/*.csv
    format: csv
    into:
      fx_rates:
        columns: {rate_date: day, currency: code, rate: pounds}
  items:
    files: items/*.csv
    format: csv
    known: {delay: 0 hours}
    fill_down: {within: bon, columns: [at]}
    with: orders on bon = id
    into:
      order_lines:
        actor: {kind: mail, identifier: orders.mail}
        line_key: [item_id]
        columns:
          order_id: bon
          event_time: at
          item_id: sku
          quantity: 1
          amount: paid
          currency: code
"""
ITEMS = "bon,at,sku,paid,code\n1,2024-05-03 08:00:00,A,4.00,\n1,,B,10.00,EUR\n2,2024-05-03 09:00:00,A,2.00,\n"
LEDGER = "step = 'refine_order_lines' AND feed <> ''"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")


def _deliver(folder: Path, name: str, text: str) -> None:
    path = folder / "raw" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _run(lake: Lake, folder: Path) -> int:
    arguments = [
        "--lake",
        lake.root,
        "--raw",
        str(folder / "raw"),
        "--as-of",
        "2024-06-03",
        "--stages",
        "ingest,refine",
    ]
    arguments += ["--now", "2024-06-03T12:00:00+00:00", "--set", f"sources.mappings=[{folder / 'shop.yaml'}]"]
    arguments += ["--set", "shop.time_zone=Europe/London", "--set", "shop.currency=GBP"]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def _lines(lake: Lake) -> list[tuple[str, ...]]:
    """Order, article, value in the shop's currency, identifier."""
    vault = lake.read("refined.pseudonyms").select("actor_id", "identifier")
    lines = lake.read("refined.order_lines").join(vault, "actor_id", "left")
    return sorted(
        (row[0], row[1], str(row[2]), row[3])
        for row in lines.select("order_id", "item_id", "amount_base", "identifier").collect()
    )


def _ledger(lake: Lake) -> list[tuple[int, ...]]:
    """Rows read, valid, quarantined and waiting, a batch a row."""
    counts = [f"rows_{name}" for name in ("read", "valid", "quarantined", "waiting")]
    lines = lake.read("books.ledger").where(LEDGER).orderBy("batch_id")
    return [tuple(row) for row in lines.select(*counts).collect()]


def _waiting(lake: Lake) -> list[tuple[Any, ...]]:
    rows = lake.read("raw.waiting_order_lines").select("feed", "file", "position", "waits_for")
    return sorted(tuple(row) for row in rows.collect())


def test_a_line_waits_for_its_order_and_for_its_rate_and_comes_in_once(
    spark: SparkSession, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spark is not None
    (tmp_path / "shop.yaml").write_text(MAPPING)
    _deliver(tmp_path, "items/1.csv", ITEMS)
    _deliver(tmp_path, "orders/1.csv", "id,mail,at\n1,gus,2024-05-03 08:00:00\n")
    _deliver(tmp_path, "rates/1.csv", "day,code,pounds\n2024-05-03,USD,0.8\n")
    assert _run(lake, tmp_path) == 0
    first = ("1", "A", "4.0000", "gus")
    assert _lines(lake) == [first]
    assert _ledger(lake) == [(3, 1, 1, 1)]
    assert _waiting(lake) == [("shop_items", "items/1.csv", 1, "fx_rates"), ("shop_items", "items/1.csv", 2, "orders")]

    # order 2 comes and says something else of order 1, and a rate comes; the run dies when the lines are written
    _deliver(tmp_path, "orders/2.csv", "id,mail,at\n2,hal,2024-05-03 09:00:00\n1,eve,2024-05-03 08:00:00\n")
    _deliver(tmp_path, "rates/2.csv", "day,code,pounds\n2024-05-01,EUR,0.86\n")
    write = Lake.write

    def die(self: Lake, table: Table, *arguments: Any, **options: Any) -> None:
        if table.name == "waiting_order_lines":
            raise Killed
        write(self, table, *arguments, **options)

    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Owner, "this_process", lambda *_: dead)
        patch.setattr(Lake, "write", die)
        with pytest.raises(Killed):
            _run(lake, tmp_path)
    assert _run(lake, tmp_path) == 0
    # the line in euros by the rate of two days before the day of its order's first line, which came in before;
    # the newest row of order 1 holds for lines that come after it
    assert _lines(lake) == [first, ("1", "B", "8.6000", "eve"), ("2", "A", "2.0000", "hal")]
    assert _ledger(lake) == [(3, 1, 1, 1), (2, 2, 0, 0)]
    assert _waiting(lake) == []
    aside = lake.read("raw.quarantine").select("position", "rules").collect()
    assert [tuple(row) for row in aside] == [(1, ["fx_rate_known"])]

    # nothing waits any more, so that an order alone is no work
    _deliver(tmp_path, "orders/3.csv", "id,mail,at\n10,jo,2024-05-03 10:00:00\n")
    assert _run(lake, tmp_path) == 0
    assert len(_ledger(lake)) == 2


LATEST = """\
source: shop
about: invented
feeds:
  cards: {files: cards/*.csv, format: csv}
  items:
    files: items/*.csv
    format: csv
    known: {delay: 0 hours}
    with: cards on card = id
    into:
      order_lines:
        actor: {kind: mail, identifier: cards.mail}
        line_key: [item_id]
        on_conflict: keep_latest
        columns: {order_id: bon, event_time: "'2024-05-03 08:00:00'", item_id: sku, quantity: 1, amount: paid}
"""


def test_a_line_that_waited_replaces_no_line_that_was_taken_after_it(
    spark: SparkSession, lake: Lake, tmp_path: Path
) -> None:
    assert spark is not None
    (tmp_path / "shop.yaml").write_text(LATEST)
    _deliver(tmp_path, "cards/1.csv", "id,mail\n10,gus\n")
    _deliver(tmp_path, "items/1.csv", "bon,card,sku,paid\n1,99,A,1.00\n2,99,A,2.00\n")
    _deliver(tmp_path, "items/2.csv", "bon,card,sku,paid\n1,10,A,3.00\n")
    assert _run(lake, tmp_path) == 0
    corrected = ("1", "A", "3.0000", "gus")
    assert _lines(lake) == [corrected]
    _deliver(tmp_path, "cards/2.csv", "id,mail\n99,late\n")
    assert _run(lake, tmp_path) == 0
    assert _lines(lake) == [corrected, ("2", "A", "2.0000", "late")]
    names = ("rows_read", "rows_valid", "rows_conflict", "rows_waiting")
    lines = lake.read("books.ledger").where(LEDGER).orderBy("batch_id").select(*names).collect()
    assert [tuple(line) for line in lines] == [(3, 1, 0, 2), (2, 1, 1, 0)]


DOCUMENTS = """\
source: shop
about: invented
feeds:
  customers: {files: customers/*.csv, format: csv}
  rates: {files: rates/*.csv, format: csv, into: {fx_rates: {columns: {rate_date: day, currency: code, rate: pounds}}}}
  orders:
    files: orders/*.jsonl
    format: json
    known: {delay: 0 hours}
    with: customers on cust = id
    into:
      order_lines:
        actor: {kind: mail, identifier: customers.mail}
        line_key: [item_id]
        each: items
        columns: {order_id: id, event_time: at, item_id: each.sku, quantity: 1, amount: each.paid, currency: each.code}
"""


@pytest.mark.slow
def test_only_the_elements_of_a_document_wait_that_lack_something(
    spark: SparkSession, lake: Lake, tmp_path: Path
) -> None:
    assert spark is not None
    (tmp_path / "shop.yaml").write_text(DOCUMENTS)
    first = '{"id": "1", "cust": "10", "at": "2024-05-03 08:00:00", "items": [%s, %s]}\n'
    items = ('{"sku": "A", "paid": "4.00"}', '{"sku": "B", "paid": "10.00", "code": "EUR"}')
    second = '{"id": "2", "cust": "11", "at": "2024-05-03 09:00:00", "items": [{"sku": "C", "paid": "2.00"}]}\n'
    _deliver(tmp_path, "orders/1.jsonl", first % items + second)
    _deliver(tmp_path, "customers/1.csv", "id,mail\n10,gus\n")
    _deliver(tmp_path, "rates/1.csv", "day,code,pounds\n2024-05-03,USD,0.8\n")
    assert _run(lake, tmp_path) == 0
    assert _lines(lake) == [("1", "A", "4.0000", "gus")]
    assert _ledger(lake) == [(3, 1, 1, 1)]
    places = lake.read("raw.waiting_order_lines").select("position", "element", "waits_for").collect()
    assert sorted(tuple(row) for row in places) == [(0, 2, "fx_rates"), (1, 1, "customers")]

    _deliver(tmp_path, "customers/2.csv", "id,mail\n11,hal\n")
    _deliver(tmp_path, "rates/2.csv", "day,code,pounds\n2024-05-01,EUR,0.86\n")
    assert _run(lake, tmp_path) == 0
    assert _lines(lake) == [("1", "A", "4.0000", "gus"), ("1", "B", "8.6000", "gus"), ("2", "C", "2.0000", "hal")]
    assert _ledger(lake) == [(3, 1, 1, 1), (2, 2, 0, 0)]
    assert lake.read("raw.waiting_order_lines").isEmpty()
