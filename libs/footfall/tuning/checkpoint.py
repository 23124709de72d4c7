"""The state of a run between two steps, as a file: a run that was killed continues with the same result."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from footfall.tuning.data import Rows
from footfall.tuning.spec import TuningSpec

Tensors = dict[str, torch.Tensor]


@dataclass
class Progress:
    """The state of a run between two steps. It holds no state of random numbers: they are drawn from seed and step."""

    step: int = 0
    evaluations: int = 0
    best_loss: float = float("inf")
    best_step: int = 0
    best_evaluation: int = 0
    best: Tensors = field(default_factory=dict)
    averaged: Tensors = field(
        default_factory=dict
    )  # the running mean of the trained parameters, if the spec sets average_decay
    curve: list[tuple[int, str, float]] = field(default_factory=list)


def name_of(spec: TuningSpec, *parts: tuple[Sequence[Sequence[int]], Rows], world: int, start: bytes) -> str:
    """File name of a run's checkpoint: it differs by spec, texts to fit and to stop on, start, and number of processes."""
    digest = hashlib.blake2b(f"{spec.version} {world}".encode(), digest_size=8)
    digest.update(start)
    for ids, labels in parts:
        digest.update(repr(list(ids)).encode())
        digest.update(labels.tobytes())
    return f"checkpoint-{digest.hexdigest()}.pt"


def save(path: Path, progress: Progress, learned: Tensors, optimiser: dict[str, Any], scaler: dict[str, Any]) -> None:
    """Writes a second file, then renames it: a run that is killed while it writes still has its last checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    torch.save({"progress": vars(progress), "learned": learned, "optimiser": optimiser, "scaler": scaler}, str(beside))
    os.replace(beside, path)  # noqa: PTH105 - Path.replace is the same call; this one says that it is atomic


def read(path: Path) -> dict[str, Any] | None:
    """What `save` wrote, `progress` as a Progress; None where there is none."""
    if not path.is_file():
        return None
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    content["progress"] = Progress(**content["progress"])
    return content
