"""Orders work so that nothing is padding: windows of rows, chunks of like length, blocks of equal length. Plain NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Block = npt.NDArray[np.int64]  # [n_rows, length]: rows of one length


class SizedBatch(Protocol):
    """What windows need to know of an Arrow batch."""

    @property
    def num_rows(self) -> int:
        """Rows in it."""

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""


B = TypeVar("B", bound=SizedBatch)


def regroup(batches: Iterable[B], *, rows: int, size_bytes: int) -> Iterator[list[B]]:
    """Whole batches, gathered until a window has `rows` rows or `size_bytes` bytes; empty batches are dropped.

    Sorting by length works within a window only, so it should be large; memory is bounded by a window and a batch.
    """
    window: list[B] = []
    for batch in batches:
        if batch.num_rows:
            window.append(batch)
        if sum(b.num_rows for b in window) >= rows or sum(b.nbytes for b in window) >= size_bytes:
            yield window
            window = []
    if window:
        yield window


def longest_first(lengths: Sequence[int]) -> npt.NDArray[np.intp]:
    """The order of positions by falling length; equals keep their order. The longest first: memory peaks at once."""
    return np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")


def cut(lengths: Sequence[int], *, budget: int) -> list[slice]:
    """All chunks of rows of falling `lengths`, each within `budget` when it is padded."""
    chunks, start = [], 0
    while start < len(lengths):
        stop = chunk_end(lengths, start, budget=budget)
        chunks.append(slice(start, stop))
        start = stop
    return chunks


def chunk_end(lengths: Sequence[int], start: int, *, budget: int) -> int:
    """Where the chunk ends that begins at `start`: its padded size stays within `budget`, a longer row stands alone."""
    return min(len(lengths), start + max(1, budget // max(1, lengths[start])))


def blocks(rows: Sequence[Sequence[int]]) -> list[Block]:
    """int64[n_rows, length] for each run of rows of equal length, in order: no padding at all."""
    lengths = np.asarray([len(row) for row in rows])
    starts = np.flatnonzero(np.diff(lengths, prepend=-1)).tolist()
    ends = [*starts[1:], len(rows)]
    return [np.asarray(rows[start:end], dtype=np.int64) for start, end in zip(starts, ends, strict=True)]


def padded_size(lengths: Sequence[int], chunks: Iterable[slice]) -> int:
    """Elements computed where each chunk is padded to its longest row; for benchmarks."""
    return sum(max(lengths[chunk]) * len(lengths[chunk]) for chunk in chunks)
