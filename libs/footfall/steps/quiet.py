"""Warnings of other libraries, left out while any thread asks for it. Touches Python's filters of warnings, which all threads share."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class _Filters:
    """Python's own `catch_warnings` in two threads at once: the first to end brings back what the other has yet to need."""

    lock: Lock = field(default_factory=Lock)
    count: int = 0
    before: warnings.catch_warnings[None] | None = None

    def begin(self) -> None:
        with self.lock:
            if not self.count:
                self.before = warnings.catch_warnings()
                self.before.__enter__()
                warnings.simplefilter("ignore")
            self.count += 1

    def end(self) -> None:
        with self.lock:
            self.count -= 1
            if not self.count and self.before is not None:
                self.before.__exit__(None, None, None)
                self.before = None


_FILTERS = _Filters()


@contextmanager
def quiet() -> Iterator[None]:
    """No warning shows while the block runs, in this thread or another."""
    _FILTERS.begin()
    try:
        yield
    finally:
        _FILTERS.end()
