"""Figures of the text benchmarks: ratios of rounds, share of the ceiling, least cosine, work in FLOP. No Spark, no clock."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from footfall.inference.packing import cut, longest_first, padded_size

BASELINE = "usual"
MLFLOW = "mlflow"
COLUMNS = ("variant", "texts/s", "ratio", "no loading", "to mlflow", "of ceiling", "least cosine")
WIDTHS = (22, 9, 7, 11, 10, 11, 13)


@dataclass
class Timing:
    """The seconds of a variant, a value for each round, and the vectors of its last round."""

    ceiling: str = ""  # name of the ceiling of its number type; "" where there is none
    seconds: list[float] = field(default_factory=list)
    loading: list[float] = field(default_factory=list)
    vectors: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))

    @property
    def bare(self) -> list[float]:
        """Seconds of each round without the loading of the model, where the variant reports it."""
        loading = self.loading or [0.0] * len(self.seconds)
        return [s - load for s, load in zip(self.seconds, loading, strict=True)]


def least_cosine(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> float:
    """The least cosine of two rows of the same place, as 1 minus half their squared distance: exact near 1, where a product rounds."""
    unit = [m.astype(np.float64) / np.linalg.norm(m.astype(np.float64), axis=1, keepdims=True) for m in (left, right)]
    return float(1 - ((unit[0] - unit[1]) ** 2).sum(axis=1).max() / 2)


def median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the ratios of the rounds."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def table(timings: Mapping[str, Timing], *, texts: int) -> str:
    """All variants beside the usual way, mlflow's and their ceilings; `-` where there is nothing to compare with.

    `no loading` subtracts the loading of the model from the usual way's time alone, so it is a lower bound of the gain.
    """
    lines = [_line(COLUMNS)]
    lines += [_line((name, *_figures(timing, timings, texts))) for name, timing in timings.items()]
    return "\n".join(lines)


def _figures(timing: Timing, timings: Mapping[str, Timing], texts: int) -> list[str]:
    usual, mlflow, ceiling = (timings.get(name) for name in (BASELINE, MLFLOW, timing.ceiling))
    own = timing.bare if timing is usual else timing.seconds
    exact = usual is not None and timing.vectors.shape == usual.vectors.shape and timing.vectors.size > 0
    return [
        f"{statistics.median(texts / s for s in timing.seconds):.1f}",
        f"{median_ratio(usual.seconds, timing.seconds):.2f}" if usual else "-",
        f"{median_ratio(usual.bare, own):.2f}" if usual else "-",
        f"{median_ratio(mlflow.seconds, timing.seconds):.2f}" if mlflow else "-",
        f"{median_ratio(ceiling.seconds, timing.seconds):.0%}" if ceiling else "-",
        f"{least_cosine(timing.vectors, usual.vectors):.6f}" if usual and exact else "-",
    ]


def _line(cells: Sequence[str]) -> str:
    first, *rest = (f"{c:>{w}}" if i else f"{c:<{w}}" for i, (c, w) in enumerate(zip(cells, WIDTHS, strict=True)))
    return " ".join([first, *rest]).rstrip()


def work(lengths: Sequence[int], config: Mapping[str, Any]) -> float:
    """Floating-point operations of a BERT forward over texts of these lengths in tokens: products and attention."""
    hidden, wide, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    products = 2 * sum(lengths) * (4 * hidden * hidden + 2 * hidden * wide)
    attention = 4 * hidden * sum(length * length for length in lengths)
    return float(layers * (products + attention))


def as_rectangle(lengths: Sequence[int]) -> tuple[int, int]:
    """(texts, tokens of each) with about as many tokens and as much work in attention as texts of these lengths."""
    tokens = sum(lengths)
    length = round(sum(n * n for n in lengths) / tokens)
    return max(1, round(tokens / length)), length


def padding(counts: Sequence[int], *, batch: int, tokens: int, tasks: int) -> dict[str, float]:
    """Padded tokens over real tokens, in batches by arrival and in sorted chunks (ours are not padded at all)."""
    padded = {"usual": 0, "sorted chunks": 0}
    for share in np.array_split(np.array(counts), tasks):
        ordered = share[longest_first(share.tolist())].tolist()
        batches = [slice(start, start + batch) for start in range(0, len(share), batch)]
        padded["usual"] += padded_size(share.tolist(), batches)
        padded["sorted chunks"] += padded_size(ordered, cut(ordered, budget=tokens))
    return {name: computed / sum(counts) for name, computed in padded.items()}


def format_shares(seconds_by_part: Mapping[str, float]) -> str:
    """The sum of the seconds, and the share of each part."""
    whole = sum(seconds_by_part.values())
    return f"{whole:.2f} s: " + ", ".join(f"{name} {s / whole:.1%}" for name, s in seconds_by_part.items())
