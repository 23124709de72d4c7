"""A worker keeps one model from task to task, loads none for a task without rows, and gives windows back in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.inference.process import kept_model
from footfall.inference.worker import over_windows, pipelined

CPU = Device("cpu", NumberType.FP32, "a test")


def test_a_process_keeps_one_model_until_another_spec_or_device_comes() -> None:
    loads: list[str] = []

    def load(name: str) -> Callable[[], list[str]]:
        def loaded() -> list[str]:
            loads.append(name)
            return [name]

        return loaded

    first = kept_model("a", CPU, load("a"))
    assert kept_model("a", CPU, load("a")) is first
    assert kept_model("a", Device("cpu", NumberType.BF16, "a test"), load("a in bf16")) is not first
    kept_model("b", CPU, load("b"))
    assert kept_model("a", CPU, load("a")) is not first  # there is room for one
    assert loads == ["a", "a in bf16", "b", "a"]


def multiplied(factor: int, windows: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
    for window in windows:
        yield batch(*(factor * number for number in window["n"].to_pylist()))


def batch(*numbers: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"n": pa.array(numbers, type=pa.int64())})


def test_a_task_without_rows_loads_no_model() -> None:
    def load() -> int:
        raise AssertionError("nothing is to be computed")

    assert list(over_windows([batch(), batch()], load=load, compute=multiplied)) == []


def test_small_batches_are_computed_together() -> None:
    batches = [batch(1, 2), batch(), batch(3)]
    assert [b.to_pydict() for b in over_windows(batches, load=lambda: 2, compute=multiplied)] == [{"n": [2, 4, 6]}]


@pytest.mark.parametrize("ahead", [False, True])
def test_windows_come_back_in_order(ahead: bool) -> None:
    windows = [pa.table({"n": [n]}) for n in range(5)]

    def begin(number: int) -> Callable[[], int]:
        return lambda: number + 1

    results = pipelined(windows, read=lambda window: 10 * window["n"][0].as_py(), begin=begin, ahead=ahead)
    assert list(results) == [1, 11, 21, 31, 41]


def test_on_spark_a_model_is_loaded_once_a_process(spark: SparkSession, tmp_path: Path) -> None:
    """The model is a number; its loading leaves a file named by the process, which holds the loads of that process."""
    folder = str(tmp_path)

    def compute(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import os
        from pathlib import Path

        import pyarrow as pa

        def load() -> int:
            with (Path(folder) / str(os.getpid())).open("a") as file:
                file.write("loaded\n")
            return 3

        def tripled(factor: int, windows: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
            for window in windows:
                numbers = [factor * number for number in window["n"].to_pylist()]
                yield pa.RecordBatch.from_pydict({"n": pa.array(numbers, type=pa.int64())})

        return over_windows(batches, load=lambda: kept_model(folder, CPU, load), compute=tripled)

    rows = spark.range(0, 100, 1, 8).withColumnRenamed("id", "n").mapInArrow(compute, "n long")
    assert sorted(row["n"] for row in rows.collect()) == [3 * n for n in range(100)]
    assert {file.read_text() for file in tmp_path.iterdir()} == {"loaded\n"}
