"""A mapping's faults are told without looking at data, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.errors import SettingsError
from footfall.mapping.source import read_source

ROOT = Path(__file__).resolve().parents[2]
SOUND = """\
source: corner
about: invented
feeds:
  sales:
    files: sales/*.csv
    format: csv
    known: {delay: 2 hours}
    into:
      order_lines:
        actor: {kind: card, identifier: card_no}
        columns: {order_id: bon, line_number: pos, event_time: ts, item_id: sku, quantity: 1, amount: eur}
"""


def _faults(tmp_path: Path, text: str) -> str:
    path = tmp_path / "corner.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as told:
        read_source(path)
    return told.value.what.replace(f"{path}:", "line ")


def test_a_sound_mapping_is_read(tmp_path: Path) -> None:
    path = tmp_path / "corner.yaml"
    path.write_text(SOUND)
    source = read_source(path)
    assert source.raw_name("sales") == "corner_sales"
    assert source.feeds["sales"].known is not None
    assert source.feeds["sales"].known.delay_s == 7200
    assert source.feeds["sales"].into["order_lines"].columns["quantity"] == "1"


@pytest.mark.parametrize("name", ["completejourney", "clickstream"])
def test_the_committed_mappings_are_sound(name: str) -> None:
    assert read_source(ROOT / "conf" / "sources" / f"{name}.yaml").source == name


@pytest.mark.parametrize(
    ("replaced", "by", "fault"),
    [
        ("order_lines:", "order_linez:", "into.order_linez: no such table"),
        ("amount: eur", "amont: eur", "into.order_lines.columns.amont: no such column of order_lines"),
        ("amount: eur", "discount_amount: eur", "into.order_lines.columns.amount: missing"),
        ("amount: eur", "amount: eur, event_date: d", "into.order_lines.columns.event_date: footfall fills this in"),
        ("        actor: {kind: card, identifier: card_no}\n", "", "into.order_lines: `actor` is missing"),
        ("files: sales/*.csv", "filez: sales/*.csv", "line 5: feeds.sales.filez: unknown key"),
        ("files: sales/*.csv", "files: sales/*.csv\n    delta: /x", "give either `files` or `delta`"),
        ("delay: 2 hours", "delay: soon", "write a whole number and minutes, hours or days"),
        (
            "format: csv",
            "format: xls",
            "line 6: feeds.sales.format: input should be 'parquet', 'csv' or 'json', got 'xls'",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, replaced: str, by: str, fault: str) -> None:
    assert fault in _faults(tmp_path, SOUND.replace(replaced, by))
