"""What one forward pass reads, laid out on the host for either kind of model. NumPy and torch; no device is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from footfall.text.windows import Tokens

Shape = tuple[int, int]


@dataclass(frozen=True)
class Inputs:
    """Tensors for the device, and of each block of texts of equal length how many texts and tokens it has."""

    tensors: Mapping[str, torch.Tensor]
    shapes: tuple[Shape, ...]

    def moved(self, tensors: Mapping[str, torch.Tensor]) -> Inputs:
        """The same, with tensors that lie elsewhere."""
        return replace(self, tensors=tensors)


def end_to_end(chunk: Sequence[Tokens], *, first_position: int, one_grid: bool) -> Inputs:
    """`ids` and `places`, int64[n_tokens]: all texts one after the other.

    Where `one_grid` and there are several blocks also `slots`, int64[n_tokens], the place of each token in a grid of
    texts as wide as the longest, and `mask`, bool[n_texts, longest], which of the grid's places hold a token.
    """
    shapes = _shapes(chunk)
    steps = np.concatenate([np.tile(np.arange(tokens), texts) for texts, tokens in shapes])
    tensors = {
        "ids": torch.from_numpy(np.concatenate([block.ravel() for block in chunk])),
        "places": torch.from_numpy(steps + first_position),
    }
    if one_grid and len(shapes) > 1:
        mask = _mask(shapes)
        tensors |= {"slots": mask.flatten().nonzero().flatten(), "mask": mask}
    return Inputs(tensors, shapes)


def padded(chunk: Sequence[Tokens], *, pad: int) -> Inputs:
    """`ids`, int64[n_texts, longest], filled up with `pad`, and `mask`, bool[n_texts, longest], of what is a token."""
    shapes = _shapes(chunk)
    longest = max(tokens for _, tokens in shapes)
    wide = [np.pad(block, ((0, 0), (0, longest - block.shape[1])), constant_values=pad) for block in chunk]
    return Inputs({"ids": torch.from_numpy(np.concatenate(wide)), "mask": _mask(shapes)}, shapes)


def _shapes(chunk: Sequence[Tokens]) -> tuple[Shape, ...]:
    return tuple((block.shape[0], block.shape[1]) for block in chunk)


def _mask(shapes: Sequence[Shape]) -> torch.Tensor:
    lengths = torch.tensor([tokens for texts, tokens in shapes for _ in range(texts)])
    return torch.arange(int(lengths.max())) < lengths[:, None]
