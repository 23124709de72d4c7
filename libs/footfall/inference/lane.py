"""Moves tensors between host and device; on a GPU by pinned memory and a second stream, while it computes. torch only."""

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
        """The same on the device; work that is queued after this call reads the copies."""

    def home(self, result: torch.Tensor) -> Callable[[], Matrix]:
        """Starts copying a result to the host; the returned function waits for it."""

    def free(self) -> None:
        """Frees memory that torch keeps but does not use, after the device ran out of it."""


class HostLane:
    """The lane of the CPU: there is nothing to move."""

    def bring(self, inputs: Inputs) -> Inputs:
        """The same."""
        return inputs

    def home(self, result: torch.Tensor) -> Callable[[], Matrix]:
        """The result is on the host already."""
        matrix: Matrix = result.numpy()
        return lambda: matrix

    def free(self) -> None:
        """Nothing: torch keeps no memory of the CPU."""


class CudaLane:
    """The lane of a GPU. Copies run on a second stream, so that the next chunk is copied while this one is computed.

    torch keeps the pinned memory, and reuses a buffer only when its copy has ended.
    """

    def __init__(self, device: Device) -> None:
        self._device = device.name
        self._copies = torch.cuda.Stream(device.name)  # type: ignore[no-untyped-call]  # torch has no types here

    def bring(self, inputs: Inputs) -> Inputs:
        """Starts the copies; work that is queued after this call waits for them, earlier work does not."""
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
        """One copy into pinned memory, while the GPU computes."""
        host = torch.empty(result.shape, dtype=result.dtype, pin_memory=True)
        host.copy_(result, non_blocking=True)
        is_there = torch.cuda.Event()  # type: ignore[no-untyped-call]  # as above
        is_there.record(torch.cuda.current_stream(self._device))

        def arrived() -> Matrix:
            is_there.synchronize()
            matrix: Matrix = host.numpy().copy()  # the pinned memory is used again
            return matrix

        return arrived

    def free(self) -> None:
        """Empties this process's cache on its GPU."""
        torch.cuda.empty_cache()


def lane_to(device: Device) -> Lane:
    """The way to a device and back."""
    return CudaLane(device) if device.is_gpu else HostLane()
