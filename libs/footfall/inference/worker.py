"""What a task of Spark owns (its device), and how it runs its batches through a model. Knows Spark and torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TypeVar

import pyarrow as pa
import torch
from pyspark import TaskContext
from pyspark.sql import DataFrame

from footfall.inference.ahead import finished, prepared
from footfall.inference.compute import ComputeSpec
from footfall.inference.device import Device, choose_device, claim
from footfall.inference.packing import regroup

WINDOW_ROWS = 10_000
WINDOW_BYTES = 64 << 20
M = TypeVar("M")
W = TypeVar("W")
R = TypeVar("R")


def gpu_share(frame: DataFrame) -> float:
    """What part of a GPU a task of the frame's session owns; Spark tells a task only the address."""
    return min(1.0, float(frame.sparkSession.conf.get("spark.task.resource.gpu.amount", None) or 1))


def task_device(spec: ComputeSpec) -> Device:
    """The device of the running task. Only a running task knows its addresses, and they may differ from task to task."""
    context = TaskContext.get()
    gpus = context.resources().get("gpu") if context else None
    return choose_device(
        spec, addresses=gpus.addresses if gpus else (), environ=os.environ, gpu_count=torch.cuda.device_count()
    )


def claimed_device(spec: ComputeSpec, *, gpu_share: float) -> Device:
    """The device of the running task, to whose share this process then keeps."""
    context, device = TaskContext.get(), task_device(spec)
    claim(device, threads=context.cpus() if context else 1, gpu_share=gpu_share)
    return device


def over_windows(
    batches: Iterable[pa.RecordBatch],
    *,
    load: Callable[[], M],
    compute: Callable[[M, Iterable[pa.Table]], Iterator[pa.RecordBatch]],
) -> Iterator[pa.RecordBatch]:
    """What `compute` makes of the task's batches, gathered to windows; a task without rows loads no model."""
    windows = map(pa.Table.from_batches, regroup(batches, rows=WINDOW_ROWS, size_bytes=WINDOW_BYTES))
    first = next(windows, None)
    if first is not None:
        yield from compute(load(), chain([first], windows))


def pipelined(
    windows: Iterable[pa.Table], *, read: Callable[[pa.Table], W], begin: Callable[[W], Callable[[], R]], ahead: bool
) -> Iterator[R]:
    """The results of windows, in order; with `ahead` one is read, one is computed and one is handed on at once.

    `read` is the host's half, `begin` starts the device's half and gives a function that waits for its result.
    """
    return finished((begin(work) for work in prepared(windows, read, ahead=ahead)), behind=ahead)
