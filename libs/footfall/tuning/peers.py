"""The processes that train together, as the loop sees them. One alone needs no torch.distributed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from torch import nn


class Peers(Protocol):
    """What the loop asks of the processes beside it."""

    rank: int
    world: int

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model whose backward pass leaves every process the mean gradient."""

    def hold(self, model: nn.Module) -> AbstractContextManager[Any]:
        """While it lasts, gradients add up in the process alone."""

    def agreed(self, value: float) -> float:
        """What the first process says."""

    def same(self, value: float) -> bool:
        """Whether all processes say the same."""


class Alone:
    """One process."""

    rank = 0
    world = 1

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model as it is."""
        return model

    def hold(self, model: nn.Module) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Nothing to hold back."""
        return nullcontext()

    def agreed(self, value: float) -> float:
        """Its own word."""
        return value

    def same(self, value: float) -> bool:  # noqa: ARG002
        """It agrees with itself."""
        return True
