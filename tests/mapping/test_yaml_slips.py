"""Slips that YAML and Python make easy are answered in words: `no`, commas within braces, patterns of Python, an empty file."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.errors import SettingsError
from footfall.mapping.source import read_source

MAPPING = """\
source: s
about: x
feeds:
  a:
    files: a.csv
    format: csv
    %s
    into:
      events:
        actor: {kind: c, identifier: %s}
        columns: {event_time: at, event_type: "'view'", item_id: %s}
"""


@pytest.mark.parametrize(
    ("key", "identifier", "item_id", "words"),
    [
        ("", "no", "sku", "line 10: feeds.a.into.events.actor.identifier: read by YAML as true or false; for a column of that"),
        ("", "mail", "on", "line 11: feeds.a.into.events.columns.item_id: read by YAML as true or false"),
        ("", "mail", "left(sku, 3)", "within {...} a comma ends a value, so put SQL with commas in quotes"),
        ("", "left(card, 3)", "sku", "unknown key (within {...} a comma ends a value"),
        ("types: {n: INT, N: BIGINT}", "mail", "sku", "line 7: feeds.a.types.N: listed twice"),
        ("fill_down: {within: no, columns: [x]}", "mail", "sku", "fill_down.within: write each word in quotes"),
        ("partitions: [2024]", "mail", "sku", "partitions.0: write each word in quotes"),
        ("options: {quote: \"''\"}", "mail", "sku", "feeds.a.options.quote: one sign, or none"),
        ("not_rows: '^(?P<sum>Sum)'", "mail", "sku", "feeds.a.not_rows: `(?P<` is Python's"),
        ("not_rows: '^(?#x)Sum'", "mail", "sku", "feeds.a.not_rows: `(?#` is Python's"),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_its_place(tmp_path: Path, key: str, identifier: str, item_id: str, words: str) -> None:
    assert words in _fault(tmp_path, MAPPING % (key, identifier, item_id))


@pytest.mark.parametrize(
    ("text", "words"), [("", "empty"), ("source: &a [*a]\n", "an anchor (&) stands within what it names")]
)
def test_a_file_that_says_nothing_is_named(tmp_path: Path, text: str, words: str) -> None:
    assert f"m.yaml: {words}" in _fault(tmp_path, text)


def _fault(folder: Path, text: str) -> str:
    path = folder / "m.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as raised:
        read_source(path)
    return str(raised.value).replace(f"{path}:", "line ", 1) if text.count("\n") > 1 else str(raised.value)
