"""--check: every fault of a mapping with its line, or what it makes of a sample; nothing is written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.check.source_check import check_source
from footfall.errors import SourceError
from footfall.refine.mapped import ShopDefaults

MAPPING = """\
source: corner
about: invented
feeds:
  sales:
    files: sales/*.csv
    format: csv
    known: {delay: 0 hours}
    types: {qty: int}
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        number: {column: line_number, within: [order_id], order_by: [item_id]}
        skipped:
          - {when: qty = 0, reason: nothing_sold}
        columns:
          order_id: bon
          event_time: ts
          item_id: sku
          quantity: qty
          amount: eur
"""
SALES = """\
bon,ts,sku,qty,eur,card
b1,2024-02-01 10:00:00,s1,1,2.50,anna@example.org
b1,2024-02-01 10:00:00,s2,0,2.50,anna@example.org
b2,2024-02-01 10:00:00,s1,many,2.50,anna@example.org
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A source with one file."""
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "a.csv").write_text(SALES)
    return tmp_path


def _told(spark: SparkSession, root: Path, mapping: str) -> str:
    path = root / "corner.yaml"
    path.write_text(mapping)
    now = datetime(2024, 3, 1, tzinfo=UTC)
    return "\n".join(
        check_source(spark, path, root=str(root), shop=ShopDefaults("Europe/Berlin", "EUR"), rows=100, now=now)
    )


def test_a_sound_mapping_shows_rows_and_what_is_set_aside(spark: SparkSession, shop: Path) -> None:
    told = _told(spark, shop, MAPPING)
    assert "corner_sales: 3 rows of 1 files looked at" in told
    assert "skipped: nothing_sold" in told
    assert "quarantined: qty_unreadable, quantity_required" in told
    assert "b1" in told
    assert "anna" not in told
    assert sorted(p.name for p in shop.iterdir()) == ["corner.yaml", "sales"]


def test_every_fault_comes_at_once_with_its_line(spark: SparkSession, shop: Path) -> None:
    broken = MAPPING.replace("order_id: bon", "order_id: bonn").replace("amount: eur", "amount: eur +")
    broken = broken.replace("types: {qty: int}", "types: {qty: int, weight: int}").replace("qty = 0", "qty = = 0")
    with pytest.raises(SourceError) as fault:
        _told(spark, shop, broken)
    told = fault.value.what.splitlines()
    assert [line.split("corner.yaml:")[1].split(":")[0] for line in told] == ["8", "16", "20", "14"]
    assert "no column weight in the files (they have bon, ts, sku, qty, eur, card)" in told[0]
    assert "`bonn`: no column `bonn` in the files" in told[1]


def test_a_missing_file_is_told_with_the_line_of_its_pattern(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"corner\.yaml:5: .*no file with anything in it fits"):
        _told(spark, tmp_path, MAPPING)
