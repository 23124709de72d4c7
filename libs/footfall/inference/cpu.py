"""Which number types this machine's CPU computes fast. Reads /proc/cpuinfo; where there is none, times a small product."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import torch

CPU_INFO = Path("/proc/cpuinfo")
BF16_FLAGS = ("amx_bf16", "avx512_bf16", "bf16")  # the last is Arm's name
CLASSES = ("amx_bf16", "avx512_bf16", "avx512f", "avx2", "bf16", "asimd")  # the best first
TRIAL_GAIN = 1.2  # below this gain, fp32 is taken, since it is more exact


@cache
def cpu_flags() -> frozenset[str]:
    """The CPU's features that the kernel lists; empty where it lists none (macOS, Windows)."""
    if not CPU_INFO.is_file():
        return frozenset()
    for line in CPU_INFO.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() in ("flags", "features"):
            return frozenset(value.split())
    return frozenset()


def cpu_class(flags: frozenset[str]) -> str:
    """One word for a benchmark's heading: amx_bf16, avx512_bf16, avx512, avx2, ..."""
    best = next((name for name in CLASSES if name in flags), "plain")
    return "avx512" if best == "avx512f" else best


@cache
def has_fast_bf16() -> bool:
    """Whether bf16 products run in hardware; emulated ones can be sixty times slower than fp32.

    The flags decide, since they are the same in every run; a timed product decides only where there are no flags.
    """
    flags = cpu_flags()
    if flags:
        return any(name in flags for name in BF16_FLAGS)
    return _product_s(torch.float32) > TRIAL_GAIN * _product_s(torch.bfloat16)


def _product_s(kind: torch.dtype) -> float:
    """Least time of three small products."""
    left, right = torch.ones(128, 384, dtype=kind), torch.ones(384, 1536, dtype=kind)
    return min(_timed(left, right) for _ in range(3))


def _timed(left: torch.Tensor, right: torch.Tensor) -> float:
    start = time.perf_counter()
    torch.mm(left, right)
    return time.perf_counter() - start
