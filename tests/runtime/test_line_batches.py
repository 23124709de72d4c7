"""Lines that come again with other content, batch by batch: what replaces what, in one commit, also when a run is killed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from footfall.contract import Written
from footfall.runtime import landing, replacing
from footfall.steps import sorting
from footfall.steps.line_keys import LINE, Matching
from footfall.steps.step import FactRows, Frames, Output, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from runtime.numbers_shared import NOW, TOTAL, Killed, ledger_of, runner_of
from steps.lines_shared import BY_ITEM, LINES, SHAPE, FileOf, latest

TABLE = LINES.full_name
SUMS = replace(TOTAL, name="sums", written=Written.APPEND, rules=())
ASIDE = replace(BY_ITEM, aside=("f",))
FIRST: FileOf = {"1.csv": [("1", "B", 5), ("2", "B", 3)]}
SECOND: FileOf = {"2.csv": [("1", "B", 4), ("2", "B", 3), ("2", "C", 1)]}


def add_lines(lake: Lake, files: FileOf, how: Matching, *, version: int) -> Step:
    """A step of facts that adds lines; another `version` makes it run again."""

    def apply(_: Frames) -> StepResult:
        rows = [
            (order, None, item, price, "f", f, n, None, [], (n,), NOW)
            for f, lines in files.items()
            for n, (order, item, price) in enumerate(lines)
        ]
        frame = lake.spark.createDataFrame(rows, SHAPE).withColumn(LINE, how.line_keys[0].hashed())
        checked = sorting.check_rules(frame, sorting.without(LINES, ["line_number"]))
        conflicts = sorting.conflicting(checked, LINES) if how.aside else None
        aside = sorting.quarantined(checked, LINES)
        facts = checked.drop("_raw_row", "_unreadable")
        return StepResult(
            [FactRows(LINES, facts, {"f": []}, aside, matching=how, conflicts=conflicts, ranged_key="order_id")]
        )

    return Step("add_lines", (), (TABLE,), apply, values={"version": version})


def add_up() -> Step:
    """A computed table that is appended to, as daily_activity is: the sum of the lines that are new."""

    def apply(frames: Frames) -> StepResult:
        return StepResult([Output(SUMS, frames[TABLE].selectExpr("coalesce(sum(amount), 0) AS total"))])

    return Step("add_up", (Read(TABLE, new=True, follows=True),), (SUMS.full_name,), apply)


def run(lake: Lake, *steps: Step) -> None:
    """Runs the steps in a new process."""
    runner_of(Lake(lake.spark, lake.root)).run(steps)


def die(lake: Lake, monkeypatch: pytest.MonkeyPatch, *steps: Step) -> None:
    """Runs the steps in a process that is killed when it has written, and before it closes a batch."""
    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            runner_of(Lake(lake.spark, lake.root), owner=dead).run(steps)


def lines_in(lake: Lake) -> list[tuple[Any, ...]]:
    """Order, number, item, price and batch of each line."""
    columns = ("order_id", "line_number", "item_id", "amount", "batch_id")
    return sorted(tuple(row) for row in lake.read(TABLE).select(*columns).collect())


def counts_of(lake: Lake, batch: int) -> dict[str, int]:
    """What the ledger says of a batch of lines, less what is 0."""
    line = next(x for x in ledger_of(lake) if x["step"] == "add_lines" and x["batch_id"] == batch)
    return {key.removeprefix("rows_"): line[key] for key in line if key.startswith("rows_") and line[key]}


@pytest.mark.parametrize("most_shared", [landing.MOST_SHARED, 0])
def test_the_latest_replaces_a_line_in_the_commit_that_adds_others_and_sums_follow(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, most_shared: int
) -> None:
    monkeypatch.setattr(landing, "MOST_SHARED", most_shared)
    run(lake, add_lines(lake, FIRST, latest(), version=1), add_up())
    version = Lake(lake.spark, lake.root).version(TABLE)
    run(lake, add_lines(lake, SECOND, latest(), version=2), add_up())
    assert version is not None
    assert Lake(lake.spark, lake.root).version(TABLE) == version + 1
    assert lines_in(lake) == [("1", 1, "B", 4, 2), ("2", 1, "B", 3, 1), ("2", 2, "C", 1, 2)]
    assert counts_of(lake, 2) == {"read": 3, "valid": 1, "conflict": 1, "duplicate": 1}
    assert [row["total"] for row in lake.read(SUMS.full_name).collect()] == [8]
    pin = runner_of(lake).books.pin(TABLE)
    assert pin is not None
    assert pin.rows == 3


def test_the_first_is_kept_and_nothing_is_read_again(lake: Lake) -> None:
    run(lake, add_lines(lake, FIRST, BY_ITEM, version=1), add_up())
    run(lake, add_lines(lake, SECOND, BY_ITEM, version=2), add_up())
    assert lines_in(lake) == [("1", 1, "B", 5, 1), ("2", 1, "B", 3, 1), ("2", 2, "C", 1, 2)]
    assert counts_of(lake, 2) == {"read": 3, "valid": 1, "conflict": 1, "duplicate": 1}
    assert sorted(row["total"] for row in lake.read(SUMS.full_name).collect()) == [1, 8]


def test_a_conflict_is_set_aside_under_its_rule(lake: Lake) -> None:
    run(lake, add_lines(lake, FIRST, ASIDE, version=1))
    run(lake, add_lines(lake, SECOND, ASIDE, version=2))
    aside = lake.read("raw.quarantine").select("feed", "file", "position", "rules", "raw_row").collect()
    assert [tuple(row) for row in aside] == [("f", "2.csv", 0, ["line_conflict"], '{"n":0}')]
    assert counts_of(lake, 2) == {"read": 3, "valid": 1, "quarantined": 1, "duplicate": 1}
    line = next(x for x in ledger_of(lake) if x["batch_id"] == 2)
    assert line["broken_rules"] == {"line_conflict": 1}


@pytest.mark.parametrize("how", [BY_ITEM, latest(), ASIDE], ids=["first", "latest", "aside"])
def test_killed_before_the_batch_closes_and_started_again_the_tables_are_the_same(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, how: Matching
) -> None:
    run(lake, add_lines(lake, FIRST, how, version=1))
    second = add_lines(lake, SECOND, how, version=2)
    die(lake, monkeypatch, second)
    written = lines_in(lake)
    run(lake, second)
    kept = 4 if how.latest else 5
    assert lines_in(lake) == written
    assert written == [("1", 1, "B", kept, 2 if how.latest else 1), ("2", 1, "B", 3, 1), ("2", 2, "C", 1, 2)]
    if how.aside:
        assert lake.read("raw.quarantine").count() == 1
    assert counts_of(lake, 2) == {
        "read": 3, "valid": 1, "duplicate": 1, "quarantined" if how.aside else "conflict": 1,
    }  # fmt: skip


def test_a_replacement_that_is_undone_brings_the_old_line_back(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    run(lake, add_lines(lake, FIRST, latest(), version=1))
    die(lake, monkeypatch, add_lines(lake, SECOND, latest(), version=2))
    run(lake, add_lines(lake, {"3.csv": [("3", "A", 9)]}, latest(), version=3))
    assert [line[:4] for line in lines_in(lake)] == [("1", 1, "B", 5), ("2", 1, "B", 3), ("3", 1, "A", 9)]


def test_more_lines_than_a_condition_can_name_are_replaced_too(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "MOST_KEYS", 0)
    run(lake, add_lines(lake, FIRST, latest(), version=1), add_up())
    run(lake, add_lines(lake, SECOND, latest(), version=2), add_up())
    assert lines_in(lake) == [("1", 1, "B", 4, 2), ("2", 1, "B", 3, 1), ("2", 2, "C", 1, 2)]
    assert counts_of(lake, 2) == {"read": 3, "valid": 1, "conflict": 1, "duplicate": 1}
    assert [row["total"] for row in lake.read(SUMS.full_name).collect()] == [8]
    run(lake, add_lines(lake, {"3.csv": [("2", "C", 1)]}, latest(), version=3))
    assert counts_of(lake, 3) == {"read": 1, "duplicate": 1}
    pin = runner_of(lake).books.pin(TABLE)
    assert pin is not None
    assert pin.rows == 3
