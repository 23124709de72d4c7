"""Prepares the next piece of work in a thread while the last one is computed. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def prepared(items: Iterable[A], prepare: Callable[[A], B], *, ahead: bool) -> Iterator[B]:
    """`prepare` of every item, in order; with `ahead` the next item is prepared in a thread while the caller works on this one.

    At most two items are held. The items themselves are taken in the caller's thread, since Spark's input must not be read in
    another one. Without `ahead` no thread is started.
    """
    if not ahead:
        yield from map(prepare, items)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="prepare") as thread:
        coming: Future[B] | None = None
        for item in items:
            last, coming = coming, thread.submit(prepare, item)
            if last is not None:
                yield last.result()
        if coming is not None:
            yield coming.result()


def finished(begun: Iterable[Callable[[], B]], *, behind: bool) -> Iterator[B]:
    """The result of each piece of work, in order; with `behind` the next piece is begun before the last is waited for."""
    if not behind:
        yield from (wait() for wait in begun)
        return
    last: Callable[[], B] | None = None
    for wait in begun:
        if last is not None:
            yield last()
        last = wait
    if last is not None:
        yield last()
