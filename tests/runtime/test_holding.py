"""A delivery that is too broken is held back however many good ones wait beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyspark.sql import functions as F

from footfall.contract import Rule
from footfall.errors import HeldBack
from footfall.steps import sorting
from footfall.steps.deliveries import with_new
from footfall.steps.holding import Limit
from footfall.steps.step import FactRows, Frames, Read, Step, StepResult
from footfall.storage.lake import Lake
from runtime.numbers_shared import NUMBERS, add_numbers, runner_of

COPIES = replace(NUMBERS, name="copies", rules=(Rule("below_ten", "n < 10"),))


def _copy(frames: Frames) -> StepResult:
    """Each batch of numbers as a delivery of a day of its own."""
    place = ("'feed' AS _feed", "'f' AS _file", "CAST(n AS BIGINT) AS _position", "struct(n) AS _raw_row")
    outcome = ("CAST(NULL AS STRING) AS _skipped", "CAST(array() AS ARRAY<STRING>) AS _unreadable")
    taken = F.expr("timestampadd(DAY, batch_id, TIMESTAMP'2024-03-01') AS _taken_at")
    rows = frames["refined.numbers"].select("n", *map(F.expr, (*place, *outcome)), taken)
    checked = with_new(sorting.check_rules(rows, COPIES))
    aside, reads = sorting.quarantined(checked, COPIES), {"feed": "refined.numbers"}
    return StepResult([FactRows(COPIES, checked, {"feed": []}, aside, reads=reads)])


def test_good_deliveries_behind_a_bad_one_do_not_let_it_in(lake: Lake) -> None:
    step = Step("copy", (Read("refined.numbers", new=True),), ("refined.copies",), _copy)
    for version, numbers in enumerate([(1, 50, 60), (2, 3, 4, 5, 6, 70)]):
        runner_of(lake).run([add_numbers(lake, *numbers, version=version)])
    with pytest.raises(HeldBack) as raised:
        runner_of(lake).run([replace(step, limits={"feed": Limit(share=0.5, rows=2)})])
    assert raised.value.what.startswith(
        "refined.copies: of feed 2 of 3 rows that were taken at 2024-03-02 00:00:00 UTC (66.7%) go to quarantine, "
        "more than 50.0%: below_ten 2."
    )
    assert lake.read("refined.copies").isEmpty()
    runner_of(lake).run([replace(step, limits={"feed": Limit(share=0.67, rows=2)})])
    assert sorted(row["n"] for row in lake.read("refined.copies").collect()) == [1, 2, 3, 4, 5, 6]
