"""Variants lose and swap words by chance that repeats; by character where a text has no blanks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tuning_shared import ruled, spec_of, tiny_bert

from footfall.tuning.augment import varied
from footfall.tuning.job import TuningTokenIds


def variant(text: str, strength: float, seed: int = 1) -> str:
    return varied(text, strength=strength, generator=np.random.default_rng(seed))


def test_without_strength_a_text_stays():
    assert variant("the tea was very good", 0.0) == "the tea was very good"
    assert variant("茶真的很好喝", 0.0) == "茶真的很好喝"


def test_words_are_lost_and_swapped_yet_none_is_new():
    text = "one two three four five six seven eight nine ten"
    variants = {variant(text, 0.3, seed=seed) for seed in range(20)}
    assert len(variants) > 15
    assert all(set(v.split()) <= set(text.split()) for v in variants)
    assert min(len(v.split()) for v in variants) < 8
    assert any(sorted(v.split(), key=text.split().index) != v.split() for v in variants)


def test_chinese_is_taken_by_character_and_gets_no_blanks():
    variants = {variant("这家店的茶真的很好喝", 0.3, seed=seed) for seed in range(10)}
    assert len(variants) > 5
    assert all(" " not in v and set(v) <= set("这家店的茶真的很好喝") for v in variants)


def test_a_short_text_loses_nothing():
    assert {variant("好茶", 0.9, seed=seed) for seed in range(10)} == {"好茶"}


def test_epochs_vary_alike_in_every_process_and_only_the_share_that_is_set(tmp_path: Path):
    texts, folder = tuple(ruled(60)[0]), tiny_bert(tmp_path)
    ids = TuningTokenIds(folder, texts, spec_of(augment_share=0.5, augment_strength=0.4))
    again = TuningTokenIds(folder, texts, spec_of(augment_share=0.5, augment_strength=0.4))
    plain = TuningTokenIds(folder, texts, spec_of())
    assert ids(0) == again(0) != ids(1)
    assert plain(0) == plain(1)
    changed = sum(tokens != other for tokens, other in zip(ids(0), plain(0), strict=True))
    assert 10 < changed < 45
