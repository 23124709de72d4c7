"""What batches brought beside what was usual, and what fails of it: hand-made lines of the ledger, exact rows."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from footfall.contract import Column, Layer, Personal, Table
from footfall.quality.gate import failures, gate_report, standing
from footfall.quality.measured import (
    Measured,
    QualityLimits,
    Usual,
    baselines,
    days_of,
    measured_lines,
    stability_index,
)
from footfall.quality.measures import label_of, measures_by_feed, sampled
from footfall.tables import LEDGER, QUALITY

DAY = date(2024, 5, 31)
LIMITS = QualityLimits(0.02, 0.5, 3.0, 0.2, 0.25, least_broken=10)
CLICKS = {"step": "refine_events", "feed": "shop_clicks", "target": "refined.events"}


def _line(**values: Any) -> Row:
    counts = dict.fromkeys(["rows_skipped", "rows_waiting"], 0)
    empty = dict.fromkeys([c.name for c in LEDGER.all_columns])
    return Row(**(empty | CLICKS | counts | {"batch_id": 9} | values))


def _rows(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    usual = CLICKS | {"name": "", "strength": "warn", "baseline_batches": 0, "is_passed": True, "batch_id": 1}
    columns = [c.name for c in QUALITY.all_columns]
    return spark.createDataFrame(
        [tuple((usual | row).get(name) for name in columns) for row in rows], QUALITY.schema(*columns)
    )


def test_what_a_replay_took_out_of_quarantine_is_taken_off_the_day_on_which_it_was_counted() -> None:
    line = _line(batch_id=7, rows_read=1000, rows_valid=900, rows_skipped=60, rows_waiting=10,
                 broken_rules={"six": 30, "at_limit": 18, "few": 9}, warnings={"odd": 900})  # fmt: skip
    # 5 of this very day; 20 of a week ago; 30 of long ago, which count no more
    batches = {7: {"six": 5}, 5: {"six": 20, "at_limit": 1}, 1: {"six": 30}}
    replay = _line(batch_id=8, rows_read=60, rows_valid=50, rows_replayed=56, broken_rules={"new": 5, "six": 1},
                   replayed_batches=batches, sampled_rows=600, null_shares={"item_id": 0.9},
                   distributions={"quantity": {"1 to 2": 1.0}})  # fmt: skip
    days = {("refine_events", 7): DAY, ("refine_events", 8): DAY, ("refine_events", 5): DAY - timedelta(days=7)}
    rows = measured_lines([line, replay], day=DAY, usual={}, limits=LIMITS, days=days)
    assert [
        (r.of_batch, r.measure, r.name, r.strength, r.rows_checked, r.rows_broken, r.value, r.is_passed)
        for r in rows if r.day == DAY
    ] == [
        (7, "rows", "", "warn", 930, None, 900.0, True),
        (7, "rule", "at_limit", "error", 930, 18, None, True),
        (7, "rule", "few", "error", 930, 9, None, True),
        (7, "rule", "six", "error", 930, 30, None, False),
        (7, "rule", "odd", "warn", 930, 900, None, False),
        (8, "rows", "", "warn", 4, None, None, True),
        (8, "rule", "new", "error", 4, 5, None, True),
        (8, "rule", "six", "error", 4, -4, None, True),
    ]  # fmt: skip
    before = [(r.of_batch, r.day, r.name, r.rows_checked, r.rows_broken) for r in rows if r.day != DAY]
    week_ago = DAY - timedelta(days=7)
    assert before == [(8, week_ago, "at_limit", 0, -1), (8, week_ago, "six", 0, -20)]


def test_days_are_those_of_batches_whose_rows_still_count(spark: SparkSession) -> None:
    lines = [_line(batch_id=9, replayed_batches={8: {"six": 1}, 7: {"six": 1}, 6: {"six": 1}}), _line(batch_id=8)]
    rows = {"measure": "rows", "value": 1.0}
    backdated = {"measure": "rule", "of_batch": 7, "day": DAY}  # what a replay in batch 7 took off another day
    measured = _rows(
        spark,
        rows | {"of_batch": 7, "day": DAY - timedelta(days=27)},
        rows | {"of_batch": 6, "day": DAY - timedelta(days=28)},
        rows | {"of_batch": 5, "day": DAY},
        backdated,
    )
    own = {("refine_events", 9): DAY, ("refine_events", 8): DAY}
    assert days_of(measured, lines, DAY) == own | {("refine_events", 7): DAY - timedelta(days=27)}
    assert days_of(None, lines, DAY) == own


def test_the_baseline_is_the_same_weekday_of_four_weeks_or_the_last_four_batches(spark: SparkSession) -> None:
    """Of each feed the first batch, 60 days ago, is its past and counts never."""
    days_ago: dict[str, dict[int, float | None]] = {
        "two_of_the_weekday": {14: 3000.0, 7: 1000.0, 3: 99.0, 1: 99.0},
        "one_of_the_weekday": {30: 9.0, 7: 3000.0, 3: 1000.0, 2: 1000.0, 1: 1000.0},
        "five_weeks_ago": {35: 9.0, 28: 4000.0, 7: 2000.0},
        "a_replay": {2: None, 1: 8.0},
        "only_the_first": {},
        "no_news": {1: 8.0},
    }
    rows = [
        {"feed": feed, "of_batch": i, "day": DAY - timedelta(days=ago), "measure": "rows", "value": value, "rows_checked": 1}
        for feed, values in days_ago.items()
        for i, (ago, value) in enumerate({60: 90_000.0, **values}.items())
    ]  # fmt: skip
    small = {"measure": "nulls", "name": "item_id", "value": 0.5, "of_batch": 3, "day": DAY - timedelta(days=1)}
    enough = {
        "feed": "a_replay",
        "measure": "distribution",
        "name": "size",
        "day": DAY - timedelta(days=1),
        "rows_checked": 500,
    }
    halves = [
        enough | {"of_batch": 3, "distribution": {"1 to 2": 1.0}},
        enough | {"of_batch": 4, "distribution": {"1 to 2": 0.5, "2 to 4": 0.5}},
    ]
    measured = _rows(spark, *rows, small | {"feed": "a_replay", "rows_checked": 499}, *halves)
    usual = baselines(measured, sorted(days_ago.keys() - {"no_news"}), DAY)
    assert {(feed, measure): (u.value, u.batches, u.distribution) for (_, feed, measure, _), u in usual.items()} == {
        ("two_of_the_weekday", "rows"): (2000.0, 2, {}),
        ("one_of_the_weekday", "rows"): (1500.0, 4, {}),
        ("five_weeks_ago", "rows"): (3000.0, 2, {}),
        ("a_replay", "rows"): (8.0, 1, {}),
        ("a_replay", "distribution"): (None, 2, {"1 to 2": 0.75, "2 to 4": 0.25}),
    }


@pytest.mark.parametrize(
    ("rows", "before", "is_passed"),
    [
        (6000, 2000.0, True),
        (6001, 2000.0, False),
        (667, 2000.0, True),
        (666, 2000.0, False),
        (499, 10.0, True),
        (1, None, True),
    ],
)
def test_a_batch_has_three_times_the_usual_rows_at_most(rows: int, before: float | None, is_passed: bool) -> None:
    key = ("refined.events", "shop_clicks", "rows", "")
    usual = {} if before is None else {key: Usual(before, 4, {})}
    measured = measured_lines([_line(rows_read=rows, rows_valid=rows)], day=DAY, usual=usual, limits=LIMITS)
    assert [row.is_passed for row in measured] == [is_passed]


def test_nulls_and_distributions_drift() -> None:
    sizes = {"1 to 2": 0.5, "2 to 4": 0.495, "rare": 0.005}
    now = {"1 to 2": 0.9, "2 to 4": 0.09, "new": 0.01}
    line = _line(rows_read=500, rows_valid=500, sampled_rows=500, null_shares={"item_id": 0.5, "at_limit": 0.25},
                 distributions={"quantity": now})  # fmt: skip
    usual = {
        ("refined.events", "shop_clicks", measure, name): before
        for measure, name, before in [
            ("nulls", "item_id", Usual(0.2, 4, {})), ("nulls", "at_limit", Usual(0.05, 4, {})),
            ("distribution", "quantity", Usual(None, 4, sizes)),
        ]
    }  # fmt: skip
    rows = measured_lines([line], day=DAY, usual=usual, limits=LIMITS)
    # what had less than 1% before is one bin with what is new
    index = sum((p - q) * math.log(p / q) for p, q in [(0.9, 0.5), (0.09, 0.495), (0.01, 0.005)])
    assert {row.name: (row.drift, row.is_passed) for row in rows if row.measure != "rows"} == {
        "item_id": (0.3, False), "at_limit": (0.2, True), "quantity": (pytest.approx(index), False)
    }  # fmt: skip
    few = measured_lines([Row(**(line.asDict() | {"sampled_rows": 499}))], day=DAY, usual=usual, limits=LIMITS)
    assert all(row.drift is None and row.is_passed for row in few if row.measure != "rows")
    assert stability_index(sizes, sizes) == 0.0


def test_the_gate_goes_by_four_weeks_of_rows_so_that_a_replay_opens_it(spark: SparkSession) -> None:
    def rule(batch: int, ago: int, checked: int, broken: int, **more: Any) -> list[dict[str, Any]]:
        day = {"of_batch": batch, "day": DAY - timedelta(days=ago), "rows_checked": checked, **more}
        error = {"measure": "rule", "name": "six", "strength": "error", "rows_broken": broken}
        return [day | {"measure": "rows", "value": 1.0}, day | error]

    nulls = {
        "measure": "nulls",
        "name": "item_id",
        "value": 0.5,
        "baseline": 0.1,
        "is_passed": False,
        "of_batch": 2,
        "day": DAY,
    }
    items = {"target": "refined.items"}
    before = _rows(
        spark,
        *rule(1, 28, 1000, 900),
        *rule(2, 27, 1000, 25),
        nulls,
        *rule(1, 1, 9, 9, **items),
        *rule(2, 1, 1000, 900, **items),
    )
    still = standing(before, made_anew=["refined.items"], day=DAY)

    def report(*news: dict[str, Any]) -> str:
        usual = CLICKS | {"name": "", "strength": "warn"}
        rows = [Measured(**(usual | row)) for row in news]
        return gate_report(failures(still, rows, made_anew=["refined.items"], limits=LIMITS), LIMITS)

    null_lines = [
        "  refined.events           shop_clicks              item_id: 50.0% are NULL, where 10.0% are usual",
        "    Fix: see whether the source renamed the column or left it out",
    ]

    def rule_lines(target: str, share: str) -> list[str]:
        return [
            f"  {target:<24} shop_clicks              six: {share} are in quarantine, more than 2.0%",
            (
                "    Fix: look at them in raw.quarantine; put the source, the mapping or the rule right, then jobs/ingest.py "
                "--replay --rule six"
            ),
        ]

    of_events, of_items = (
        rule_lines("refined.events", "25 of 1,000 rows (2.5%)"),
        rule_lines("refined.items", "900 of 1,000 rows (90.0%)"),
    )
    assert report().split("\n") == ["the gate of quality: 3 failed", *null_lines, *of_events, *of_items]
    # a new batch with rows enough: its NULLs are as usual; and one of a table that is made anew
    good, remade = rule(3, 0, 250, 0), rule(3, 0, 1000, 20, **items)
    assert report(*good, *remade) == ""
    more = rule_lines("refined.events", "51 of 2,000 rows (2.5%)")
    assert report(*rule(3, 0, 1000, 26), *remade).split("\n") == ["the gate of quality: 1 failed", *more]
    # a replay took out 25 and put 5 back; it says nothing of the NULLs of what the feed brings
    replayed = [row | {"value": None} for row in rule(3, 0, 0, -20)]
    assert report(*replayed, *remade).split("\n") == ["the gate of quality: 1 failed", *null_lines]
    still = standing(_rows(spark, *rule(2, 1, 1000, 25), nulls, *replayed), made_anew=[], day=DAY)
    assert report().split("\n") == ["the gate of quality: 1 failed", *null_lines]
    # one of rows of long ago hides none of those that broke since
    long_ago = {"of_batch": 3, "day": DAY - timedelta(days=28), "measure": "rule", "name": "six", "strength": "error",
                "rows_checked": 0, "rows_broken": -900}  # fmt: skip
    still = standing(_rows(spark, *rule(2, 1, 1000, 25), long_ago), made_anew=[], day=DAY)
    assert report().split("\n") == ["the gate of quality: 1 failed", *of_events]


THINGS = Table(
    "things", Layer.REFINED, 1, "", (
        Column("id", "string", ""), Column("size", "decimal(18,4)", ""), Column("kind", "string", "", required=True),
        Column("name", "string", "", personal=Personal.FREE_TEXT), Column("at", "timestamp", ""),
    ), key=("id",),
)  # fmt: skip


def test_a_sample_of_what_lands_is_measured_and_holds_no_personal_value(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("a", 1, "1", 3.0, "x", "gus", True), ("a", 2, "2", None, "x", None, True), ("a", 3, "3", 3.5, "y", "hal", False),
         ("b", 1, "4", None, "y", None, True)],
        "_feed string, _position long, id string, size double, kind string, name string, _lands boolean",
    ).selectExpr("*", "'f' AS _file", "CAST(NULL AS TIMESTAMP) AS at")  # fmt: skip
    sample = rows.withColumn("size", rows["size"].cast("decimal(18,4)")).agg(sampled(THINGS)).collect()[0][0]
    assert "gus" not in str(sample)
    measures = measures_by_feed(sample, THINGS)
    assert {feed: m.as_line() for feed, m in measures.items()} == {
        "a": {
            "sampled_rows": 2,
            "null_shares": {"size": 0.5, "name": 0.5, "at": 1.0},
            "distributions": {"id": {"1": 0.5, "2": 0.5}, "size": {"2 to 4": 1.0}, "kind": {"x": 1.0}},
        },
        "b": {
            "sampled_rows": 1,
            "null_shares": {"size": 1.0, "name": 1.0, "at": 1.0},
            "distributions": {"id": {"4": 1.0}, "kind": {"y": 1.0}},
        },
    }


def test_labels_of_numbers_are_powers_of_2() -> None:
    values = [0, 0.75, 1, 8, 15.99, 16, -3, True, "web", 2**53 - 1, 2.0**1023, -1.7e308, 5e-324]
    assert list(map(label_of, values)) == [
        "0", "0.5 to 1", "1 to 2", "8 to 16", "8 to 16", "16 to 32", "-4 to -2", "True", "web",
        "4.5036e+15 to 9.0072e+15", "8.98847e+307 to inf", "-inf to -8.98847e+307", "4.94066e-324 to 9.88131e-324",
    ]  # fmt: skip
