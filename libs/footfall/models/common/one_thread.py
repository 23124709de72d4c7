"""One thread for the numeric libraries while a model is fitted, also where several models are fitted at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from threadpoolctl import threadpool_limits


@dataclass
class _Fits:
    """The fits that are under way; BLAS has one limit for the whole process, which the last fit takes off."""

    lock: Lock = field(default_factory=Lock)
    count: int = 0
    limit: threadpool_limits | None = None

    def begin(self) -> None:
        with self.lock:
            self.limit = self.limit or threadpool_limits(limits=1, user_api="blas")
            self.count += 1

    def end(self) -> None:
        with self.lock:
            self.count -= 1
            if not self.count and self.limit is not None:
                self.limit.restore_original_limits()
                self.limit = None


_FITS = _Fits()


@contextmanager
def one_thread() -> Iterator[None]:
    """The block computes in one thread: the same on any machine.

    Solvers add up short vectors; threads that wait for each other beside Spark's cost ten times what they save.
    """
    _FITS.begin()
    try:
        with threadpool_limits(limits=1, user_api="openmp"):  # OpenMP's limit is each thread's own
            yield
    finally:
        _FITS.end()
