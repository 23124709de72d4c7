"""The benchmark of fine-tuning: no text in two parts, and a sum that is chosen away from the judged texts."""

from __future__ import annotations

import numpy as np
from benchmarks.text.sentences import key_of
from benchmarks.text.tuned import Cut, cut_texts, summed

from footfall.tuning.data import TuningTexts
from footfall.tuning.spec import TuningSpec


def test_no_sentence_is_in_two_parts_and_every_judged_one_is_judged():
    cut = cut_texts(TuningSpec(prefix="query: ", pooling="mean"), 2000)
    keys = [{key_of(text) for text in part.texts} for part in (cut.fitted, cut.aside, cut.judged)]
    assert len(cut.judged) == 3445
    assert len(cut.fitted) + len(cut.aside) == 2000
    assert sum(len(part) for part in keys) == len(set().union(*keys)) == 5445


def test_a_part_that_knows_nothing_hardly_counts_in_a_sum():
    draw = np.random.default_rng(5)
    labels = draw.integers(0, 2, 800)
    nothing = TuningTexts((), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    cut = Cut(nothing, TuningTexts(("",) * 800, labels, np.arange(800)), nothing)
    wise = {"aside": 2.0 * labels - 1 + draw.normal(size=800), "judged": np.array([1.0, 0.0])}
    blind = {"aside": draw.normal(size=800), "judged": np.array([0.0, 1.0])}
    first, second = summed(cut, wise, blind)["judged"] - summed(cut, wise, {**blind, "judged": np.zeros(2)})["judged"]
    assert abs(first) < 1e-9
    assert abs(second) < 0.3
