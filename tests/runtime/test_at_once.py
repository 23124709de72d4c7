"""Steps side by side: the same lake as one after the other, also after a kill; a failure stops only what waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from footfall.errors import DataError, Held, SourceError, TryAgain
from footfall.runtime.cli import guarded
from footfall.runtime.inputs import StepInputs
from footfall.runtime.plan import plan
from footfall.runtime.runner import Runner
from footfall.steps.replay import Replay
from footfall.steps.step import Files, Frames, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from runtime.many_steps import contents, run, steps
from runtime.numbers_shared import NOW, add_numbers, numbers_in, runner_of

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def one_by_one(spark, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    """What the lake holds after the steps ran one after the other."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("one_by_one")))
    run(lake, at_once=1)
    return contents(lake)


def test_four_at_once_give_the_same_lake_as_one_at_a_time_in_fewer_commits(
    lake: Lake, one_by_one: Mapping[str, object]
) -> None:
    run(lake, at_once=4)
    assert contents(lake) == one_by_one
    assert one_by_one["results.sum_of_squares"] == [(1 + 4 + 4 + 9 + 9 + 16 + 16 + 25, 1)]
    commits = len(lake.versions.history("books.batches")) - 1
    assert commits < 2 * len(steps(lake)), "no two states share a commit"


@pytest.mark.slow
def test_a_run_of_four_at_once_that_is_killed_twice_and_started_again_gives_the_same_lake(
    lake: Lake, one_by_one: Mapping[str, object]
) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{TESTS.parent / 'libs'}:{TESTS}"}
    command = [sys.executable, "-m", "runtime.many_steps", lake.root]
    for seconds in (0.4, 1.7):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()  # at least one step has ended
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert line.startswith(("add_", "square_", "sum_")), line
    run(lake, at_once=4)
    assert contents(lake) == one_by_one


def _meet(meeting: threading.Barrier) -> StepResult:
    meeting.wait(timeout=60)
    return StepResult()


def test_steps_that_share_nothing_run_at_the_same_time(lake: Lake) -> None:
    meeting = threading.Barrier(3)
    together = [Step(name, (), (), lambda _: _meet(meeting)) for name in ("one", "two", "three")]
    Runner(lake, runner_of(lake).books, say=lambda _: None, at_once=3).run(together)


def test_a_step_that_fails_stops_only_what_waits_for_it_and_all_faults_are_reported(
    lake: Lake, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(fault: Exception) -> Step:
        def apply(_: Frames) -> StepResult:
            raise fault

        return Step(f"fails_with_{type(fault).__name__}", (), (f"raw.{type(fault).__name__}",), apply)

    lines: list[str] = []
    changed, away = fail(SourceError("feed a: a file changed")), fail(TryAgain("a server is away"))
    behind = Step("behind", (), (), lambda _: StepResult(), after=(changed.name,))
    last = Step("last", (), (), lambda _: StepResult(), after=(behind.name,))
    runner = runner_of(lake, lines=lines)
    every_step = [away, changed, behind, last, add_numbers(lake, 1)]
    exit_code = guarded(lambda: _ran(replace(runner, at_once=2), every_step))
    assert exit_code == 2
    assert numbers_in(lake) == [1]
    printed = capfd.readouterr().err
    assert "feed a: a file changed" in printed
    assert "a server is away" in printed
    assert [line.split()[0] for line in lines if "not run" in line] == ["behind", "last"]


def test_steps_of_a_replay_run_one_after_another_and_one_without_any_row_stops_nobody(lake: Lake) -> None:
    running, most, lines = list[str](), list[int](), list[str]()

    def apply(name: str) -> StepResult:
        running.append(name)
        time.sleep(0.2)
        most.append(len(running))
        running.remove(name)
        return StepResult()

    def replaying(name: str, *reads: Read) -> Step:
        return Step(name, reads, (), lambda _: apply(name), replay=Replay(name))

    steps = [replaying("never_came", Read("raw.never_came", new=True)), replaying("one"), replaying("two")]
    gate = Step("gate", (), (), lambda _: StepResult(), behind=("never_came", "one"))
    replace(runner_of(lake, lines=lines), at_once=3).run([*steps, gate])
    assert most == [1, 1]
    assert [" ".join(line.split()[:5]) for line in lines if "never" in line] == ["never_came has no row yet"]
    assert [line.split()[0] for line in lines] == ["never_came", "one", "two", "gate"]


def _ran(runner: Runner, every_step: list[Step]) -> None:
    runner.run(every_step)


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ([TryAgain("a"), DataError("b")], 2),
        ([TryAgain("a"), ZeroDivisionError("of a defect")], 1),
        ([TryAgain("a"), TryAgain("b")], 75),
    ],
)
def test_the_exit_code_is_that_of_the_gravest_fault(faults: list[Exception], code: int) -> None:
    def work() -> None:
        raise ExceptionGroup("several steps failed", faults)

    assert guarded(work) == code


def _books_of_another_process(lake: Lake) -> Books:
    return Books(lake, owner=replace(Owner.this_process(), token="other", machine="elsewhere"), now=NOW)


def _two_steps(lake: Lake, done: list[str]) -> list[Step]:
    def apply(_: Frames) -> StepResult:
        done.append("it ran")
        return StepResult()

    return [Step("free", (), (), apply), add_numbers(lake, 1), Step("behind", (), (), apply, after=("add_numbers",))]


def test_of_two_processes_on_one_lake_the_later_one_ends_with_75_and_begins_nothing(lake: Lake) -> None:
    other, done = _books_of_another_process(lake), list[str]()
    other.open("add_numbers", inputs={}, fingerprint="x")
    other.commit()
    runner = replace(runner_of(lake), at_once=2)
    assert guarded(lambda: _ran(runner, _two_steps(lake, done))) == 75
    assert done == []
    words = next(line for line in plan(_two_steps(lake, done), StepInputs(lake, runner.books, None)) if "add_n" in line)
    assert "would end the run with exit code 75: step add_numbers: batch 1 is held by process" in words


def test_a_process_that_loses_a_batch_to_another_one_begins_nothing_more_and_says_so(lake: Lake) -> None:
    lines, done = list[str](), list[str]()
    runner = runner_of(lake, lines=lines)
    other = _books_of_another_process(lake)
    other.open("add_numbers", inputs={}, fingerprint="x")
    other.commit()  # after the runner read the books
    free, add, behind = _two_steps(lake, done)
    with pytest.raises(TryAgain, match="another process opened batch 1 first"):
        runner.run([add, behind, free])
    assert done == []
    assert [line.split()[0] for line in lines] == ["add_numbers", "behind", "free"]
    assert "not run, since another process is at work" in lines[2]


def test_a_step_whose_only_feed_waits_for_its_first_file_stops_nobody(lake: Lake, tmp_path: Path) -> None:
    lines, done = list[str](), list[str]()
    (tmp_path / "a.csv").touch()
    files = Files(str(tmp_path), "*.csv", "csv", {})
    ingest = Step("ingest_x", (), ("raw.x",), lambda _: StepResult(), files=files)
    refine = Step("refine_x", (Read("raw.x", new=True),), (), lambda _: StepResult())
    free = replace(_two_steps(lake, done)[0], after=("refine_x",))
    with pytest.raises(SourceError, match=r"a\.csv: it is empty"):
        runner_of(lake, lines=lines).run([ingest, refine, free])
    assert done == ["it ran"]
    assert "refine_x has no row yet" in " ".join(lines[1].split())


def test_nothing_more_is_done_where_the_books_cannot_be_written(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    runner = runner_of(lake)

    def full(_: Books) -> dict[str, Held]:
        raise OSError("No space left on device")

    monkeypatch.setattr(Books, "commit", full)
    with pytest.raises(OSError, match="No space left"):
        runner.run(_two_steps(lake, done))
    assert done == []
