"""Orders work so that nothing is padding: windows of rows, chunks of tokens, blocks of like length. Plain NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int64]


class TokenBatch(Protocol):
    """What windows need to know of an Arrow batch."""

    @property
    def num_rows(self) -> int:
        """Rows in it."""

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""


B = TypeVar("B", bound=TokenBatch)


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


def cut(lengths: Sequence[int], *, tokens: int) -> list[slice]:
    """All chunks of texts of falling `lengths`; the encoder takes them one by one, as it may have to make them smaller."""
    chunks, start = [], 0
    while start < len(lengths):
        stop = chunk_end(lengths, start, tokens=tokens)
        chunks.append(slice(start, stop))
        start = stop
    return chunks


def chunk_end(lengths: Sequence[int], start: int, *, tokens: int) -> int:
    """Where the chunk ends that begins at `start`: its padded size stays within `tokens`, a longer text stands alone."""
    return min(len(lengths), start + max(1, tokens // max(1, lengths[start])))


def blocks(ids: Sequence[Sequence[int]]) -> list[Tokens]:
    """int64[n_texts, n_tokens] for each run of equal length, in order: no padding at all."""
    lengths = np.asarray([len(row) for row in ids])
    starts = np.flatnonzero(np.diff(lengths, prepend=-1)).tolist()
    ends = [*starts[1:], len(ids)]
    return [np.asarray(ids[start:end], dtype=np.int64) for start, end in zip(starts, ends, strict=True)]


def padded_tokens(lengths: Sequence[int], chunks: Iterable[slice]) -> int:
    """Tokens computed where each chunk is padded to its longest text; for benchmarks."""
    return sum(max(lengths[chunk]) * len(lengths[chunk]) for chunk in chunks)
