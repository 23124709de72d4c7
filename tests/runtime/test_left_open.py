"""A batch that a kill left open, gone on with by other code, settings or rows than it was begun with; closed ones stay as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyspark.sql import functions as F

from footfall.contract.commits import WITHDRAWN
from footfall.errors import ContractError
from footfall.runtime.inputs import StepInputs
from footfall.runtime.plan import plan
from footfall.steps import sorting
from footfall.steps.consent import Consent
from footfall.steps.step import Expiry, FactRows, Frames, Output, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from runtime.numbers_shared import NOW, NUMBERS, Killed, add_numbers, ledger_of, numbers_in, runner_of

KEPT = replace(NUMBERS, name="kept")


def keep(*, most: int, says: int | None = None) -> Step:
    """An incremental step of facts: of the numbers that are new those up to `most`; `says` is what its settings say instead."""

    def apply(frames: Frames) -> StepResult:
        own = {
            "_feed": F.lit("feed"),
            "_file": F.lit("f"),
            "_position": F.col("n").cast("long"),
            "_taken_at": F.lit(NOW),
        }
        own |= {"_skipped": F.when(F.col("n") > most, F.lit("many")), "_unreadable": F.array().cast("array<string>")}
        numbers = frames["refined.numbers"].select("n", *(column.alias(name) for name, column in own.items()))
        checked = sorting.check_rules(numbers.withColumn("_raw_row", F.struct("n")), KEPT)
        return StepResult([FactRows(KEPT, checked, {"feed": ["many"]}, sorting.quarantined(checked, KEPT))])

    reads = (Read("refined.numbers", new=True),)
    return Step("keep", reads, (KEPT.full_name,), apply, values={"most": most if says is None else says})


def die(lake: Lake, monkeypatch: pytest.MonkeyPatch, step: Step, *, before: str = "close") -> None:
    """Runs the step in a process that is killed when it has written, and before it closes the batch, or gives it up."""
    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Books, before, lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            runner_of(lake, owner=dead).run([step])


def kept_in(lake: Lake) -> list[int]:
    """The numbers that were kept."""
    return sorted(row["n"] for row in lake.read(KEPT.full_name).collect())


def counts_of(lake: Lake) -> list[tuple[int, ...]]:
    """Batch, rows read, valid, skipped and quarantined, a batch of `keep` a row."""
    names = ("batch_id", "rows_read", "rows_valid", "rows_skipped", "rows_quarantined")
    return [tuple(line[name] for name in names) for line in ledger_of(lake) if line["step"] == "keep"]


def test_what_an_incremental_step_left_open_by_other_settings_begins_anew_and_what_it_closed_is_not_read_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner_of(lake).run([add_numbers(lake, 1, 9), keep(most=5)])
    lines: list[str] = []
    runner_of(lake, lines=lines).run([keep(most=50)])
    assert "nothing new" in lines[0]  # the batch is closed: 9 stays skipped
    runner_of(lake).run([add_numbers(lake, 2, 8, 500, version=2)])
    die(lake, monkeypatch, keep(most=5))
    assert kept_in(lake) == [1, 2]
    [words] = plan([keep(most=50)], StepInputs(lake, runner_of(lake).books, None))
    assert "would begin anew: batch 2 is left open, and the day, code or settings are others now" in words
    runner_of(lake, lines=lines).run([keep(most=50)])
    assert "begins anew: a run before ended too early" in lines[1]
    assert kept_in(lake) == [1, 2, 8]
    assert counts_of(lake) == [(1, 2, 1, 1, 0), (3, 2, 2, 0, 0)]


def swap(lake: Lake, *, version: int) -> Step:
    """A step that adds 1 and 2; once they are there it adds 3, and 1 leaves as of somebody who withdrew consent."""
    numbers = lake.spark.createDataFrame([(1,), (2,)], "n int"), lake.spark.createDataFrame([(3,)], "n int")
    withdrawn = Expiry(NUMBERS.full_name, "batch_id < 2 AND n = 1", why=WITHDRAWN)

    def apply(frames: Frames) -> StepResult:
        both = [Output(NUMBERS, numbers[1]), withdrawn]
        return StepResult(both if NUMBERS.full_name in frames else [Output(NUMBERS, numbers[0])])

    return Step("swap", (), (NUMBERS.full_name,), apply, values={"version": version}, consent=Consent(("text",)))


def test_rows_of_who_withdrew_come_back_where_the_batch_is_undone_that_took_them_out(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner_of(lake).run([swap(lake, version=1)])
    before = StepInputs(lake, runner_of(lake).books, None).pin_of(NUMBERS.full_name)
    die(lake, monkeypatch, swap(lake, version=2))
    assert numbers_in(lake) == [2, 3]
    die(lake, monkeypatch, swap(lake, version=1), before="abandon")
    lines: list[str] = []
    runner_of(lake, lines=lines).run([swap(lake, version=1)])  # as in a shop that changed a setting back
    assert "nothing new" in lines[1]
    assert numbers_in(lake) == [1, 2]
    assert StepInputs(lake, runner_of(lake).books, None).pin_of(NUMBERS.full_name) == before


def test_where_other_rows_would_land_than_a_kill_left_they_are_taken_back_and_the_next_run_begins_anew(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner_of(lake).run([add_numbers(lake, 1, 9)])
    die(lake, monkeypatch, keep(most=5, says=0))
    with pytest.raises(ContractError, match=r"2 rows were to land and 0 to be set aside, but 1 landed"):
        runner_of(lake).run([keep(most=50, says=0)])
    assert kept_in(lake) == []
    runner_of(lake).run([keep(most=50, says=0)])
    assert kept_in(lake) == [1, 9]
    assert counts_of(lake) == [(2, 2, 2, 0, 0)]
