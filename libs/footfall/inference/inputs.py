"""What one forward pass reads, laid out on the host: rows of ids packed end to end, or padded. NumPy and torch; no device is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from footfall.inference.packing import Block

Shape = tuple[int, int]


@dataclass(frozen=True)
class Inputs:
    """Tensors for the device, and of each block of rows of equal length how many rows it has and how long they are."""

    tensors: Mapping[str, torch.Tensor]
    shapes: tuple[Shape, ...]

    def moved(self, tensors: Mapping[str, torch.Tensor]) -> Inputs:
        """The same, with tensors that lie elsewhere."""
        return replace(self, tensors=tensors)


def end_to_end(chunk: Sequence[Block], *, first_position: int, one_grid: bool) -> Inputs:
    """`ids` and `places`, int64[n_ids]: all rows one after the other, and the position of each id in its row.

    Where `one_grid` and there are several blocks also `slots`, int64[n_ids], the place of each id in a grid of rows as
    wide as the longest, and `mask`, bool[n_rows, longest], which of the grid's places hold an id.
    """
    shapes = _shapes(chunk)
    steps = np.concatenate([np.tile(np.arange(length), rows) for rows, length in shapes])
    tensors = {
        "ids": torch.from_numpy(np.concatenate([block.ravel() for block in chunk])),
        "places": torch.from_numpy(steps + first_position),
    }
    if one_grid and len(shapes) > 1:
        mask = _mask(shapes)
        tensors |= {"slots": mask.flatten().nonzero().flatten(), "mask": mask}
    return Inputs(tensors, shapes)


def padded(chunk: Sequence[Block], *, pad: int) -> Inputs:
    """`ids`, int64[n_rows, longest], filled up with `pad`, and `mask`, bool[n_rows, longest], of what is an id."""
    shapes = _shapes(chunk)
    longest = max(length for _, length in shapes)
    wide = [np.pad(block, ((0, 0), (0, longest - block.shape[1])), constant_values=pad) for block in chunk]
    return Inputs({"ids": torch.from_numpy(np.concatenate(wide)), "mask": _mask(shapes)}, shapes)


def _shapes(chunk: Sequence[Block]) -> tuple[Shape, ...]:
    return tuple((block.shape[0], block.shape[1]) for block in chunk)


def _mask(shapes: Sequence[Shape]) -> torch.Tensor:
    lengths = torch.tensor([length for rows, length in shapes for _ in range(rows)])
    return torch.arange(int(lengths.max())) < lengths[:, None]
