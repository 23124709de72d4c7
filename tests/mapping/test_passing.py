"""What a mapping says of rows that leave raw: `keep` and whom they are about; faults are found without looking at data."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.errors import SettingsError
from footfall.mapping.source import read_source
from footfall.mapping.sql_words import paths_in

SOUND = """\
source: corner
about: invented
feeds:
  web:
    files: web/*.csv
    format: csv
    into:
      events:
        actor: {kind: visitor, identifier: visitor}
        keep: [page, user.plan]
        columns: {event_time: ts, event_type: what}
      order_lines:
        actor: {kind: visitor, identifier: visitor}
        columns: {order_id: bon, line_number: pos, event_time: ts, item_id: sku, quantity: 1, amount: eur}
"""


def _read(tmp_path: Path, text: str) -> str:
    """What is wrong with the mapping, with its lines; empty where nothing is."""
    path = tmp_path / "corner.yaml"
    path.write_text(text)
    try:
        read_source(path)
    except SettingsError as fault:
        return fault.what.replace(f"{path}:", "line ")
    return ""


def test_a_sound_mapping_has_no_fault(tmp_path: Path) -> None:
    assert _read(tmp_path, SOUND) == ""


def test_a_table_without_properties_keeps_nothing(tmp_path: Path) -> None:
    text = SOUND.replace("        columns: {order_id", "        keep: [page]\n        columns: {order_id")
    fault = "order_lines has no `properties` to keep them in (events, items, labelled_rows, users have)"
    assert _read(tmp_path, text) == f"line 14: feeds.web.into.order_lines.keep: {fault}"


def test_a_name_is_kept_once(tmp_path: Path) -> None:
    text = SOUND.replace("[page, user.plan]", "[page, user.plan, Page]")
    assert _read(tmp_path, text) == "line 10: feeds.web.into.events.keep.2: page: listed twice"


def test_words_for_nobody_are_text_and_need_somebody_to_stand_for(tmp_path: Path) -> None:
    text = SOUND.replace("    format: csv", '    format: csv\n    nobody: ["", GUEST, 007]')
    fault = "write each word in quotes: YAML reads it as something else than text, got 7"
    assert _read(tmp_path, text) == f"line 7: feeds.web.nobody.2: {fault}"
    about_items = (
        SOUND.split("    into:")[0] + "    nobody: [GUEST]\n    into:\n      items: {columns: {item_id: sku}}\n"
    )
    assert _read(tmp_path, about_items) == "line 7: feeds.web.nobody: no table of this feed is about somebody"


CATALOGUE = """\
source: corner
about: invented
feeds:
  catalogue:
    files: catalogue/*.csv
    format: csv
    file_day: dump_(\\d{8})
    into:
      items: {columns: {item_id: sku}}
"""


def test_a_day_is_taken_from_the_names_of_full_dumps(tmp_path: Path) -> None:
    assert _read(tmp_path, CATALOGUE) == ""


@pytest.mark.parametrize(
    ("replaced", "by", "fault"),
    [
        (r"(\d{8})", r"\d{8}", r"put the day into brackets, such as dump_(\d{8}), got 'dump_\\d{8}'"),
        (r"(\d{8})", r"(\d{8}", "not a regular expression (missing ), unterminated subpattern at position 5)"),
        (
            "sku}",
            "sku, valid_from: since}",
            "the day of a file is for tables with history (campaigns, item_costs, items, offer_catalogue, prices, users)",
        ),
        ("files: catalogue/*.csv", "delta: shop.items", "the day of a file is for tables with history"),
        ("items: {columns: {item_id: sku}}", "itemz: {columns: {}}", "no such table"),
    ],
)
def test_a_day_of_files_that_can_do_nothing_is_refused(tmp_path: Path, replaced: str, by: str, fault: str) -> None:
    text = CATALOGUE.replace(replaced, by)
    assert fault in _read(tmp_path, text.replace("    format: csv\n", "") if "delta" in by else text)


@pytest.mark.parametrize(
    ("sql", "paths"),
    [
        ("User.Id", {("user", "id")}),
        ("lower(`User-Id`)", {("user-id",)}),
        ("coalesce(a.b.c, d)", {("a", "b", "c"), ("d",)}),
        ("get_json_object(doc, '$.card')", {("doc",)}),
        ("props.`$id` /* not.this */", {("props", "$id")}),
    ],
)
def test_columns_and_fields_of_an_expression_are_known_by_their_paths(sql: str, paths: set[tuple[str, ...]]) -> None:
    assert paths_in(sql) == paths
