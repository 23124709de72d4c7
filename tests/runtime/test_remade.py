"""A table that is made anew in each batch sets a raw row aside once, and the ledger balances in every batch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from footfall.contract import Written
from footfall.steps import sorting
from footfall.steps.step import FactRows, Frames, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import QUARANTINE
from runtime.numbers_shared import NUMBERS, Killed, fact_rows, ledger_of, runner_of

REMADE = replace(NUMBERS, name="remade", written=Written.REPLACE)


def _remake(lake: Lake, *numbers: int) -> Step:
    """A step that makes the table of all these numbers; those from 100 on break a rule."""

    def apply(_: Frames) -> StepResult:
        rows = sorting.check_rules(fact_rows(lake, *numbers), REMADE)
        return StepResult([FactRows(REMADE, rows, {"feed": []}, sorting.quarantined(rows, REMADE))])

    return Step("remake", (), (REMADE.full_name,), apply, values={"numbers": numbers})


def _aside(lake: Lake) -> list[tuple[int, int]]:
    """Position and batch of the rows set aside."""
    rows = lake.read(QUARANTINE.full_name).orderBy("position").collect()
    return [(row["position"], row["batch_id"]) for row in rows]


def _counts(lake: Lake) -> list[tuple[int, ...]]:
    keys = ("rows_read", "rows_valid", "rows_quarantined")
    return [tuple(line[key] for key in keys) for line in ledger_of(lake)]


def test_a_row_that_was_set_aside_is_not_set_aside_again_and_still_counts(lake: Lake) -> None:
    runner_of(lake).run([_remake(lake, 1, 500)])
    runner_of(lake).run([_remake(lake, 1, 500, 700)])
    assert _aside(lake) == [(1, 1), (2, 2)]
    assert _counts(lake) == [(2, 1, 1), (3, 1, 2)]
    assert [line["broken_rules"] for line in ledger_of(lake)] == [{"small": 1}, {"small": 2}]


def test_rows_are_set_aside_without_reading_the_quarantine_in_the_same_commit(lake: Lake) -> None:
    """Steps run side by side: Delta lets a commit through beside another's only where it read nothing of the table."""
    runner_of(lake).run([_remake(lake, 1, 500)])
    runner_of(lake).run([_remake(lake, 1, 500, 700)])
    commits = lake.versions.history(QUARANTINE.full_name)
    assert [row["isBlindAppend"] for row in commits if row["operation"] == "WRITE"] == [True, True]


def test_after_a_kill_each_row_is_aside_once_and_many_are_counted_by_rule_too(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "MOST_PLACES", 2)
    runner_of(lake).run([_remake(lake, 1, 500)])
    killed = runner_of(lake, owner=replace(Owner.this_process(), token="dead", started="1"))
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            killed.run([_remake(lake, 1, 500, 700)])
    runner_of(lake).run([_remake(lake, 1, 500, 700)])
    assert _aside(lake) == [(1, 1), (2, 2)]
    assert _counts(lake) == [(2, 1, 1), (3, 1, 2)]
    assert [line["broken_rules"] for line in ledger_of(lake)] == [{"small": 1}, {"small": 2}]
