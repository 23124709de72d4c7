"""The comparisons by which a case is judged: rows in any order, times as far as written, counts, bytes of a lake."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from exports.bookkeeping import count_differences, quarantine_differences
from exports.rows import Row, matched_differences
from exports.traces import trace_differences


def test_rows_are_paired_in_any_order_even_where_one_fits_two() -> None:
    expected: list[Row] = [{"item_id": "A"}, {"item_id": "A", "amount": "2.0000"}]
    actual: list[Row] = [{"item_id": "A", "amount": Decimal("2.0000")}, {"item_id": "A", "amount": Decimal("3.0000")}]
    assert list(matched_differences(expected, actual)) == []


def test_a_row_that_differs_in_few_columns_is_told_by_them_and_others_are_missing_or_too_many() -> None:
    expected: list[Row] = [
        {"actor": "K-1", "item_id": "A", "amount": "2.0000"},
        {"actor": "K-2", "item_id": "B", "amount": None},
    ]
    actual: list[Row] = [
        {"actor": "K-1", "item_id": "A", "amount": Decimal("2.0001")},
        {"actor": "K-3", "item_id": "C", "amount": None},
    ]
    assert list(matched_differences(expected, actual)) == [
        "actor K-1, item_id A: amount is 2.0001, expected 2.0000",
        "missing: actor K-2, item_id B, amount None",
        "too many: actor K-3, item_id C, amount None",
    ]


def test_a_time_counts_as_far_as_it_is_written() -> None:
    actual = [{"event_time": "2024-05-03 07:12:00.123456"}]
    for written in ("2024-05-03 07:12:00", "2024-05-03 07:12:00.123", "2024-05-03 07:12:00.123456"):
        assert list(matched_differences([{"event_time": written}], actual)) == []
    for other in ("2024-05-03 07:12:01", "2024-05-03 07:12:00.124", "2024-05-03"):
        assert list(matched_differences([{"event_time": other}], actual)) != []


def test_no_map_is_an_empty_map_and_nothing_else_is_null() -> None:
    assert list(matched_differences([{"properties": {}}], [{"properties": None}])) == []
    assert list(matched_differences([{"properties": {}}], [{"properties": {"page": "/a"}}])) != []
    assert list(matched_differences([{"item_id": None}], [{"item_id": "None"}])) != []


LINE = {"feed": "shop_till", "target": "refined.order_lines", "rows_read": 3, "rows_valid": 2, "rows_quarantined": 1}
LINE |= {"rows_duplicate": 0, "rows_skipped": 0, "skipped_reasons": None, "broken_rules": {"a": 1, "b": 1}, "run": 1}


def test_counts_are_those_of_the_ledger_and_what_it_cannot_count_is_a_difference() -> None:
    till = {"feed": "till", "target": "order_lines", "read": 3, "valid": 2}
    assert list(count_differences([{**till, "quarantined": 1, "broken": {"a": 1}}], [LINE], source="shop")) == []
    assert list(count_differences([till, {**till, "run": 2}], [LINE], source="shop")) == [
        "counts of till into order_lines: quarantined 1, expected 0",
        "counts of till into order_lines in run 2: the ledger has no such line",
    ]
    conflict = {"feed": "till", "target": "order_lines", "conflict": 2, "warnings": {"c": 1}}
    assert list(count_differences([conflict], [LINE], source="shop")) == [
        "counts of till into order_lines: the ledger has no rows_conflict yet",
        "counts of till into order_lines: the ledger has no warnings yet (c 1 expected)",
    ]


def test_rows_set_aside_are_those_expected_by_place_rules_and_text() -> None:
    entry = {
        "feed": "shop_till",
        "target": "order_lines",
        "position": 4,
        "rules": ["a", "b"],
        "raw_row": '{"x": "P-5"}',
    }
    wanted = {"feed": "till", "target": "order_lines", "rules": ["b"], "raw_row_contains": "P-5"}
    assert list(quarantine_differences([wanted], [entry], source="shop")) == []
    assert list(quarantine_differences([{**wanted, "rules": ["c"]}], [entry], source="shop")) == [
        "quarantine: missing: till into order_lines, the row with P-5: c",
        "quarantine: too many: till into order_lines, position 4: a, b",
    ]


def test_bytes_are_looked_for_in_names_logs_and_compressed_values_outside_raw_and_the_vault(tmp_path: Path) -> None:
    for folder in ("raw/till", "refined/pseudonyms", "refined/events/_delta_log"):
        (tmp_path / folder).mkdir(parents=True)
    row = {"properties": [("mail", "ada@example.org")], "actor_id": "f000123e"}
    rows = pa.Table.from_pylist([row], pa.schema({"properties": pa.map_("string", "string"), "actor_id": "string"}))
    for folder in ("raw/till", "refined/pseudonyms", "refined/events"):
        pq.write_table(rows, tmp_path / folder / "a.parquet", compression="zstd")
    (tmp_path / "refined/events/_delta_log/0.json").write_text(json.dumps({"stats": {"min": "K-1"}}))
    words = ["ada@example.org", "K-1", "000123", "ben@example.org"]
    assert list(trace_differences(tmp_path, words)) == [
        "ada@example.org stands in refined/events/a.parquet",
        "K-1 stands in refined/events/_delta_log/0.json",
    ]
    assert list(trace_differences(tmp_path, words, logs_only=True)) == [
        "K-1 stands in refined/events/_delta_log/0.json"
    ]
