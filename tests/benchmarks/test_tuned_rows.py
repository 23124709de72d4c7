"""The benchmark of fine-tuning: no text in two parts, and a sum that is not chosen on the held-out texts."""

from __future__ import annotations

import numpy as np
from benchmarks.text.sentences import key_of
from benchmarks.text.tuned import SentenceSplit, split_sentences, summed

from footfall.tuning.data import TuningTexts
from footfall.tuning.spec import TuningSpec


def test_no_sentence_is_in_two_parts_and_every_held_out_one_is_there():
    split = split_sentences(TuningSpec(prefix="query: ", pooling="mean"), 2000)
    keys = [{key_of(text) for text in part.texts} for part in (split.fitting, split.choosing, split.held_out)]
    assert len(split.held_out) == 3445
    assert len(split.fitting) + len(split.choosing) == 2000
    assert sum(len(part) for part in keys) == len(set().union(*keys)) == 5445


def test_a_part_without_information_hardly_counts_in_a_sum():
    draw = np.random.default_rng(5)
    labels = draw.integers(0, 2, 800)
    nothing = TuningTexts((), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    split = SentenceSplit(nothing, TuningTexts(("",) * 800, labels, np.arange(800)), nothing)
    informed = {"choosing": 2.0 * labels - 1 + draw.normal(size=800), "held_out": np.array([1.0, 0.0])}
    blind = {"choosing": draw.normal(size=800), "held_out": np.array([0.0, 1.0])}
    first, second = (
        summed(split, informed, blind)["held_out"]
        - summed(split, informed, {**blind, "held_out": np.zeros(2)})["held_out"]
    )
    assert abs(first) < 1e-9
    assert abs(second) < 0.3
