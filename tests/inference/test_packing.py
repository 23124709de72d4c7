"""Work is ordered so that nothing is padded and memory is bounded."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from footfall.inference.packing import blocks, cut, longest_first, padded_size, regroup


def batches(*sizes: int) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pydict({"n": pa.array([0] * size, type=pa.int64())}) for size in sizes]


def rows(windows) -> list[list[int]]:
    return [[batch.num_rows for batch in window] for window in windows]


def test_small_batches_become_one_window_and_none_is_split() -> None:
    assert rows(regroup(batches(3, 4, 3, 9, 1), rows=10, size_bytes=1 << 20)) == [[3, 4, 3], [9, 1]]


def test_a_batch_larger_than_a_window_stays_whole() -> None:
    assert rows(regroup(batches(25, 1), rows=10, size_bytes=1 << 20)) == [[25], [1]]


def test_a_window_is_bounded_in_bytes_too() -> None:
    assert rows(regroup(batches(3, 3, 3), rows=10, size_bytes=40)) == [[3, 3], [3]]


def test_empty_batches_make_no_window() -> None:
    assert rows(regroup(batches(0, 2, 0), rows=10, size_bytes=1 << 20)) == [[2]]
    assert rows(regroup(batches(0), rows=10, size_bytes=1 << 20)) == []


def test_windows_are_made_as_batches_come() -> None:
    source = iter(batches(10, 10))
    next(regroup(source, rows=10, size_bytes=1 << 20))
    assert next(source).num_rows == 10


def test_the_longest_comes_first_and_equals_keep_their_order() -> None:
    assert longest_first([2, 5, 2, 9]).tolist() == [3, 1, 0, 2]


def test_a_chunk_holds_its_budget_padding_included() -> None:
    assert cut([10, 8, 5, 5, 2, 1], budget=20) == [slice(0, 2), slice(2, 6)]
    assert cut([20, 20], budget=20) == [slice(0, 1), slice(1, 2)]


def test_a_row_above_the_budget_is_a_chunk_of_its_own() -> None:
    assert cut([30, 5], budget=20) == [slice(0, 1), slice(1, 2)]


def test_no_rows_make_no_chunks() -> None:
    assert cut([], budget=20) == []


def test_blocks_are_runs_of_equal_length() -> None:
    equal = blocks([[1, 2], [3, 4], [5]])
    assert [block.tolist() for block in equal] == [[[1, 2], [3, 4]], [[5]]]
    assert {block.dtype for block in equal} == {np.dtype("int64")}


def test_the_padded_size_counts_each_chunk_at_its_longest() -> None:
    assert padded_size([10, 8, 5], [slice(0, 2), slice(2, 3)]) == 25
