"""Which steps wait for which, and what a failure stops."""

from __future__ import annotations

from footfall.runtime.graph import Schedule, waits_for
from footfall.steps.step import ALL_BEFORE, Read, Step, StepResult


def _step(
    name: str, *, reads: str = "", writes: str = "", uses: str = "", trains: str = "", after: str = "", behind: str = ""
) -> Step:
    return Step(
        name,
        tuple(Read(table) for table in reads.split()),
        tuple(writes.split()),
        lambda _: StepResult(),
        models=tuple(uses.split()),
        trains=tuple(trains.split()),
        after=tuple(after.split()),
        behind=tuple(behind.split()),
    )


def test_a_step_waits_for_what_it_reads_writes_and_uses():
    writer = _step("writer", writes="raw.a")
    assert waits_for(_step("reader", reads="raw.a"), writer)
    assert waits_for(_step("another_writer", writes="raw.a"), writer)
    assert waits_for(writer, _step("reader", reads="raw.a"))  # who reads first must not see what is written later
    assert waits_for(_step("score", uses="churn"), _step("train", trains="churn"))
    assert waits_for(_step("named", after="writer"), writer)
    assert waits_for(_step("last", after=ALL_BEFORE), writer)
    assert waits_for(_step("measure", behind="writer"), writer)
    assert waits_for(writer, writer)
    assert not waits_for(_step("other", reads="raw.b", writes="raw.c", uses="churn"), writer)


def _names(schedule: Schedule) -> list[str]:
    return [schedule.steps[number].name for number in iter(schedule.take, None)]


def test_steps_are_handed_out_once_in_order_as_soon_as_nobody_is_waited_for():
    steps = [
        _step("a", writes="raw.a"),
        _step("b", writes="raw.b"),
        _step("c", reads="raw.a raw.b", writes="refined.c"),
        _step("d", reads="raw.b", writes="refined.d"),
        _step("e", after=ALL_BEFORE),
    ]
    schedule = Schedule(steps)
    assert _names(schedule) == ["a", "b"]
    schedule.done(1)
    assert _names(schedule) == ["d"]
    schedule.done(0)
    assert _names(schedule) == ["c"]
    schedule.done(2)
    assert _names(schedule) == []
    schedule.done(3)
    assert _names(schedule) == ["e"]


def test_a_failure_stops_those_that_wait_for_it_and_those_that_wait_for_them_only():
    steps = [
        _step("a", writes="raw.a"),
        _step("b", writes="raw.b"),
        _step("of_a", reads="raw.a", writes="refined.a"),
        _step("of_b", reads="raw.b", writes="refined.b"),
        _step("of_both", reads="refined.a refined.b", writes="results.both"),
    ]
    schedule = Schedule(steps)
    assert _names(schedule) == ["a", "b"]
    assert [step.name for step in schedule.failed(0)] == ["of_a", "of_both"]
    schedule.done(1)
    assert _names(schedule) == ["of_b"]
    schedule.done(3)
    assert _names(schedule) == []


def test_a_step_that_is_only_behind_others_runs_though_they_failed_or_never_ran():
    steps = [
        _step("a", writes="raw.a"),
        _step("b", writes="raw.b"),
        _step("of_a", reads="raw.a", writes="refined.a"),
        _step("measure", behind="a b of_a", writes="books.quality"),
        _step("of_measures", reads="books.quality"),
    ]
    schedule = Schedule(steps)
    assert _names(schedule) == ["a", "b"]
    assert [step.name for step in schedule.failed(0)] == ["of_a"]
    assert _names(schedule) == []
    schedule.done(1)
    assert _names(schedule) == ["measure"]
    schedule.done(3)
    assert _names(schedule) == ["of_measures"]
