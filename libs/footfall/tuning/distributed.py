"""The same training in several processes by TorchDistributor: on this machine or on Spark's executors. Knows Spark."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from pyspark.ml.torch.distributor import TorchDistributor
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from footfall.errors import EnvironmentFault
from footfall.tuning.job import Learned, Train, TuningJob, device_of, train_here
from footfall.tuning.loop import Log


class Together:
    """The processes of torch.distributed's default group; gradients are averaged by DistributedDataParallel."""

    def __init__(self) -> None:
        self.rank = distributed.get_rank()
        self.world = distributed.get_world_size()
        self._device = f"cuda:{torch.cuda.current_device()}" if distributed.get_backend() == "nccl" else "cpu"

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model in DistributedDataParallel, which also gives all processes the first one's weights."""
        return DistributedDataParallel(model, forward_sync_buffers=False)

    def hold(self, model: nn.Module) -> AbstractContextManager[Any]:
        """`no_sync`, for all passes of a step but the last."""
        if not isinstance(model, DistributedDataParallel):
            raise TypeError("only the model that `wrap` returned can be held")
        held: AbstractContextManager[Any] = model.no_sync()
        return held

    def agreed(self, value: float) -> float:
        """The first process' value, in every process, so that all stop together."""
        shared = torch.tensor([value], dtype=torch.float64, device=self._device)
        distributed.broadcast(shared, src=0)
        return float(shared)

    def same(self, value: float) -> bool:
        """Whether the least and the greatest value are equal."""
        ends = torch.tensor([value, -value], dtype=torch.float64, device=self._device)
        distributed.all_reduce(ends, op=distributed.ReduceOp.MAX)
        return bool(ends[0] == -ends[1])


def trained_in(count: int, *, on_driver: bool) -> Train:
    """One process: this one. More: `in_processes`, on GPUs where there are any."""
    if count == 1 and on_driver:
        return train_here
    return in_processes(count, on_driver=on_driver, use_gpu=torch.cuda.is_available())


def in_processes(count: int, *, on_driver: bool, use_gpu: bool) -> Train:
    """What `tune` takes as `train` in order to train in `count` processes, each with its share of every batch.

    With `on_driver` they run on this machine; else each is a barrier task of the active session, which needs as many
    free slots at once, and every worker must be able to read the encoder's directory. Checkpoints are written only on
    the driver, where all processes share the disk. Learning curves are logged when the training has ended, since the
    log function cannot be sent to other processes.
    """

    def train(job: TuningJob, log: Log, checkpoints: Path | None) -> Learned:
        shared = checkpoints.resolve() if checkpoints and on_driver else None
        local_job = replace(job, folder=job.folder.resolve())
        result = run_in_processes(train_together, local_job, shared, count=count, on_driver=on_driver, use_gpu=use_gpu)
        if not isinstance(result, Learned):
            raise EnvironmentFault(
                "the processes that trained returned nothing.", fix="Look for the cause in their own log."
            )
        for step, name, value in result.progress.curve:
            log(step, name, value)
        return result

    return train


def run_in_processes(function: Callable[..., Any], *args: Any, count: int, on_driver: bool, use_gpu: bool) -> Any:
    """What `function(*args)` returns in the process of rank 0, of `count` that TorchDistributor starts.

    In local mode TorchDistributor lets all processes write their result to one file and returns what stood there last
    (pyspark 4.2, `_run_training_on_pytorch_function`). There rank 0 writes a file of its own; barrier tasks of Spark need
    none, since only the first one's result is sent back.
    """
    distributor = TorchDistributor(num_processes=count, local_mode=on_driver, use_gpu=use_gpu)
    if not on_driver:
        return distributor.run(function, *args)
    with TemporaryDirectory(prefix="footfall-tuning-") as folder:
        path = Path(folder) / "result"
        distributor.run(_write_result_of_rank_0, path, function, *args)
        if not path.is_file():
            return None
        return pickle.loads(path.read_bytes())  # noqa: S301 - this run wrote it, in a folder of this user alone


def _write_result_of_rank_0(path: Path, function: Callable[..., Any], *args: Any) -> None:
    result = function(*args)
    if os.environ["RANK"] == "0":  # torchrun sets it
        path.write_bytes(pickle.dumps(result))


def train_together(job: TuningJob, checkpoints: Path | None) -> Learned:
    """Runs in each process; torchrun has set its rank in the environment."""
    device = device_of(job.spec)
    if device.is_gpu:
        torch.cuda.set_device(device.name)
    distributed.init_process_group("nccl" if device.is_gpu else "gloo")
    try:
        return train_here(job, ignore, checkpoints, Together())
    finally:
        distributed.destroy_process_group()


def ignore(step: int, name: str, value: float) -> None:
    """A log for callers that read the curve from the result."""
    logging.getLogger(__name__).debug("step %d: %s %s", step, name, value)
