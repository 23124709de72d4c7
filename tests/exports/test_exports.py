"""Exports of shops come out as expected; the cases outside PASSING are not yet right, and nothing is asserted of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from exports.cases import FOLDER, KEYS, case_names, differences, read_case

PASSING: tuple[str, ...] = (
    "a01a_zones_in_text",
    "a01b_summer_time",
    "a01c_bare_number",
    "a02a_order_in_pieces",
    "a02b_equal_lines",
    "a02c_conflicts",
    "a03a_unmapped_columns",
    "a03b_identifier_in_other_dress",
    "a04_objects_on_one_line",
    "a05a_dumps_with_a_day",
    "a05b_dumps_by_arrival",
    "a06a_words_for_nobody",
    "a06b_own_words_for_nobody",
    "a07a_impossible_times",
    "a07b_open_ends_and_old_dates",
    "a08a_cancellations_as_orders",
    "a08b_refunds_by_status",
    "a08c_negative_lines_within_an_order",
    "a09a_int96_clocks",
    "a09b_delta_clocks",
    "a10_casts_that_round",
    "a11a_csv_quotes",
    "a11b_csv_broken_rows",
    "a12a_changed_file_of_equal_size",
    "a12b_empty_beside_full",
    "b13_column_names",
    "b14_nested_json_changes_shape",
    "b15_delta_table_that_changes",
    "b16_half_files",
    "b17a_pandas_parquet",
    "b17b_encodings",
    "b17c_statement",
    "b17d_names_and_stars",
    "b18_expressions_that_fail",
    "b19_currencies",
    "c20_lines_within_documents",
    "c21_orders_items_customers",
    "e02_mobile_payment_bill",
    "e03_wallet_statement",
    "e04_behaviour_log",
    "e05_analytics_nested_json",
    "e06_till_dump",
    "e08_review_export",
    "e09_app_events_from_a_stream",
)
# One of each kind runs with every test run, since each takes half a minute; `python -m exports` runs all of them.
OF_EACH_KIND = [
    "a01a",
    "a01b",
    "a02a",
    "a02c",
    "a03a",
    "a03b",
    "a04",
    "a05a",
    "a06a",
    "a07a",
    "a08b",
    "a09b",
    "a10",
    "a11b",
    "a12a",
    "b13",
    "b14",
    "b15",
    "b16",
    "b17a",
    "b17c",
    "b18",
    "b19",
    "c20",
    "c21",
]
IN_EVERY_RUN = tuple(name for name in PASSING if name.partition("_")[0] in OF_EACH_KIND)


@pytest.mark.parametrize("name", IN_EVERY_RUN)
def test_an_export_comes_out_as_expected(spark: SparkSession, tmp_path: Path, name: str) -> None:
    assert differences(read_case(name), spark, tmp_path) == []


@pytest.mark.parametrize("name", case_names())
def test_a_case_has_its_files_and_says_nothing_that_the_runner_does_not_know(name: str) -> None:
    case = read_case(name)
    assert {"time_zone", "currency", "first_day", "as_of", "taken_at", "shows"} <= case.shop.keys()
    assert {"quarantine", "counts", "check"} <= case.expected.keys() <= KEYS
    assert (FOLDER / name / "make.py").is_file() if case.is_made else (FOLDER / name / "raw").is_dir()
    assert {"source", "about", "feeds"} == case.mapping.keys()


def test_the_page_lists_every_case() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in page.partition("## The cases")[2].splitlines() if line.startswith("| `")]
    assert listed == case_names()
