"""Nets learn what no linear head can; both answer the same from a file, and over inputs as they are."""

from __future__ import annotations

import json

import numpy as np
import pytest

from footfall.models.common.binary_heads import FEWEST, NO, Marks, Net, mean_logits, one_for_each, small_nets


def _drawn(rows: int, seed: int) -> tuple[np.ndarray, Marks]:
    """Inputs, and two questions of them: are the first two of one sign (no line parts these), is the third positive?"""
    inputs = np.random.default_rng(seed).normal(size=(rows, 4))
    return inputs, np.stack([inputs[:, 0] * inputs[:, 1] > 0, inputs[:, 2] > 0], axis=1)


def test_nets_learn_a_rule_that_linear_heads_cannot():
    inputs, marks = _drawn(600, seed=1)
    unseen, true = _drawn(400, seed=2)
    linear = ((one_for_each(inputs, marks, 1.0).logits(unseen) > 0) == true).mean(axis=0)
    by_nets = ((mean_logits(small_nets(inputs, marks), unseen) > 0) == true).mean(axis=0)
    assert linear[0] < 0.6 < 0.95 < linear[1]
    assert by_nets[0] > 0.85
    assert by_nets[1] > 0.9


def test_a_net_is_the_same_from_a_file_and_over_inputs_as_they_are():
    inputs, marks = _drawn(100, seed=3)
    middle, spread = np.full(4, 2.0), np.array([1.0, 2.0, 3.0, 4.0])
    net = small_nets(inputs, marks, count=1)[0]
    again = Net.from_json(json.loads(json.dumps(net.as_json())))
    assert again.logits(inputs) == pytest.approx(net.logits(inputs), abs=1e-3)
    assert net.over_raw(middle, spread).logits(inputs * spread + middle) == pytest.approx(net.logits(inputs))


def test_nets_are_the_same_on_every_run_and_differ_from_each_other():
    inputs, marks = _drawn(100, seed=4)
    one, other = small_nets(inputs, marks), small_nets(inputs, marks)
    assert all((a.inner == b.inner).all() for a, b in zip(one, other, strict=True))
    assert not np.allclose(one[0].inner, one[1].inner)


def test_one_question_is_answered_too():
    inputs, marks = _drawn(200, seed=5)
    assert small_nets(inputs, marks[:, 1:], count=1)[0].logits(inputs).shape == (200, 1)


def test_a_question_that_too_few_rows_answer_is_answered_no():
    inputs, marks = _drawn(200, seed=6)
    rare = np.zeros((200, 1), dtype=bool)
    rare[: FEWEST - 1] = True
    heads = one_for_each(inputs, np.concatenate([marks[:, 1:], rare], axis=1), 1.0)
    assert heads.logits(inputs)[:, 1] == pytest.approx(NO)
