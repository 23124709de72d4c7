"""Chooses the device of a task (its GPU or one thread of the CPU) and the number type. torch, no Spark."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch

from footfall.errors import EnvironmentFault
from footfall.inference.compute import ComputeSpec, NumberType, Wanted
from footfall.inference.cpu import cpu_class, cpu_flags, has_fast_bf16

LOG = logging.getLogger(__name__)
MEMORY_FRACTION = 0.9  # of its share of a GPU's memory; CUDA itself needs the rest, about half a gigabyte a process
TORCH_TYPES = {
    NumberType.FP32: torch.float32,
    NumberType.BF16: torch.bfloat16,
    NumberType.FP16: torch.float16,
}


@dataclass(frozen=True)
class Device:
    """Where a model runs: torch's name for it, the number type, and the reason in words."""

    name: str
    number_type: NumberType
    reason: str

    @property
    def is_gpu(self) -> bool:
        """Whether it is a GPU."""
        return self.name.startswith("cuda")

    @property
    def torch_type(self) -> torch.dtype:
        """The number type as torch names it."""
        return TORCH_TYPES[self.number_type]

    def __str__(self) -> str:
        return f"{self.name} in {self.number_type} ({self.reason})"


def choose_device(spec: ComputeSpec, *, addresses: Sequence[str], environ: Mapping[str, str], gpu_count: int) -> Device:
    """What this task uses: Spark's addresses, then CUDA_VISIBLE_DEVICES, then the CPU.

    `gpu_count` is how many GPUs torch can reach. Raises EnvironmentFault where a GPU was asked for, by the setting,
    by Spark's resources or by CUDA_VISIBLE_DEVICES, and there is none: such a job must not run on the CPU unnoticed.
    """
    if spec.device == Wanted.CPU:
        return Device("cpu", cpu_number_type(spec), f"{spec.section}.device is cpu; {_cpu()}")
    visible = [
        part.strip() for part in environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if part.strip() not in ("", "-1")
    ]
    if addresses:
        return _gpu(spec, _index(spec, addresses[0], visible), gpu_count, f"address {addresses[0]} from Spark")
    if visible:
        return _gpu(spec, 0, gpu_count, "first of CUDA_VISIBLE_DEVICES")
    if spec.device == Wanted.GPU:
        raise _no_gpu(spec, "Spark gave this task no GPU address and CUDA_VISIBLE_DEVICES is empty")
    return Device("cpu", cpu_number_type(spec), f"this task owns no GPU; {_cpu()}")


def cpu_number_type(spec: ComputeSpec) -> NumberType:
    """The number type on the CPU: bf16 only in hardware unless asked for by name; fp16 is for GPUs."""
    if spec.number_type == NumberType.FP16:
        raise EnvironmentFault(
            "fp16 was asked for on a CPU.",
            fix=f"Set {spec.section}.number_type to auto, bf16 or fp32, or {spec.section}.device to gpu.",
        )
    if spec.number_type == NumberType.AUTO:
        return NumberType.BF16 if has_fast_bf16() else NumberType.FP32
    return NumberType(spec.number_type)


def claim(device: Device, *, threads: int = 1, gpu_share: float = 1.0) -> None:
    """Limits this process to what its task owns, and logs the device once a process.

    On a CPU one thread, also in a tokenizer, whatever `threads` (the task's cores) says: other tasks compute on the
    others. On a GPU a tokenizer may use them, and memory beyond `gpu_share` of the GPU's is left to its neighbours.
    """
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if device.is_gpu and threads > 1 else "false"
    torch.set_num_threads(1)
    if device.is_gpu:
        os.environ["RAYON_NUM_THREADS"] = str(threads)  # the tokenizer's; read when it first starts threads
        torch.cuda.set_device(device.name)  # else pinned memory opens a context on GPU 0 too
        torch.cuda.set_per_process_memory_fraction(memory_fraction(gpu_share), device.name)
    _log(device)


def memory_fraction(gpu_share: float) -> float:
    """Share of a GPU's memory that torch may take: the task's share, less what the context of each process needs."""
    return gpu_share * MEMORY_FRACTION


@cache
def _log(device: Device) -> None:
    LOG.info("this process computes on %s", device)


def _gpu(spec: ComputeSpec, index: int, gpu_count: int, reason: str) -> Device:
    if index >= gpu_count:
        raise _no_gpu(spec, f"{reason} was given, but torch reaches {gpu_count} GPUs")
    if spec.number_type != NumberType.AUTO:
        return Device(f"cuda:{index}", NumberType(spec.number_type), reason)
    has_bf16 = torch.cuda.get_device_capability(index) >= (8, 0)  # Ampere and later
    return Device(f"cuda:{index}", NumberType.BF16 if has_bf16 else NumberType.FP16, reason)


def _index(spec: ComputeSpec, address: str, visible: list[str]) -> int:
    """Torch counts within CUDA_VISIBLE_DEVICES; Spark's address is the machine's own number or identifier."""
    if address in visible:
        return visible.index(address)
    if not address.isdigit():
        raise _no_gpu(spec, f"address '{address}' from Spark is neither a number nor in CUDA_VISIBLE_DEVICES")
    return int(address)


def _no_gpu(spec: ComputeSpec, reason: str) -> EnvironmentFault:
    return EnvironmentFault(
        f"a GPU was asked for and there is none: {reason}.",
        fix="Give the tasks GPUs (spark.task.resource.gpu.amount, spark.executor.resource.gpu.amount and its "
        f"discovery script, and a CUDA build of torch), or set {spec.section}.device to auto or cpu.",
    )


def _cpu() -> str:
    return f"one thread a task, {cpu_class(cpu_flags())}"
