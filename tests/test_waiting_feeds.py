"""A feed whose files cannot be used waits, naming them; all others go on, and it follows when they can."""

from __future__ import annotations

import os
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
from small_shop import SECRET

MAPPING = """\
source: corner
about: invented
feeds:
  till:
    files: till/*.csv
    format: csv
    known: {delay: 0 hours}
    into: &into
      order_lines:
        actor: {kind: card, identifier: card}
        columns: {order_id: bon, line_number: "1", event_time: ts, item_id: sku, quantity: "1", amount: eur}
  web: {files: web/*.csv, format: csv, rewrites: 3 days, known: {delay: 0 hours}, into: *into}
"""


def _deliver(root: Path, name: str, *sales: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    lines = (
        "bon,ts,sku,card,eur",
        *(f"{sale.split('=')[0]},2024-02-01 10:00:00,s,c,{sale.split('=')[1]}" for sale in sales),
    )
    (root / name).write_text("".join(f"{line}\n" for line in lines) if sales else "")


def _run(lake: Lake, root: Path) -> int:
    mapping = root / "corner.yaml"
    mapping.write_text(MAPPING)
    arguments = ["--lake", lake.root, "--raw", str(root), "--as-of", "2024-07-01", "--now", "2024-07-01T12:00:00+00:00"]
    arguments += ["--set", f"sources.mappings=[{mapping}]", "--stages", "ingest,refine"]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def _orders(lake: Lake) -> dict[str, str]:
    return {row["order_id"]: str(row["amount"]) for row in lake.read("refined.order_lines").collect()}


def test_a_feed_with_an_empty_or_a_changed_file_waits_alone(
    spark: SparkSession,
    lake: Lake,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", SECRET)
    _deliver(tmp_path, "till/a.csv", "T1=2.00")
    _deliver(tmp_path, "till/b.csv")
    _deliver(tmp_path, "web/a.csv", "W1=3.00")
    assert _run(lake, tmp_path) == 2
    fault = capsys.readouterr().err
    assert "till/b.csv: it is empty" in fault
    assert "Fix: Deliver it whole" in fault
    assert _orders(lake) == {"W1": "3.0000"}

    _deliver(tmp_path, "till/b.csv", "T2=4.00")
    assert _run(lake, tmp_path) == 0
    assert _orders(lake) == {"W1": "3.0000", "T1": "2.0000", "T2": "4.0000"}
    os.utime(tmp_path / "till" / "a.csv", (1_700_000_000, 1_700_000_000))  # copied again
    assert _run(lake, tmp_path) == 0
    assert len(_orders(lake)) == 3

    capsys.readouterr()
    _deliver(tmp_path, "till/b.csv", "T2=9.00")
    os.utime(tmp_path / "till" / "b.csv", (1_800_000_000, 1_800_000_000))
    _deliver(tmp_path, "web/a.csv", "W1=3.00", "W2=5.00")  # its source writes the last days anew
    assert _run(lake, tmp_path) == 2
    assert "changed since they were taken: till/b.csv." in capsys.readouterr().err
    assert _orders(lake) == {"W1": "3.0000", "T1": "2.0000", "T2": "4.0000", "W2": "5.0000"}

    spark.sql(f"DELETE FROM {lake.name('books.files')} WHERE step = 'ingest_corner_till' AND file = 'till/b.csv'")
    _deliver(tmp_path, "till/b.csv", "T2=4.00", "T3=6.00")
    assert _run(lake, tmp_path) == 0
    assert _orders(lake) == {"W1": "3.0000", "T1": "2.0000", "T2": "4.0000", "W2": "5.0000", "T3": "6.0000"}


@pytest.mark.parametrize("table", ["corner_till", "files"])
def test_a_run_killed_while_it_takes_files_takes_them_once(
    spark: SparkSession, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", SECRET)
    _deliver(tmp_path, "till/a.csv", "T1=2.00", "T2=4.00")
    write, dead = Lake.write, replace(Owner.this_process(), token="dead", started="1")

    def die(self: Lake, to: Table, *arguments: Any, **options: Any) -> None:
        if to.name != "files":
            write(self, to, *arguments, **options)
        if to.name == table:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Owner, "this_process", lambda *_: dead)
        patch.setattr(Lake, "write", die)
        with pytest.raises(Killed):
            _run(lake, tmp_path)
    assert lake.read("raw.corner_till").count() == 2
    _deliver(tmp_path, "till/b.csv", "T3=5.00")  # new since: it comes in too, and by itself
    assert _run(lake, tmp_path) == 2  # the feed `web` has no file
    assert lake.read("raw.corner_till").count() == 3
    assert _orders(lake) == {"T1": "2.0000", "T2": "4.0000", "T3": "5.0000"}
    taken = spark.sql(f"SELECT file FROM {lake.name('books.files')}").collect()
    assert sorted(row[0] for row in taken) == ["till/a.csv", "till/b.csv"]
