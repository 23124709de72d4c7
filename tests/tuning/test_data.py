"""A text belongs to one part whoever wrote it how often; batches hold texts of like length, all of them once."""

from __future__ import annotations

import numpy as np
import pytest
from tuning_shared import CLASSES, ruled

from footfall.errors import DataError
from footfall.tuning.data import TuningSplit, batches, class_weights, folds, key_of, labelled, part_of, split_texts


def test_rows_that_differ_in_blanks_case_and_punctuation_are_one_text():
    texts = labelled(
        ["Good tea", " good  tea!", "bad", "Ｂａｄ。"], ["positive"] * 2 + ["negative"] * 2, classes=CLASSES
    )
    assert texts.texts == ("Good tea", "bad")
    assert texts.labels.tolist() == [1, 0]
    assert texts.rows.tolist() == [0, 2]


def test_a_text_with_two_labels_teaches_nothing():
    texts = labelled(["tea", "tea.", "cup", "jug"], ["positive", "negative", "positive", "negative"], classes=CLASSES)
    assert texts.texts == ("cup", "jug")


def test_a_label_that_is_no_class_and_a_class_without_texts_are_told():
    with pytest.raises(DataError, match=r"\['odd'\]"):
        labelled(["tea"], ["odd"], classes=CLASSES)
    with pytest.raises(DataError, match=r"\['negative'\]"):
        labelled(["tea"], ["positive"], classes=CLASSES)


def test_the_parts_share_no_text_and_a_text_keeps_its_part_when_others_come():
    texts, labels = ruled(400)
    every = split_texts(labelled(texts, labels, classes=CLASSES), stopping_share=0.1, held_out_share=0.2)
    half = split_texts(labelled(texts[:200], labels[:200], classes=CLASSES), stopping_share=0.1, held_out_share=0.2)
    assert sum(len(part) for part in every.values()) == 400
    assert 20 <= len(every[TuningSplit.STOPPING]) <= 60
    assert 60 <= len(every[TuningSplit.HELD_OUT]) <= 100
    for part in TuningSplit:
        assert set(half[part].texts) <= set(every[part].texts)


def test_variants_of_a_text_fall_into_one_part():
    parts = [
        {part_of(text, stopping_share=0.3, held_out_share=0.3) for text in (t, t.upper(), f"{t}!")}
        for t in ruled(50)[0]
    ]
    assert {len(splits) for splits in parts} == {1}


def test_rows_that_a_caller_keeps_aside_are_those_to_stop_on():
    texts, labels = ruled(50)
    kept = [row % 5 == 0 for row in range(50)]
    splits = split_texts(labelled(texts, labels, classes=CLASSES), stopping_share=0.5, held_out_share=0.0, kept=kept)
    assert splits[TuningSplit.STOPPING].rows.tolist() == list(range(0, 50, 5))
    assert len(splits[TuningSplit.FITTED]) == 40


def test_parts_without_texts_to_fit_or_stop_on_are_refused():
    with pytest.raises(DataError, match="0 to stop on"):
        split_texts(labelled(["tea", "cup"], CLASSES, classes=CLASSES), stopping_share=0.0, held_out_share=0.0)


def test_each_text_is_in_one_fold():
    data = labelled(*ruled(90), classes=CLASSES)
    cut = folds(data, 3)
    assert sorted(text for _, fold in cut for text in fold.texts) == sorted(data.texts)
    assert all(not set(others.texts) & set(fold.texts) and len(others) + len(fold) == 90 for others, fold in cut)


def test_batches_hold_every_text_once_and_hardly_any_padding():
    lengths = np.random.default_rng(1).integers(3, 60, 1000).tolist()
    of_all = batches(lengths, texts=16, generator=np.random.default_rng(2))
    assert sorted(np.concatenate(of_all).tolist()) == list(range(1000))
    assert max(len(batch) for batch in of_all) == 16
    computed = sum(max(lengths[i] for i in batch) * len(batch) for batch in of_all)
    assert computed < 1.1 * sum(lengths)
    again = batches(lengths, texts=16, generator=np.random.default_rng(2))
    assert [b.tolist() for b in again] == [b.tolist() for b in of_all]


def test_balanced_classes_weigh_alike():
    labels = np.array([0, 0, 0, 1])
    assert class_weights(labels, classes=2, balanced=True).tolist() == pytest.approx([2 / 3, 2])
    assert class_weights(labels, classes=2, balanced=False).tolist() == [1, 1]


def test_a_text_without_letters_is_named_by_itself():
    assert key_of("!!!") != key_of("???")
