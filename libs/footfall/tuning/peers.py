"""The processes that train together, as the loop uses them; a single process needs no torch.distributed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from torch import nn


class Peers(Protocol):
    """What the loop needs of the processes that train with it."""

    rank: int
    world: int

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model whose backward pass leaves every process the mean gradient."""

    def hold(self, model: nn.Module) -> AbstractContextManager[Any]:
        """A context in which gradients are summed in this process only."""

    def agreed(self, value: float) -> float:
        """The value of the first process."""

    def same(self, value: float) -> bool:
        """Whether all processes have the same value."""


class Alone:
    """One process."""

    rank = 0
    world = 1

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model as it is."""
        return model

    def hold(self, model: nn.Module) -> AbstractContextManager[Any]:  # noqa: ARG002
        """No other process: nothing to do."""
        return nullcontext()

    def agreed(self, value: float) -> float:
        """Its own value."""
        return value

    def same(self, value: float) -> bool:  # noqa: ARG002
        """Always."""
        return True
