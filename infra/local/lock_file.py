"""Entries of the lock file: which packages an environment gets. Standard library only, since set_up.py runs before .venv."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent / "requirements.lock"
# Packages that torch declares and can do without where there is no NVIDIA GPU. The other `nvidia-*` packages cannot be left
# out: torch's libraries are linked with theirs. docs/decisions/0012-cpu-torch.md has what was tried.
GPU_ONLY = frozenset(
    {
        "cuda-bindings",
        "cuda-pathfinder",
        "cuda-toolkit",
        "nvidia-cuda-cccl",
        "nvidia-cusolver",
        "nvidia-nvtx",
        "triton",
    }
)


def is_of_cuda(name: str) -> bool:
    """Whether a package of the lock file is there because torch declares it for GPUs."""
    return name.startswith(("nvidia-", "cuda-")) or name == "triton"


def entries(lock: str) -> dict[str, str]:
    """Name of each package -> its lines: version, condition and hashes."""
    blocks = re.findall(r"^([a-z0-9][a-z0-9._-]*)(==(?:.*\\\n)*.*\n?)", lock, re.MULTILINE)
    return {name: name + rest for name, rest in blocks}


def without(lock: str, names: Collection[str]) -> str:
    """The lock file without these packages."""
    return "".join(lines for name, lines in entries(lock).items() if name not in names)


def only(lock: str, names: Collection[str]) -> str:
    """The lock file of these packages alone; raises KeyError where it lacks one."""
    blocks = entries(lock)
    return "".join(blocks[name] for name in sorted(names))
