"""Runs a model over rows of ids in forward passes of like length, each within a budget that lack of memory halves. torch only."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from footfall.errors import FootfallError
from footfall.inference.device import Device
from footfall.inference.inputs import Inputs
from footfall.inference.lane import lane_to
from footfall.inference.packing import Block, blocks, chunk_end, longest_first

LOG = logging.getLogger(__name__)
GPU_TIMES = 16  # a forward pass on a GPU holds so many times the budget of the settings: it is idle over less


class RowModel(Protocol):
    """What passes need of a model: the width of its result, its inputs, and the result."""

    @property
    def dim(self) -> int:
        """Numbers in the result of a row."""

    def laid_out(self, chunk: Sequence[Block]) -> Inputs:
        """What `computed` reads, on the host."""

    def computed(self, inputs: Inputs) -> torch.Tensor:
        """float32[n_rows, dim] on the device, where the inputs lie."""


class Passes:
    """A model's forward passes on one device.

    `budget` is the most ids of a pass on a CPU, padding included. `too_long` makes the error for a row of a length that
    alone does not fit into the device's memory.
    """

    def __init__(
        self, model: RowModel, device: Device, *, budget: int, too_long: Callable[[int], FootfallError]
    ) -> None:
        self.model = model
        self.budget = ids_a_pass(budget, device)
        self.works_ahead = device.is_gpu  # on a CPU the task owns one thread, and it computes
        self._device = device.name
        self._lane = lane_to(device)
        self._too_long = too_long

    def begin(self, rows: Sequence[list[int]]) -> Callable[[], npt.NDArray[np.float32]]:
        """Starts computing; the returned function waits for float32[n_rows, dim], in the order of `rows`.

        On a GPU the work is only queued when this returns.
        """
        order = longest_first([len(row) for row in rows])
        arrive = self._lane.home(self._computed([rows[i] for i in order]))

        def results() -> npt.NDArray[np.float32]:
            by_row = np.empty((len(order), self.model.dim), dtype=np.float32)
            by_row[order] = arrive()
            return by_row

        return results

    def _computed(self, rows: Sequence[list[int]]) -> torch.Tensor:
        """float32[n_rows, dim] on the device; `rows` by falling length. The next chunk is copied while one is computed."""
        lengths = [len(row) for row in rows]
        results = torch.empty((len(rows), self.model.dim), dtype=torch.float32, device=self._device)
        coming: Inputs | None = None
        start = 0
        while start < len(rows):
            stop = chunk_end(lengths, start, budget=self.budget)
            try:
                current = coming or self._brought(rows[start:stop])
                coming = None
                results[start:stop] = self.model.computed(current)
                if self.works_ahead and stop < len(rows):
                    coming = self._brought(rows[stop : chunk_end(lengths, stop, budget=self.budget)])
            except torch.OutOfMemoryError:
                self._take_less(lengths[start], rows=stop - start)
            else:
                start = stop
        return results

    def _brought(self, rows: Sequence[list[int]]) -> Inputs:
        return self._lane.bring(self.model.laid_out(blocks(rows)))

    def _take_less(self, length: int, *, rows: int) -> None:
        """Halves what one forward pass holds, for good: the memory will not grow."""
        if rows == 1:
            raise self._too_long(length)
        self.budget = length * rows // 2
        self._lane.free()
        LOG.warning("out of memory on %s: %d ids a pass from now on", self._device, self.budget)


def ids_a_pass(budget: int, device: Device) -> int:
    """How many ids one forward pass holds at most, padding included, before memory says otherwise."""
    return budget * (GPU_TIMES if device.is_gpu else 1)
