"""Pinned versions stay readable, and what others do to a table by hand takes effect; with Delta's own clock and retention."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from pyspark.errors import AnalysisException

import footfall
from footfall.contract import Written
from footfall.runtime.inputs import StepInputs
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from runtime.numbers_shared import NUMBERS, TOTAL, Killed, add_numbers, numbers_in, runner_of, sum_numbers

TABLE = NUMBERS.full_name
SUMS = replace(TOTAL, name="sums", written=Written.APPEND, rules=())


def sum_what_is_new() -> Step:
    """A computed table that is appended to, as daily_activity is: the sum of the numbers that are new."""

    def apply(frames: Frames) -> StepResult:
        return StepResult([Output(SUMS, frames[TABLE].selectExpr("coalesce(sum(n), 0) AS total"))])

    return Step("sum_new", (Read(TABLE, new=True, follows=True),), (SUMS.full_name,), apply)


def fresh(lake: Lake) -> Lake:
    """The lake as a new process has it, which remembers nothing."""
    return Lake(lake.spark, lake.root)


def run(lake: Lake, *steps: Step) -> list[str]:
    """Runs the steps in a new process; returns the lines."""
    lines: list[str] = []
    runner_of(fresh(lake), lines=lines).run(steps)
    return lines


def dead() -> Owner:
    """A process that has ended."""
    return replace(Owner.this_process(), token="dead", started="1")


def die(lake: Lake, monkeypatch: pytest.MonkeyPatch, *steps: Step) -> None:
    """Runs the steps in a process that is killed before it closes a batch."""
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            runner_of(fresh(lake), owner=dead()).run(steps)


def sql(lake: Lake, statement: str, table: str = TABLE) -> None:
    """Somebody's own statement about the table, which stands as {table} in it."""
    lake.spark.sql(statement.format(table=lake.name(table))).collect()


def let_retention_pass(lake: Lake, table: str = TABLE) -> None:
    """Ten days later: the table's retention is a second, and that is over."""
    sql(
        lake,
        "ALTER TABLE {table} SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 1 second')",
        table,
    )
    time.sleep(1.1)


def total(lake: Lake) -> list[int]:
    pin = StepInputs(lake, runner_of(fresh(lake)).books, None).pin_of("results.total")
    assert pin is not None
    return [row["total"] for row in lake.read_content("results.total", pin.version, pin.batch_id).collect()]


def test_others_lay_a_table_out_anew_or_delete_rows_and_it_is_read_ten_days_later(lake: Lake) -> None:
    run(lake, add_numbers(lake, 1, 2), sum_numbers())
    pinned = lake.version(TABLE)
    let_retention_pass(lake)
    sql(lake, "OPTIMIZE {table}")
    sql(lake, "VACUUM {table}")
    with pytest.raises(AnalysisException, match="BEYOND_DELETED_FILE_RETENTION"):
        _ = lake.read(TABLE, pinned).schema
    assert "nothing new" in run(lake, sum_numbers())[0]
    run(lake, replace(sum_numbers(), values={"day": 2}))
    assert total(lake) == [3]
    sql(lake, "DELETE FROM {table} WHERE n = 2")
    assert list(footfall.open(lake.root)[TABLE].to_pandas(["n"])["n"]) == [1]
    run(lake, replace(sum_numbers(), values={"day": 2}))
    assert total(lake) == [1]


def test_a_delete_by_hand_takes_effect_in_sums_that_are_only_added_to(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(lake, add_numbers(lake, 1, 2), sum_what_is_new())
    run(lake, add_numbers(lake, 4, version=2), sum_what_is_new())
    sums = SUMS.full_name
    assert sorted(row["total"] for row in lake.read(sums).collect()) == [3, 4]
    sql(lake, "DELETE FROM {table} WHERE n = 2")
    die(lake, monkeypatch, sum_what_is_new())
    run(lake, sum_what_is_new())
    assert [row["total"] for row in lake.read(sums).collect()] == [5]
    assert "nothing new" in run(lake, sum_what_is_new())[0]
    run(lake, add_numbers(lake, 8, version=3), sum_what_is_new())
    assert sorted(row["total"] for row in lake.read(sums).collect()) == [5, 8]


def test_rows_of_an_open_batch_are_not_seen_whoever_commits_above_them(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(lake, add_numbers(lake, 1, 2))
    die(lake, monkeypatch, add_numbers(lake, 4, version=2))
    sql(lake, "DELETE FROM {table} WHERE n = 2")
    let_retention_pass(lake)  # the closed version cannot be travelled to any more
    run(lake, sum_numbers())
    assert total(lake) == [1]
    table = footfall.open(lake.root)[TABLE]
    assert sorted(table.to_pandas(["n"])["n"]) == [1, 2]
    run(lake, add_numbers(lake, 4, version=2), sum_numbers())
    assert total(lake) == [5]


def test_a_killed_batch_goes_on_though_the_retention_of_its_own_table_is_over(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(lake, add_numbers(lake, 1, 2))
    let_retention_pass(lake)
    die(lake, monkeypatch, add_numbers(lake, 2, 4, version=2))
    time.sleep(1.1)
    assert "begins anew" not in run(lake, add_numbers(lake, 2, 4, version=2))[0]
    assert numbers_in(lake) == [1, 2, 4]


def test_a_killed_batch_of_another_day_is_undone_and_a_delete_by_hand_since_is_not(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(lake, add_numbers(lake, 1, 2))
    die(lake, monkeypatch, add_numbers(lake, 4, version=2))
    sql(lake, "DELETE FROM {table} WHERE n = 2")
    assert "begins anew" in run(lake, add_numbers(lake, 8, version=3))[0]
    assert numbers_in(lake) == [1, 8]


@pytest.mark.parametrize("is_vacuumed", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_replaced_table_is_undone_though_its_retention_is_over(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, *, is_vacuumed: bool
) -> None:
    run(lake, add_numbers(lake, 1, 2), sum_numbers())
    let_retention_pass(lake, "results.total")
    die(lake, monkeypatch, replace(sum_numbers(), values={"day": 2}))
    time.sleep(1.1)
    if is_vacuumed:
        sql(lake, "VACUUM {table}", "results.total")
    third_day = replace(sum_numbers(), values={"day": 3})

    def fail(*_: Any) -> StepResult:
        raise Killed

    with pytest.raises(Killed):
        runner_of(fresh(lake), owner=dead()).run([replace(third_day, apply=fail)])
    assert [row["total"] for row in lake.read("results.total").collect()] == ([] if is_vacuumed else [3])
    retention = lake.properties("results.total") or {}
    assert retention["delta.deletedFileRetentionDuration"] == "interval 1 second"
    run(lake, third_day)
    assert total(lake) == [3]


def test_a_killed_batch_whose_pinned_rows_are_gone_begins_anew(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    run(lake, add_numbers(lake, 1, 2), sum_numbers())

    def apply(frames: Frames) -> StepResult:
        return StepResult([Output(SUMS, frames["results.total"].select("total"))])

    step = Step("look", (Read("results.total"),), (SUMS.full_name,), apply)
    die(lake, monkeypatch, step)
    run(lake, add_numbers(lake, 4, version=2), sum_numbers())
    let_retention_pass(lake, "results.total")
    sql(lake, "VACUUM {table}", "results.total")
    lines = run(lake, step)
    assert "begins anew" in lines[0]
    assert [row["total"] for row in lake.read(SUMS.full_name).collect()] == [7]
