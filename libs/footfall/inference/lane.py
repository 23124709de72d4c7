"""Moves tensors between host and device: on a GPU while it computes, by pinned memory and a stream of its own. torch only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from footfall.inference.device import Device
from footfall.inference.inputs import Inputs

Matrix = npt.NDArray[np.float32]


class Lane(Protocol):
    """The way to a device and back."""

    def bring(self, inputs: Inputs) -> Inputs:
        """The same on the device; what is computed from here on sees it."""

    def home(self, result: torch.Tensor) -> Callable[[], Matrix]:
        """Starts bringing a result back; the function that it gives waits for it."""

    def free(self) -> None:
        """Gives back memory that is kept but not used, after the device ran out of it."""


class HostLane:
    """The CPU's: there is nothing to move."""

    def bring(self, inputs: Inputs) -> Inputs:
        """The same."""
        return inputs

    def home(self, result: torch.Tensor) -> Callable[[], Matrix]:
        """The result is there already."""
        matrix: Matrix = result.numpy()
        return lambda: matrix

    def free(self) -> None:
        """The CPU's memory is given back as it is freed."""


class CudaLane:
    """A GPU's. Copies run on a second stream, so that the next chunk travels while this one is computed.

    The two buffers are torch's own: it keeps pinned memory, and takes a piece again only when its copy has ended.
    """

    def __init__(self, device: Device) -> None:
        self._device = device.name
        self._copies = torch.cuda.Stream(device.name)  # type: ignore[no-untyped-call]  # torch has no types here

    def bring(self, inputs: Inputs) -> Inputs:
        """Starts the copies; what is computed after this call waits for them, what was begun before does not."""
        computing = torch.cuda.current_stream(self._device)
        with torch.cuda.stream(self._copies):
            moved = {
                name: host.pin_memory().to(self._device, non_blocking=True) for name, host in inputs.tensors.items()
            }
        computing.wait_stream(self._copies)
        for tensor in moved.values():
            tensor.record_stream(computing)
        return inputs.moved(moved)

    def home(self, result: torch.Tensor) -> Callable[[], Matrix]:
        """One copy into pinned memory; the GPU goes on meanwhile."""
        host = torch.empty(result.shape, dtype=result.dtype, pin_memory=True)
        host.copy_(result, non_blocking=True)
        is_there = torch.cuda.Event()  # type: ignore[no-untyped-call]  # as above
        is_there.record(torch.cuda.current_stream(self._device))

        def arrived() -> Matrix:
            is_there.synchronize()
            matrix: Matrix = host.numpy().copy()  # the pinned memory is wanted again
            return matrix

        return arrived

    def free(self) -> None:
        """Empties this process's cache on its GPU."""
        torch.cuda.empty_cache()


def lane_to(device: Device) -> Lane:
    """The way to a device and back."""
    return CudaLane(device) if device.is_gpu else HostLane()
