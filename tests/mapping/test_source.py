"""A mapping's faults are found without looking at data, each with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from footfall.errors import SettingsError
from footfall.mapping.reader_options import ALLOWED
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
    with pytest.raises(SettingsError) as fault:
        read_source(path)
    return fault.value.what.replace(f"{path}:", "line ")


def test_features_are_for_tables_that_have_them_and_each_is_listed_once(tmp_path: Path) -> None:
    labelled = "      labelled_rows: {features: [f0, F0], columns: {row_id: bon, origin: ts, label_kind: eur}}\n"
    faults = _faults(tmp_path, SOUND + labelled + "      items: {features: [f0], columns: {item_id: sku}}\n")
    assert "f0: listed twice" in faults
    assert "items has no `features` to keep them in (labelled_rows has)" in faults


@pytest.mark.parametrize("days", ["0", "-5", "36501"])
def test_raw_rows_are_kept_for_a_day_or_more(tmp_path: Path, days: str) -> None:
    faults = _faults(tmp_path, SOUND.replace("    format: csv", f"    format: csv\n    keep_days: {days}"))
    assert faults.startswith("line 7: feeds.sales.keep_days: input should be ")


def test_a_delay_of_more_than_ten_years_is_refused(tmp_path: Path) -> None:
    faults = _faults(tmp_path, SOUND.replace("2 hours", "87601 hours"))
    assert faults.startswith("line 7: feeds.sales.known.delay: that is more than 3650 days")


def test_a_sound_mapping_is_read(tmp_path: Path) -> None:
    path = tmp_path / "corner.yaml"
    path.write_text(SOUND)
    source = read_source(path)
    assert source.raw_name("sales") == "corner_sales"
    assert source.feeds["sales"].known is not None
    assert source.feeds["sales"].known.delay_s == 7200
    assert source.feeds["sales"].into["order_lines"].columns["quantity"] == "1"


def test_lines_that_nothing_numbers_are_numbered_by_footfall(tmp_path: Path) -> None:
    path = tmp_path / "corner.yaml"
    path.write_text(SOUND.replace(" line_number: pos,", ""))
    target = read_source(path).feeds["sales"].into["order_lines"]
    assert (target.line_key, target.on_conflict) == ((), "keep_first")


def test_only_lines_have_a_line_key_and_only_tables_that_are_added_to_conflicts(tmp_path: Path) -> None:
    items = "        line_key: [item_name]\n        on_conflict: keep_latest\n        columns: {item_id: sku, item_name: name}\n"
    faults = _faults(tmp_path, SOUND + "      items:\n" + items)
    assert "line 13: feeds.sales.into.items.line_key: items has a row a item_id, and no lines" in faults
    assert "line 14: feeds.sales.into.items.on_conflict: items is made anew by each run" in faults


def test_a_hash_of_a_row_cannot_come_with_other_content(tmp_path: Path) -> None:
    events = "        on_conflict: keep_latest\n        columns: {event_time: ts, event_type: what}\n"
    actor = "        actor: {kind: card, identifier: card_no}\n"
    faults = _faults(tmp_path, SOUND + "      events:\n" + actor + events)
    assert "feeds.sales.into.events.on_conflict: needs event_id under `columns`" in faults


@pytest.mark.parametrize("name", ["completejourney", "clickstream"])
def test_the_committed_mappings_are_sound(name: str) -> None:
    assert read_source(ROOT / "conf" / "sources" / f"{name}.yaml").source == name


@pytest.mark.parametrize(
    ("replaced", "by", "fault"),
    [
        ("order_lines:", "order_linez:", "line 9: feeds.sales.into.order_linez: no such table"),
        (
            "amount: eur",
            "amont: eur",
            "line 11: feeds.sales.into.order_lines.columns.amont: no such column of order_lines",
        ),
        ("amount: eur", "discount_amount: eur", "line 11: feeds.sales.into.order_lines.columns.amount: missing"),
        (
            "amount: eur",
            "amount: eur, event_date: d",
            "line 11: feeds.sales.into.order_lines.columns.event_date: footfall fills this in",
        ),
        (
            "        actor: {kind: card, identifier: card_no}\n",
            "",
            "line 9: feeds.sales.into.order_lines: `actor` is missing",
        ),
        ("files: sales/*.csv", "filez: sales/*.csv", "line 5: feeds.sales.filez: unknown key"),
        ("files: sales/*.csv", "files: ../sales/*.csv", "line 5: feeds.sales.files: `..` leads out of `sources.root`"),
        ("files: sales/*.csv", "files: sales/../../x/*.csv", "line 5: feeds.sales.files: `..` leads out"),
        (
            "files: sales/*.csv",
            "files: /sales/*.csv",
            "line 5: feeds.sales.files: write a pattern below `sources.root`",
        ),
        ("files: sales/*.csv", "files: s3://sales/*.csv", "line 5: feeds.sales.files: write a pattern below"),
        ("files: sales/*.csv", "files: sales/*.csv\n    delta: /x", "give either `files` or `delta`"),
        ("delay: 2 hours", "delay: soon", "write a whole number and minutes, hours or days"),
        ("delay: 2 hours", "delay: ² hours", "write a whole number and minutes, hours or days"),
        (
            "delay: 2 hours",
            "delay: 3651 days",
            "line 7: feeds.sales.known.delay: that is more than 3650 days",
        ),
        ("delay: 2 hours", f"delay: {'9' * 5000} days", "that is more than 3650 days"),
        (
            "        columns:",
            "        number: {column: lino, within: [nope], order_by: [event_id]}\n        columns:",
            "line 11: feeds.sales.into.order_lines.number.column: lino: no such column of order_lines (there are",
        ),
        (
            "        columns:",
            "        number: {column: line_number, within: [nope], order_by: [item_id]}\n        columns:",
            "line 11: feeds.sales.into.order_lines.number.within: nope: no such column of order_lines (there are",
        ),
        (
            "        columns:",
            "        line_key: [item_id]\n        columns:",
            "line 11: feeds.sales.into.order_lines.line_key: line_number is mapped, and identifies the line by itself",
        ),
        (
            "        columns: {order_id: bon, line_number: pos,",
            "        line_key: [item_id, Card_No]\n        columns: {order_id: bon,",
            "line 11: feeds.sales.into.order_lines.line_key.1: card_No: identifies a person",
        ),
        (
            "        columns: {order_id: bon, line_number: pos,",
            "        line_key: [order_id]\n        columns: {order_id: bon,",
            "line 11: feeds.sales.into.order_lines.line_key.0: order_id: is the same for all lines of it",
        ),
        (
            "        columns: {order_id: bon, line_number: pos,",
            "        on_conflict: keep_latest\n        columns: {order_id: bon,",
            "line 11: feeds.sales.into.order_lines.on_conflict: needs `line_key`",
        ),
        (
            "        columns:",
            "        on_conflict: keep_newest\n        columns:",
            "line 11: feeds.sales.into.order_lines.on_conflict: input should be 'keep_first', 'keep_latest' or 'quarantine'",
        ),
        (
            "        columns:",
            "        number: {column: line_number, within: [order_id, store_id], order_by: [item_id]}\n        columns:",
            "line 11: feeds.sales.into.order_lines.number.within: numbers would clash; write order_id",
        ),
        (
            "format: csv",
            "format: xls",
            "line 6: feeds.sales.format: input should be 'parquet', 'orc', 'csv', 'json', 'json_array' or 'text', got 'xls'",
        ),
    ],
)
def test_a_fault_is_reported_with_its_place(tmp_path: Path, replaced: str, by: str, fault: str) -> None:
    assert fault in _faults(tmp_path, SOUND.replace(replaced, by))


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("now()", "now()"),
        ("concat(bon, UUID ( ))", "UUID()"),
        ("`rand`()", "rand()"),
        ("system.builtin.shuffle(bon)", "shuffle()"),
        ("unix_timestamp()", "unix_timestamp()"),
        ("monotonically_increasing_id()", "monotonically_increasing_id()"),
        ("input_file_name()", "input_file_name()"),
        ("date_sub(CURRENT_DATE, 1)", "CURRENT_DATE"),
        ("_metadata.file_path", "_metadata"),
        ("DATE'today'", "'today'"),
        ("CAST(' now ' AS TIMESTAMP)", "' now '"),
        ("'yesterday'::date", "'yesterday'"),
    ],
)
def test_what_gives_another_value_next_time_is_refused_with_its_line(tmp_path: Path, sql: str, shown: str) -> None:
    text = SOUND.replace("order_id: bon", f'order_id: "{sql}"')
    reason = f"{shown} gives another value when the row is read again, and a repeated run must give the same rows"
    assert f"line 11: feeds.sales.into.order_lines.columns.order_id: `{sql}`: {reason}" in _faults(tmp_path, text)


@pytest.mark.parametrize("place", ["identifier: card_no", "order_id: bon", "when: bon = '1'"])
def test_a_query_within_an_expression_is_refused_wherever_it_stands(tmp_path: Path, place: str) -> None:
    rules = "        skipped:\n          - {when: bon = '1', reason: test_order}\n        columns:"
    text = SOUND.replace("        columns:", rules).replace(place, f'{place.split(":")[0]}: "(SELECT 1)"')
    assert "`(SELECT 1)`: a query within an expression reads other rows" in _faults(tmp_path, text)


@pytest.mark.parametrize(
    "sql",
    [
        "'now() and rand() or SELECT'",
        "`current_date`",
        "visit.current_date",
        "unix_timestamp(bon)",
        "now",
        "CASE bon WHEN 'today' THEN 1 END",
        "user",
        r"'it\'s now()'",
        "bon /* now() */",
    ],
)
def test_a_literal_or_a_column_of_such_a_name_is_no_function(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "corner.yaml"
    path.write_text(SOUND.replace("order_id: bon", f"order_id: {json.dumps(sql)}"))
    assert read_source(path).feeds["sales"].into["order_lines"].columns["order_id"] == sql


@pytest.mark.parametrize(
    ("format_name", "option"),
    [
        ("csv", "mode: DROPMALFORMED"),
        ("csv", "comment: '#'"),
        ("csv", "multiLine: 'true'"),
        ("csv", "lineSep: ';'"),
        ("csv", "samplingRatio: '0.1'"),
        ("csv", "maxColumns: '3'"),
        ("csv", "enforceSchema: 'true'"),
        ("csv", "pathGlobFilter: '*.gz'"),
        ("csv", "modifiedAfter: '2024-01-01T00:00:00'"),
        ("csv", "recursiveFileLookup: 'true'"),
        ("csv", "ignoreCorruptFiles: 'true'"),
        ("csv", "HEADER: 'false'"),
        ("json", "allowComments: 'true'"),
        ("json", "dropFieldIfAllNull: 'true'"),
        ("json", "primitivesAsString: 'false'"),
        ("json", "header: 'true'"),
        ("parquet", "mergeSchema: 'false'"),
        ("parquet", "ignoreMissingFiles: 'true'"),
    ],
)
def test_a_reader_option_that_could_lose_rows_is_refused_with_its_line(
    tmp_path: Path, format_name: str, option: str
) -> None:
    text = SOUND.replace("format: csv", f"format: {format_name}\n    options:\n      {option}")
    faults = _faults(tmp_path, text).splitlines()
    name = option.split(":")[0]
    allowed = ", ".join(ALLOWED[format_name])
    reason = "not allowed, since rows could be lost uncounted or read otherwise"
    assert faults == [f"line 8: feeds.sales.options.{name}: {reason} (allowed for {format_name}: {allowed})"]


@pytest.mark.parametrize(
    ("option", "fault"),
    [
        ("encoding: UTF-9", "no such encoding: UTF-9"),
        ("header: 'yes'", 'write "true" or "false", got \'yes\''),
    ],
)
def test_a_value_of_a_reader_option_is_checked(tmp_path: Path, option: str, fault: str) -> None:
    text = SOUND.replace("format: csv", f"format: csv\n    options: {{{option}}}")
    assert f"line 7: feeds.sales.options.{option.split(':')[0]}: {fault}" in _faults(tmp_path, text)


def test_a_delta_table_takes_no_reader_options(tmp_path: Path) -> None:
    text = SOUND.replace("files: sales/*.csv", "delta: /theirs").replace("format: csv", "options: {header: 'true'}")
    fault = "reader options are for files; a Delta table needs none"
    assert _faults(tmp_path, text) == f"line 6: feeds.sales.options.header: {fault}"


def test_a_share_for_a_feed_of_which_nothing_is_ever_held_back_is_refused(tmp_path: Path) -> None:
    actor, columns = "{kind: card, identifier: card_no}", "{event_time: ts, purpose: p, is_given: g}"
    consents = f"      consents:\n        actor: {actor}\n        columns: {columns}\n"
    begin, share = SOUND.split("      order_lines:")[0], "    format: csv\n    max_quarantined_share: 0.5"
    faults = _faults(tmp_path, (begin + consents).replace("    format: csv", share))
    assert faults.startswith("line 7: feeds.sales.max_quarantined_share: nothing of this feed is ever held back")
    path = tmp_path / "corner.yaml"
    path.write_text(SOUND.replace("    format: csv", share) + consents)
    assert read_source(path).feeds["sales"].max_quarantined_share == 0.5
