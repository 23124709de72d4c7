"""Memory and use of a GPU while something runs, by nvidia-smi. Changes nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from footfall.errors import EnvironmentFault

SAMPLE_MS = 200
TASK_S = 0.5  # such a task still runs when the next one starts, so that each gets a worker of its own
PEAK = "pid long, peak_mib double"


@dataclass(frozen=True)
class GpuUse:
    """Memory and use of a GPU over some seconds, all processes together."""

    peak_mib: float
    mean_busy: float  # 0 to 1

    def __str__(self) -> str:
        return f"{self.peak_mib:,.0f} MiB at most, at work {self.mean_busy:.0%} of the time"


def use_of(lines: Sequence[str]) -> GpuUse | None:
    """From nvidia-smi's lines `busy percent, MiB used`; None where no line has two numbers."""
    samples = []
    for line in lines:
        with contextlib.suppress(ValueError):
            busy, used = (float(part) for part in line.split(","))
            samples.append((busy, used))
    if not samples:
        return None
    return GpuUse(max(used for _, used in samples), sum(busy for busy, _ in samples) / len(samples) / 100)


def require_gpu() -> None:
    """Raises EnvironmentFault where torch has no GPU; chooses the first where CUDA_VISIBLE_DEVICES is not set."""
    import torch

    if not torch.cuda.is_available():
        built = torch.version.cuda
        why = "this torch is built without CUDA" if built is None else f"torch (CUDA {built}) has none on this machine"
        raise EnvironmentFault(
            f"the benchmark should run on a GPU, and {why}.",
            fix="Run it on a machine with an NVIDIA GPU and its driver, or with --device cpu.",
        )
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")


def gpu_name() -> str:
    """The first visible GPU, as torch names it."""
    import torch

    properties = torch.cuda.get_device_properties(0)
    return f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}"


@contextlib.contextmanager
def watched() -> Iterator[list[str]]:
    """Lines for `use_of`, complete when the block ends; none where there is no nvidia-smi."""
    lines: list[str] = []
    program = shutil.which("nvidia-smi")
    if program is None:
        yield lines
        return
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    query = ["--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits", f"--loop-ms={SAMPLE_MS}"]
    with subprocess.Popen([program, *query, f"--id={first}"], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield lines
        finally:
            process.terminate()
            lines += process.communicate()[0].splitlines()


def worker_peaks(spark: SparkSession, tasks: int) -> DataFrame:
    """The peak memory of torch in each of Spark's Python workers since the last call: pid, peak_mib."""

    def peak(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import torch

        for _ in batches:
            pass
        time.sleep(TASK_S)
        yield pd.DataFrame({"pid": [os.getpid()], "peak_mib": [torch.cuda.max_memory_allocated() / 2**20]})
        torch.cuda.reset_peak_memory_stats()

    return spark.range(0, tasks, 1, tasks).mapInPandas(peak, PEAK)
