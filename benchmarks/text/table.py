"""What the quality benchmarks share: rows of the table with intervals, and the encoder, with a store of vectors below build/."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from footfall.inference.device import choose_device, claim
from footfall.models.common.measures import Interval
from footfall.settings import resolve
from footfall.text.encoder import Encoder, load_encoder
from footfall.text.spec import encoder_specs

ROOT = Path(__file__).resolve().parents[2]
LABELS = ROOT / "benchmarks" / "text" / "labels"
STORED = ROOT / "build" / "quality"
ROUNDS = 1000
SEED = 17
Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]


class Row(NamedTuple):
    """A figure with its 95% bootstrap interval over n texts."""

    task: str
    method: str
    measure: str
    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, task: str, method: str, measure: str, interval: Interval, n: int) -> Row:
        """The row of an interval."""
        return cls(task, method, measure, interval.value, interval.low, interval.high, n)


def share(hits: npt.ArrayLike, *, rounds: int = ROUNDS) -> Interval:
    """The mean of zeros and ones with its interval."""
    values = np.asarray(hits, dtype=np.float64)
    resampled = values[np.random.default_rng(SEED).integers(0, len(values), (rounds, len(values)))].mean(axis=1)
    return Interval(float(values.mean()), *(float(q) for q in np.quantile(resampled, [0.025, 0.975])))


def markdown(rows: Iterable[Row]) -> str:
    """The table in Markdown."""
    lines = ["| task | method | measure | value | 95% interval | texts |", "|---|---|---|---:|---|---:|"]
    lines += [
        f"| {r.task} | {r.method} | {r.measure} | {r.value:.3f} | {r.low:.3f} to {r.high:.3f} | {r.n:,} |" for r in rows
    ]
    return "\n".join(lines)


def labels(name: str) -> list[dict[str, Any]]:
    """The rows of labels/<name>."""
    return [json.loads(line) for line in (LABELS / name).read_text("utf-8").splitlines()]


@cache
def encoder(directory: str = "") -> Encoder:
    """The encoder of conf/base.yaml, or that of a directory with the same settings, on one thread of this machine's CPU."""
    default = encoder_specs(resolve(ROOT / "conf", "local", {}).text.model_dump())[-1]
    spec = replace(default, encoder=directory or str(ROOT / default.encoder), device="cpu")
    device = choose_device(spec, addresses=(), environ={}, gpu_count=0)
    claim(device)
    return load_encoder(spec, device)


def vectors_of(texts: Sequence[str], directory: str = "") -> Vectors:
    """float32[n, dim] of normalised texts; computed once for each encoder and list of texts, then stored."""
    model = encoder(directory)
    name = hashlib.sha256(json.dumps([model.fingerprint, *texts]).encode()).hexdigest()[:16]
    stored = STORED / f"{name}.npy"
    if not stored.is_file():
        STORED.mkdir(parents=True, exist_ok=True)
        parts = [model.encode(texts[at : at + 2000]).vectors for at in range(0, len(texts), 2000)]
        np.save(stored, np.concatenate(parts) if parts else np.empty((0, model.dim), dtype=np.float32))
    vectors: Vectors = np.load(stored)
    return vectors
