"""Blocks of texts become the tensors of one forward pass: no token is lost, moved or doubled."""

from __future__ import annotations

import numpy as np
import torch

from footfall.inference.inputs import end_to_end, padded
from footfall.inference.packing import blocks

CHUNK = blocks([[7, 8, 9], [4, 5], [2, 3], [1]])


def test_texts_lie_end_to_end_with_their_places() -> None:
    inputs = end_to_end(CHUNK, first_position=2, one_grid=False)
    assert inputs.shapes == ((1, 3), (2, 2), (1, 1))
    assert {name: tensor.tolist() for name, tensor in inputs.tensors.items()} == {
        "ids": [7, 8, 9, 4, 5, 2, 3, 1],
        "places": [2, 3, 4, 2, 3, 2, 3, 2],
    }


def test_the_grid_has_a_slot_for_each_token_and_a_mask_over_them() -> None:
    inputs = end_to_end(CHUNK, first_position=0, one_grid=True)
    grid = torch.zeros(12, dtype=torch.long).index_copy_(0, inputs.tensors["slots"], inputs.tensors["ids"])
    expected = [[7, 8, 9], [4, 5, 0], [2, 3, 0], [1, 0, 0]]
    assert grid.view(4, 3).tolist() == expected
    assert inputs.tensors["mask"].tolist() == (np.array(expected) > 0).tolist()


def test_texts_of_one_length_need_no_grid() -> None:
    assert "slots" not in end_to_end(blocks([[1, 2], [3, 4]]), first_position=0, one_grid=True).tensors


def test_padding_fills_up_to_the_longest() -> None:
    inputs = padded(CHUNK, pad=99)
    assert inputs.tensors["ids"].tolist() == [[7, 8, 9], [4, 5, 99], [2, 3, 99], [1, 99, 99]]
    assert inputs.tensors["mask"].sum(dim=1).tolist() == [3, 2, 2, 1]
