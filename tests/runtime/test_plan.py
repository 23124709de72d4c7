"""`--plan`: what would run and why, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from footfall.ingest.arrival import arrive
from footfall.runtime.inputs import StepInputs
from footfall.runtime.plan import plan
from footfall.steps.step import Files, Frames, Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from runtime.numbers_shared import NOW, Killed, add_numbers, runner_of, sum_numbers


def _plan(lake: Lake, steps: Sequence[Step]) -> dict[str, str]:
    """Step -> what the plan says of it."""
    lines = plan(steps, StepInputs(lake, runner_of(lake).books, None))
    return {name: words.strip() for name, _, words in (line.partition(" ") for line in lines)}


def test_each_step_says_why_it_would_run_and_nothing_runs(lake: Lake) -> None:
    both = [add_numbers(lake, 1), sum_numbers()]
    assert _plan(lake, both) == {
        "add_numbers": "would run: it never ran",
        "sum_numbers": "would run, after add_numbers",
    }
    runner_of(lake).run(both)
    version = lake.version("books.batches")
    assert _plan(lake, both) == {"add_numbers": "nothing new", "sum_numbers": "nothing new"}
    assert _plan(lake, [add_numbers(lake, 1, version=2), sum_numbers()]) == {
        "add_numbers": "would run: changed settings",
        "sum_numbers": "may run, after add_numbers",
    }
    other_code = replace(sum_numbers(), code=("footfall.ingest",))
    other_day = replace(sum_numbers(), day_values={"day": 2})
    assert _plan(lake, [other_code])["sum_numbers"] == "would run: changed code"
    assert _plan(lake, [other_day])["sum_numbers"] == "would run: another day"
    assert lake.version("books.batches") == version


def test_new_input_is_named(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 1), sum_numbers()])
    runner_of(lake).run([add_numbers(lake, 2, version=2)])
    assert _plan(lake, [sum_numbers()]) == {"sum_numbers": "would run: new input: refined.numbers"}


def test_new_files_are_counted_and_a_batch_that_is_left_open_is_told(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apply(frames: Frames) -> StepResult:
        return StepResult([Output(*arrive(frames["files"], source="shop", feed="sales", now=NOW))])

    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("id\n1\n", encoding="utf-8")
    step = Step("take", (), ("raw.sales",), apply, files=Files(str(tmp_path), "*.csv", "csv", {"header": "true"}))
    assert _plan(lake, [step]) == {"take": "would run: 2 new files"}
    runner_of(lake).run([step])
    assert _plan(lake, [step]) == {"take": "nothing new"}
    (tmp_path / "c.csv").write_text("id\n2\n", encoding="utf-8")
    assert _plan(lake, [step]) == {"take": "would run: 1 new file"}
    (tmp_path / "a.csv").write_text("id\n1\n1\n", encoding="utf-8")
    assert _plan(lake, [step])["take"].startswith("would fail: step take: changed since they were taken: ")
    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            runner_of(lake, owner=dead).run([add_numbers(lake, 1)])
    assert _plan(lake, [add_numbers(lake, 1)]) == {
        "add_numbers": "would go on with batch 1, which a run before left open"
    }
