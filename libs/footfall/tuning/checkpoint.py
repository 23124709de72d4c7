"""Where a run stands between two steps, as a file: a run that was killed goes on as if it had not been."""

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
    """All that a run is made of between two steps. Chance needs no place here: it is drawn from seed and step."""

    step: int = 0
    evaluations: int = 0
    best_loss: float = float("inf")
    best_step: int = 0
    best_evaluation: int = 0
    best: Tensors = field(default_factory=dict)
    averaged: Tensors = field(default_factory=dict)  # the running mean of what is learned, where the spec asks for one
    curve: list[tuple[int, str, float]] = field(default_factory=list)


def name_of(spec: TuningSpec, *parts: tuple[Sequence[Sequence[int]], Rows], world: int, start: bytes) -> str:
    """File name of a run's checkpoint: another spec, texts to fit or to stop on, start or number of processes is another run."""
    digest = hashlib.blake2b(f"{spec.version} {world}".encode(), digest_size=8)
    digest.update(start)
    for ids, labels in parts:
        digest.update(repr(list(ids)).encode())
        digest.update(labels.tobytes())
    return f"checkpoint-{digest.hexdigest()}.pt"


def save(path: Path, progress: Progress, learned: Tensors, optimiser: dict[str, Any], scaler: dict[str, Any]) -> None:
    """Writes beside, then renames: a run killed while it writes has its last checkpoint still."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    torch.save({"progress": vars(progress), "learned": learned, "optimiser": optimiser, "scaler": scaler}, str(beside))
    os.replace(beside, path)  # noqa: PTH105 - Path.replace is the same call; this one says that it is atomic


def read(path: Path) -> dict[str, Any] | None:
    """What `save` wrote, `progress` as a Progress; None where there is none."""
    if not path.is_file():
        return None
    found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    found["progress"] = Progress(**found["progress"])
    return found
