"""What batches brought beside what was usual, and what fails of it: hand-made lines of the ledger, exact rows."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from footfall.quality.gate import QualityLimits, failures, gate_report, quality
from footfall.quality.measures import label_of
from footfall.tables import LEDGER, QUALITY

DAY = date(2024, 5, 31)
LIMITS = QualityLimits(0.02, 0.5, 3.0, 0.2, 0.25, least_broken=10)


def _ledger(spark: SparkSession, *lines: dict[str, Any]) -> DataFrame:
    zero = dict.fromkeys(
        [f"rows_{n}" for n in ("valid", "quarantined", "duplicate", "conflict", "skipped", "waiting", "late")], 0
    )
    usual = {"step": "refine_events", "feed": "shop_clicks", "target": "refined.events", **zero}
    columns = [c.name for c in LEDGER.all_columns]
    rows = [tuple((usual | line).get(name) for name in columns) for line in lines]
    return spark.createDataFrame(rows, LEDGER.schema(*columns))


def _before(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    usual = {"step": "refine_events", "target": "refined.events", "feed": "shop_clicks", "name": "", "strength": "warn",
             "baseline_batches": 0, "is_passed": True, "batch_id": 1}  # fmt: skip
    columns = [c.name for c in QUALITY.all_columns]
    return spark.createDataFrame(
        [tuple((usual | row).get(name) for name in columns) for row in rows], QUALITY.schema(*columns)
    )


def _history(measure: str, name: str, days_ago: dict[int, Any], **more: Any) -> list[dict[str, Any]]:
    """Batches 2, 3 ... so many days ago, the oldest first."""
    column = "distribution" if measure == "distribution" else "value"
    return [
        {"of_batch": i, "day": DAY - timedelta(days=ago), "measure": measure, "name": name, column: value, **more}
        for i, (ago, value) in enumerate(days_ago.items(), start=2)
    ]


FIRST = {"of_batch": 1, "day": DAY - timedelta(days=60), "measure": "rows", "value": 90_000.0, "rows_checked": 90_000}


def test_a_batch_is_measured_once_by_rule_and_strength_and_a_replay_counts_against_what_it_took_out(
    spark: SparkSession,
) -> None:
    line = {"batch_id": 7, "rows_read": 1000, "rows_valid": 900, "rows_quarantined": 30, "rows_skipped": 60, "rows_waiting": 10,
            "broken_rules": {"six": 30, "at_limit": 18}, "warnings": {"odd": 900}}  # fmt: skip
    replay = {"batch_id": 8, "rows_read": 25, "rows_valid": 20, "rows_quarantined": 5, "rows_replayed": 25,
              "broken_rules": {"new": 5}, "replayed_rules": {"six": 25}}  # fmt: skip
    measured_before = line | {"batch_id": 6}
    before = _before(spark, FIRST | {"of_batch": 6})
    news = quality(_ledger(spark, measured_before, line, replay), before=before, day=DAY, limits=LIMITS)
    columns = ("of_batch", "measure", "name", "strength", "rows_checked", "rows_broken", "value", "is_passed")
    assert sorted(tuple(row) for row in news.select(*columns).collect()) == [
        (7, "rows", "", "warn", 930, None, 900.0, True),
        (7, "rule", "at_limit", "error", 930, 18, None, True),
        (7, "rule", "odd", "warn", 930, 900, None, False),
        (7, "rule", "six", "error", 930, 30, None, False),
        (8, "rows", "", "warn", 0, None, None, True),
        (8, "rule", "new", "error", 0, 5, None, True),
        (8, "rule", "six", "error", 0, -25, None, True),
    ]


@pytest.mark.parametrize(
    ("days_ago", "rows", "baseline", "is_passed"),
    [
        ({14: 3000.0, 7: 1000.0, 3: 99.0, 1: 99.0}, 6000, 2000.0, True),  # two of the same weekday, at the limit
        ({14: 3000.0, 7: 1000.0}, 6001, 2000.0, False),
        ({14: 3000.0, 7: 1000.0}, 666, 2000.0, False),
        (
            {30: 9.0, 7: 3000.0, 3: 1000.0, 2: 1000.0, 1: 1000.0},
            4500,
            1500.0,
            True,
        ),  # one of the weekday: the last four
        ({35: 4000.0, 28: 4000.0, 7: 2000.0}, 3000, 3000.0, True),  # of five weeks ago no more
        ({7: 10.0, 14: 10.0}, 499, 10.0, True),  # so few rows decide nothing
        ({}, 1, None, True),  # only the first batch is there, which is a feed's past
    ],
)
def test_rows_are_held_against_the_same_weekday_or_the_last_batches(
    spark: SparkSession, days_ago: dict[int, float], rows: int, baseline: float | None, is_passed: bool
) -> None:
    before = _before(spark, FIRST, *_history("rows", "", days_ago))
    line = {"batch_id": 9, "rows_read": rows, "rows_valid": rows}
    news = quality(_ledger(spark, line), before=before, day=DAY, limits=LIMITS)
    assert [tuple(row) for row in news.select("baseline", "is_passed").collect()] == [(baseline, is_passed)]


def test_nulls_and_distributions_drift(spark: SparkSession) -> None:
    sizes = {"1 to 2": 0.5, "2 to 4": 0.495, "rare": 0.005}
    before = _before(
        spark,
        FIRST,
        *_history("nulls", "item_id", {2: 0.1, 1: 0.3}, rows_checked=500),
        *_history("distribution", "quantity", {2: sizes, 1: sizes}, rows_checked=500),
        *_history("distribution", "few", {2: sizes, 1: sizes}, rows_checked=499),
    )
    line = {"batch_id": 9, "rows_read": 500, "rows_valid": 500, "sampled_rows": 500, "null_shares": {"item_id": 0.5},
            "distributions": {"quantity": {"1 to 2": 0.9, "2 to 4": 0.09, "new": 0.01}, "few": {"new": 1.0}}}  # fmt: skip
    news = quality(_ledger(spark, line), before=before, day=DAY, limits=LIMITS).where(
        "measure IN ('nulls', 'distribution')"
    )
    # what had less than 1% of the baseline is one bin with what is new
    pairs = [(0.9, 0.5), (0.09, 0.495), (0.01, 0.005)]
    index = sum((p - q) * math.log(p / q) for p, q in pairs)
    rows = {row["name"]: (row["drift"], row["is_passed"]) for row in news.collect()}
    assert rows == {
        "item_id": (pytest.approx(0.3), False),
        "quantity": (pytest.approx(index), False),
        "few": (None, True),
    }
    assert index > LIMITS.max_drift


def test_the_gate_goes_by_four_weeks_of_rows_so_that_a_replay_opens_it(spark: SparkSession) -> None:
    def rule(batch: int, ago: int, checked: int, broken: int, **more: Any) -> list[dict[str, Any]]:
        day = {"of_batch": batch, "day": DAY - timedelta(days=ago), "rows_checked": checked, **more}
        error = {"measure": "rule", "name": "six", "strength": "error", "rows_broken": broken, "limit": 0.02}
        return [day | {"measure": "rows", "value": 1.0}, day | error]

    def words(*rows: dict[str, Any]) -> str:
        measured = _before(spark, *rows)
        return gate_report(failures(measured, made_anew=["refined.items"], day=DAY, limits=LIMITS).collect())

    old, week, today = rule(1, 28, 1000, 900), rule(2, 7, 1000, 25), rule(3, 0, 1000, 20)
    assert words(*old, *week, *today) == (
        "the gate of quality: 1 measures fail\n"
        "  refined.events           shop_clicks                  six: 45 of 2,000 rows (2.2%) are in quarantine, more than 2.0%\n"
        "    Fix: look at them in raw.quarantine; put the source, the mapping or the rule right, then jobs/ingest.py --replay "
        "--rule six"
    )
    assert words(*old, *week, *today, *rule(4, 0, 0, -25)) == ""
    # a table that is made anew: only its last batch counts
    items = {"target": "refined.items"}
    assert words(*rule(2, 7, 1000, 900, **items), *rule(3, 0, 1000, 20, **items)) == ""
    # the last batch broke no rule, and a column drifts
    drift = {
        "of_batch": 3,
        "day": DAY,
        "measure": "nulls",
        "name": "item_id",
        "value": 0.5,
        "baseline": 0.1,
        "limit": 0.2,
    }
    last = {"of_batch": 3, "day": DAY, "measure": "rows", "value": 1.0}
    assert "item_id: 50.0% are NULL, where 10.0% are usual" in words(last, drift | {"is_passed": False})
    assert words(last | {"of_batch": 4}, drift | {"is_passed": False}) == ""


def test_labels_of_numbers_are_powers_of_2() -> None:
    values = [0, 0.75, 1, 8, 15.99, 16, -3, True, "web"]
    assert list(map(label_of, values)) == [
        "0", "0.5 to 1", "1 to 2", "8 to 16", "8 to 16", "16 to 32", "-4 to -2", "True", "web"
    ]  # fmt: skip
