"""The head that is fitted and calibrated on every text: no text is lost, and none judges itself."""

from __future__ import annotations

import numpy as np

from footfall.models.common import measures
from footfall.models.common.text_folds import fit_all_on_folds, fit_on_folds
from footfall.models.common.text_head import NGRAMS, VECTORS, fit_head

CLASSES = ("cold", "warm")


def _rows(count: int, *, seed: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts of two classes in turn, told by twenty noisy numbers; the words say nothing."""
    random = np.random.default_rng(seed)
    codes = np.arange(count) % 2
    return [f"text {n // 2}" for n in range(count)], random.normal(0, 2, (count, 20)) + codes[:, None], codes


def test_few_texts_teach_more_than_where_some_are_set_aside() -> None:
    unseen, seen, truth = _rows(2000, seed=1)
    ours, theirs = [], []
    for seed in range(5):
        texts, vectors, codes = _rows(40, seed=10 + seed)
        head = fit_on_folds(texts, vectors, codes, classes=CLASSES, parts=(VECTORS,)).head
        kept = np.arange(40) % 4 < 2
        labels = [CLASSES[code] for code in codes]
        set_aside = fit_head(texts, vectors, labels, classes=CLASSES, kept=kept, parts=(VECTORS,))
        for found, to in ((head, ours), (set_aside, theirs)):
            to.append(measures.log_loss(truth, found.probability(unseen, seen)[:, 1]))
    assert np.mean(ours) < np.mean(theirs)


def test_what_it_says_of_its_own_texts_is_what_it_would_say_of_others() -> None:
    texts, vectors, codes = _rows(200, seed=2)
    made = fit_on_folds(texts, vectors, codes, classes=CLASSES, strength={VECTORS: 100.0, NGRAMS: 10.0})
    own = np.mean(made.head.probability(texts, vectors).argmax(axis=1) == codes)
    others, seen, truth = _rows(2000, seed=3)
    real = np.mean(made.head.probability(others, seen).argmax(axis=1) == truth)
    told = np.mean(made.unseen.argmax(axis=1) == codes)
    assert own > real + 0.03
    assert abs(told - real) < 0.05
    np.testing.assert_allclose(made.unseen.sum(axis=1), 1)


def test_a_part_that_is_not_asked_for_is_not_there() -> None:
    texts, vectors, codes = _rows(40, seed=4)
    assert fit_on_folds(texts, vectors, codes, classes=CLASSES, parts=(NGRAMS,)).head.dim == 0
    assert fit_on_folds(texts, vectors, codes, classes=CLASSES, parts=(VECTORS,)).head.ngrams is None


def test_heads_that_share_a_part_are_those_fitted_alone() -> None:
    texts, vectors, codes = _rows(120, seed=5)
    variants = {"both": (VECTORS, NGRAMS), "words": (NGRAMS,)}
    together = fit_all_on_folds(texts, vectors, codes, classes=CLASSES, variants=variants)
    for name, parts in variants.items():
        alone = fit_on_folds(texts, vectors, codes, classes=CLASSES, parts=parts)
        assert together[name].head.as_json() == alone.head.as_json()
        np.testing.assert_array_equal(together[name].unseen, alone.unseen)
