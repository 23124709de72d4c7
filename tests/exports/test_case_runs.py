"""The runner says nothing of a case that comes out as expected, and names everything that does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

from exports.cases import Case, differences

MAPPING = """\
source: corner
about: invented
feeds:
  till:
    files: till/*.csv
    format: csv
    types: {pieces: INT}
    known: {delay: 0 hours}
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        skipped: [{when: card IS NULL, reason: without_card}]
        columns: {order_id: bon, line_number: pos, event_time: sold_at, item_id: sku, quantity: pieces, amount: paid}
      items:
        columns: {item_id: sku, item_name: name}
"""
SHOP = """\
time_zone: Europe/London
currency: GBP
first_day: 2020-01-01
as_of: 2024-06-01
taken_at: 2024-06-01T00:00:00Z
shows: invented
"""
HEADER = "bon,pos,sold_at,card,sku,pieces,paid,name\n"
DAY_1 = "1,1,2024-05-03 08:12:00,K-1,A,2,4.00,Tea\n1,2,2024-05-03 08:12:00,K-1,B,1,5.00,Oats\n"
DAY_1 += "2,1,2024-05-03 08:13:00,K-2,A,two,4.00,Tea\n"
DAY_2 = "3,1,2024-05-04 08:12:00.5,K-2,A,1,2.00,Tea\n4,1,2024-05-04 08:13:00,,A,1,2.00,Tea\n"
EXPECTED = """\
tables_after_run_1:
  order_lines: [{order_id: "1", item_id: B}, {order_id: "1", item_id: A}]
tables:
  order_lines:
    - {order_id: "3", actor: K-2, event_time: "2024-05-04 07:12:00.5", event_date: "2024-05-04", amount: "2.0000"}
    - {order_id: "1", actor: K-1, event_time: "2024-05-03 07:12:00", line_number: 1, quantity: "2.000", amount: "4.0000"}
    - {order_id: "1", actor: K-1, event_time: "2024-05-03 07:12:00", line_number: 2, quantity: "1.000"}
current:
  items: [{item_id: A, item_name: Tea, valid_to: null}, {item_id: B, item_name: Oats}]
actors: [K-1, K-2]
order_totals: {"1": "9.0000", "3": "2.0000"}
line_numbers: no gap
files: [till/1.csv, till/2.csv]
readers_agree: [order_lines, items]
raw:
  readers: [spark, delta-rs, duckdb, polars]
  corner_till:
    - ["1", "1", "2024-05-03 08:12:00", K-1, A, "2", "4.00", Tea]
    - ["1", "2", "2024-05-03 08:12:00", K-1, B, "1", "5.00", Oats]
    - ["2", "1", "2024-05-03 08:13:00", K-2, A, two, "4.00", Tea]
    - ["3", "1", "2024-05-04 08:12:00.5", K-2, A, "1", "2.00", Tea]
    - ["4", "1", "2024-05-04 08:13:00", null, A, "1", "2.00", Tea]
raw_column: {table: corner_till, column: pieces, type: string, contains: [two]}
nowhere_outside_raw_and_vault: [K-1, K-2]
nowhere_in_delta_logs_outside_raw_and_vault: [K-1]
quarantine:
  - {run: 1, feed: till, target: order_lines, position: 2, rules: [pieces_unreadable], raw_row_contains: two}
  - {feed: till, target: items, position: 2, rules: [pieces_unreadable]}
counts:
  - {run: 1, feed: till, target: order_lines, read: 3, valid: 2, quarantined: 1, broken: {pieces_unreadable: 1}}
  - {run: 2, feed: till, target: order_lines, read: 2, valid: 1, skipped: 1, skipped_reasons: {without_card: 1}}
check: [corner_till, pieces_unreadable]
"""
WRONG = """\
tables:
  order_lines: [{order_id: "1", item_id: A, amount: "4.0001"}, {order_id: "1", item_id: B, amount: "5.0000"}]
  loyalty_points: []
  items: [{item_id: A, colour: red}, {item_id: B}]
actors: [K-1, K-3]
order_totals: {"1": "9.0001"}
files: [till/3.csv]
raw_column: {table: corner_till, column: pieces, type: int, contains: []}
raw: {readers: [polars], corner_till: []}
nowhere_outside_raw_and_vault: [Oats]
features: [{actor: K-1, no_such_feature: 1}]
source_changes: [{run: 1, feed: till, inserted: 1}]
quarantine: [{feed: till, target: items, position: 2, rules: [pieces_unreadable]}]
counts: [{feed: till, target: order_lines, read: 5, valid: 9, waiting: 1}]
refused: [{run: 1, feed: till, words: ["seconds or milliseconds?"]}]
check: [ieces_unreadable]
colour: red
"""


def case_in(folder: Path, expected: str, *days: str) -> Case:
    """A case whose runs find these rows."""
    for run, rows in enumerate(days, 1):
        raw = folder / ("raw" if run == 1 else f"raw_{run}") / "till"
        raw.mkdir(parents=True)
        (raw / f"{run}.csv").write_text(HEADER + rows)
    (folder / "mapping.yaml").write_text(MAPPING)
    parts: list[dict[str, Any]] = [yaml.safe_load(text) for text in (MAPPING, SHOP, expected)]
    return Case(folder, *parts)


@pytest.fixture(scope="module")
def lines_by_case(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is said where all is as expected, and, of the same lake, where nearly everything is expected otherwise."""
    folder = tmp_path_factory.mktemp("exports")
    (folder / "work").mkdir()
    right = case_in(folder / "case", EXPECTED, DAY_1, DAY_2)
    wrong = replace(right, expected=yaml.safe_load(WRONG))
    return {name: differences(case, spark, folder / "work") for name, case in {"right": right, "wrong": wrong}.items()}


def test_nothing_is_said_of_a_case_that_comes_out_as_expected(lines_by_case: dict[str, list[str]]) -> None:
    assert lines_by_case["right"] == []


@pytest.mark.parametrize(
    "line",
    [
        "colour: no such key of expected.yaml",
        "--check does not say: ieces_unreadable",
        "run 1 does not say of feed till: seconds or milliseconds?",
        "refined.order_lines: order_id 1, item_id A: amount is 4.0000, expected 4.0001",
        "refined.loyalty_points does not exist yet",
        "refined.items has no column colour",
        "quarantine: too many: till into order_lines, position 2: pieces_unreadable, quantity_required",
        "counts of till into order_lines: valid 3, expected 9",
        "counts of till into order_lines: quarantined 1, expected 0",
        "counts of till into order_lines: waiting 0, expected 1",
        "actors: not in the vault: K-3",
        "actors: in the vault and no customer: K-2",
        "order_totals: order 1 comes to 9.0000, expected 9.0001",
        "files: till/3.csv is not in books.files (till/1.csv, till/2.csv)",
        "raw.corner_till.pieces is string, expected int",
        "features cannot be compared yet: user_features has no no_such_feature",
    ],
)
def test_what_differs_is_named(lines_by_case: dict[str, list[str]], line: str) -> None:
    assert line in lines_by_case["wrong"]


def test_where_bytes_stand_and_what_a_reader_reads_is_named_with_the_file_and_the_rows(
    lines_by_case: dict[str, list[str]],
) -> None:
    beginnings = (
        "Oats stands in books/",  # labels of quality, before refined/items
        "raw.corner_till: polars reads [('1', '1', ",
        "source_changes of till in run 1: [({}, None)",
    )
    assert [sum(line.startswith(words) for line in lines_by_case["wrong"]) for words in beginnings] == [1, 1, 1]
