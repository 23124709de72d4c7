"""jobs/maintain.py: rows past `keep_days` go, what was made of them stays, and no row goes that refine has not read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.runtime.cli import main
from footfall.runtime.keeping import cutoff
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from jobs import maintain, pipeline
from runtime.numbers_shared import Killed

MAPPING = """\
source: corner
about: invented
feeds:
  sales:
    files: "*.csv"
    format: csv
    keep_days: 30
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        columns:
          order_id: bon
          line_number: pos
          event_time: ts
          item_id: sku
          quantity: qty
          amount: eur
"""
HEAD = "bon,pos,ts,sku,qty,eur,card\n"
RAW, FACTS = "raw.corner_sales", "refined.order_lines"
MARCH_1, MARCH_31, APRIL_1 = "2024-03-01T12:00:00+08:00", "2024-03-31T12:00:00+08:00", "2024-04-01T00:30:00+08:00"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")


@pytest.fixture
def words(lake: Lake, tmp_path: Path) -> list[str]:
    """Options that all calls share: a shop in Singapore, whose days begin eight hours before those of UTC."""
    (tmp_path / "corner.yaml").write_text(MAPPING)
    settings = [f"sources.mappings=[{tmp_path / 'corner.yaml'}]", "shop.time_zone=Asia/Singapore"]
    return ["--lake", lake.root, "--raw", str(tmp_path), *(word for pair in settings for word in ("--set", pair))]


def _pipeline(words: list[str], now: str, stages: str = "ingest,refine") -> int:
    arguments = [*words, "--now", now, "--as-of", "2024-04-01", "--stages", stages]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def _maintain(words: list[str], now: str, *more: str) -> int:
    arguments = [*words, "--now", now, *more]
    return main("", maintain.steps, command_line=maintain.arguments(), arguments=arguments, ending=maintain.ending)


@pytest.mark.slow
def test_rows_go_when_their_time_is_over_and_refine_has_read_them(
    spark: SparkSession,
    lake: Lake,
    tmp_path: Path,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert spark is not None
    (tmp_path / "a.csv").write_text(
        f"{HEAD}b1,1,2024-03-01 10:00:00,s1,1,2.50,anna\nb1,2,2024-03-01 10:00:00,s2,x,1.00,anna\n"
    )
    assert _pipeline(words, MARCH_1) == 0
    (tmp_path / "b.csv").write_text(f"{HEAD}b2,1,2024-03-01 11:00:00,s1,1,2.50,bert\n")
    assert _pipeline(words, MARCH_1, "ingest") == 0

    assert _maintain(words, APRIL_1, "--dry-run") == 0
    assert f"{RAW:<42}{2:>7} rows past their time" in capsys.readouterr().out
    assert lake.read(RAW).count() == 3
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            _maintain(words, APRIL_1, "--run-id", "sunday")
    assert _maintain(words, APRIL_1, "--run-id", "sunday") == 0
    assert [row["bon"] for row in lake.read(RAW).collect()] == ["b2"]  # refine has not read it yet
    assert lake.read("raw.quarantine").count() == 0
    assert lake.read(FACTS).count() == 1
    ledger = lake.read("books.ledger").where("rows_expired > 0").orderBy("step").collect()
    assert [(line["target"], line["rows_expired"]) for line in ledger] == [("raw.quarantine", 1), (RAW, 2)]

    capsys.readouterr()
    assert _pipeline(words, APRIL_1) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["ingest_corner_sales", "nothing", "new"] in lines
    assert sorted(row["order_id"] for row in lake.read(FACTS).collect()) == ["b1", "b2"]
    facts = lake.read("books.ledger").where(f"target = '{FACTS}'").orderBy("batch_id").collect()
    assert [(line["rows_read"], line["rows_valid"]) for line in facts] == [(2, 1), (1, 1)]


@pytest.mark.parametrize(("now", "first_kept"), [(MARCH_31, "2024-03-01"), (APRIL_1, "2024-03-02")])
def test_the_day_on_which_a_row_was_taken_counts_by_the_shop_s_calendar(now: str, first_kept: str) -> None:
    before = cutoff(datetime.fromisoformat(now).astimezone(UTC), 30, time_zone="Asia/Singapore")
    assert before == datetime.fromisoformat(f"{first_kept}T00:00:00+08:00")
