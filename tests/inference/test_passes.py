"""Any model over rows of ids runs in passes within a budget, in any order of lengths, and with less where memory lacks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from footfall.errors import EnvironmentFault
from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.inference.inputs import Inputs, padded
from footfall.inference.packing import Block
from footfall.inference.passes import Passes, ids_a_pass

CPU = Device("cpu", NumberType.FP32, "a test")
ROWS = [[n % 7 + 1] * (1 + 5 * n % 9) for n in range(40)]


class Sums:
    """Sum and length of each row; beyond `most` ids, padding included, its memory is full."""

    dim = 2

    def __init__(self, most: int = 1 << 20) -> None:
        self.most = most
        self.sizes: list[int] = []

    def laid_out(self, chunk: Sequence[Block]) -> Inputs:
        """Padded with 0."""
        return padded(chunk, pad=0)

    def computed(self, inputs: Inputs) -> torch.Tensor:
        """float32[n_rows, 2]."""
        ids = inputs.tensors["ids"]
        if ids.numel() > self.most:
            raise torch.OutOfMemoryError("full")
        self.sizes.append(ids.numel())
        return torch.stack([ids.sum(dim=1), inputs.tensors["mask"].sum(dim=1)], dim=1).float()


def passes(model: Sums, budget: int) -> Passes:
    return Passes(model, CPU, budget=budget, too_long=lambda length: EnvironmentFault(f"a row of {length} is too long"))


def expected(rows: list[list[int]]) -> list[list[float]]:
    return [[float(sum(row)), float(len(row))] for row in rows]


@pytest.mark.parametrize("ahead", [False, True])
def test_results_come_in_the_order_of_the_rows_and_no_pass_exceeds_the_budget(ahead: bool) -> None:
    model = Sums()
    runs = passes(model, budget=30)
    runs.works_ahead = ahead
    assert runs.begin(ROWS)().tolist() == expected(ROWS)
    assert max(model.sizes) <= 30
    assert sum(model.sizes) < 1.1 * sum(map(len, ROWS))  # hardly any padding


def test_no_rows_give_no_results() -> None:
    assert passes(Sums(), budget=30).begin([])().shape == (0, 2)


@pytest.mark.parametrize("ahead", [False, True])
def test_a_lack_of_memory_halves_the_budget_for_good(ahead: bool) -> None:
    model = Sums(most=50)
    runs = passes(model, budget=180)
    runs.works_ahead = ahead
    assert runs.begin(ROWS)().tolist() == expected(ROWS)
    halved = runs.budget
    assert 25 < halved <= 50
    assert max(model.sizes) > 25  # it took no less than it had to
    np.testing.assert_array_equal(runs.begin(ROWS)(), expected(ROWS))
    assert runs.budget == halved


def test_a_row_that_fits_nowhere_is_the_callers_fault_with_its_length() -> None:
    with pytest.raises(EnvironmentFault, match="a row of 9 is too long"):
        passes(Sums(most=8), budget=180).begin(ROWS)


def test_a_pass_on_a_gpu_holds_more() -> None:
    gpu = Device("cuda:0", NumberType.FP32, "a test")
    assert [ids_a_pass(4096, device) for device in (CPU, gpu)] == [4096, 65536]
