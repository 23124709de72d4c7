"""Warnings stay away while any thread asks for it, and come back when the last has ended."""

from __future__ import annotations

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from footfall.steps.quiet import quiet


def test_a_thread_that_ends_first_does_not_bring_warnings_back_for_another() -> None:
    both_began, first_ended = threading.Barrier(2), threading.Event()

    def short() -> None:
        with quiet():
            both_began.wait(timeout=30)
        first_ended.set()

    def long() -> None:
        with quiet():
            both_began.wait(timeout=30)
            assert first_ended.wait(timeout=30)
            warnings.warn("nobody wants to know", UserWarning, stacklevel=1)

    with ThreadPoolExecutor(2) as threads:
        for work in [threads.submit(short), threads.submit(long)]:
            work.result()
    with pytest.warns(UserWarning, match="everybody"):
        warnings.warn("everybody wants to know", UserWarning, stacklevel=1)
