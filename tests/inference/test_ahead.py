"""Work is prepared one piece ahead and waited for one piece behind, in order; without that no thread is started."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from footfall.inference.ahead import finished, prepared


def noted(items: list[int], log: list[str]) -> Iterator[int]:
    for item in items:
        log.append(f"took {item} in {threading.current_thread().name.split('_')[0]}")
        yield item


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("items", [[], [1], [1, 2, 3, 4]])
def test_everything_comes_once_and_in_order(items: list[int], ahead: bool) -> None:
    ready = prepared(items, lambda item: item * 10, ahead=ahead)
    begun = ((lambda number=number: number + 1) for number in ready)
    assert list(finished(begun, behind=ahead)) == [item * 10 + 1 for item in items]


def test_the_next_item_is_prepared_in_a_thread_while_the_caller_works_on_the_last() -> None:
    started = {item: threading.Event() for item in (1, 2, 3)}
    where: list[str] = []

    def prepare(item: int) -> int:
        where.append(threading.current_thread().name)
        started[item].set()
        return item

    log: list[str] = []
    ready = prepared(noted([1, 2, 3], log), prepare, ahead=True)
    assert next(ready) == 1
    assert started[2].wait(10)  # though nobody asked for it yet
    assert log == ["took 1 in MainThread", "took 2 in MainThread"]  # and no more than one ahead
    assert list(ready) == [2, 3]
    assert all(name.startswith("prepare") for name in where)


def test_without_working_ahead_all_is_done_in_the_callers_thread() -> None:
    names = prepared([1, 2], lambda _: threading.current_thread().name, ahead=False)
    assert set(names) == {threading.current_thread().name}


def test_work_is_begun_before_the_last_is_waited_for() -> None:
    log: list[str] = []

    def begin(item: int):
        log.append(f"begin {item}")
        return lambda: log.append(f"end {item}")

    list(finished(map(begin, (1, 2, 3)), behind=True))
    assert log == ["begin 1", "begin 2", "end 1", "begin 3", "end 2", "end 3"]


def test_a_fault_in_the_thread_reaches_the_caller() -> None:
    def prepare(item: int) -> int:
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 1"):
        list(prepared([1, 2], prepare, ahead=True))


def test_whoever_stops_early_leaves_no_thread() -> None:
    ready = prepared(iter(range(100)), lambda item: item, ahead=True)
    next(ready)
    ready.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("prepare")]
