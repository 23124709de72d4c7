"""The head over vectors and n-grams, on made-up texts: what each part knows, honest probabilities, files without words."""

import json

import numpy as np
import pytest
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from footfall.errors import DataError
from footfall.models.common import measures
from footfall.models.common.blend import balanced, fit_blend
from footfall.models.common.ngrams import NGrams
from footfall.models.common.text_head import NGRAMS, VECTORS, TextHead, fit_head, fit_heads, fit_softmax

CLASSES = ("negative", "neutral", "positive")
MOODS = {"negative": "broken and late", "neutral": "bought on monday", "positive": "lovely and fast"}


def _texts(count: int, *, telling: float) -> tuple[list[str], np.ndarray, list[str]]:
    """Texts of three moods in turn; a share `telling` of them says its mood in words, all say it in noisy vectors."""
    chance = np.random.default_rng(count)  # of its own, so that no test depends on those before it
    labels = [CLASSES[i % 3] for i in range(count)]
    told = chance.random(count) < telling
    texts = [
        f"{MOODS[mood] if says else 'no words'} {i}" for i, (mood, says) in enumerate(zip(labels, told, strict=True))
    ]
    vectors = np.array([[m == mood for m in CLASSES] for mood in labels], dtype=float) + chance.normal(
        0, 0.6, (count, 3)
    )
    return texts, vectors, labels


TEXTS, SEEN, LABELS = _texts(900, telling=0.5)
KEPT = np.arange(900) % 5 == 0


def _head(parts: tuple[str, ...] = (VECTORS, NGRAMS)) -> TextHead:
    return fit_head(TEXTS, SEEN, LABELS, classes=CLASSES, kept=KEPT, parts=parts)


def _accuracy(head: TextHead) -> float:
    texts, vectors, labels = _texts(600, telling=0.5)
    found = head.probability(texts, vectors).argmax(axis=1)
    return float(np.mean([CLASSES[place] == label for place, label in zip(found, labels, strict=True)]))


def test_words_and_vectors_together_beat_either_alone() -> None:
    alone = max(_accuracy(_head((VECTORS,))), _accuracy(_head((NGRAMS,))))
    assert _accuracy(_head()) > alone + 0.05


def test_probabilities_are_honest() -> None:
    texts, vectors, labels = _texts(1500, telling=0.5)
    positive = _head().probability(texts, vectors)[:, 2]
    truth = np.array([label == "positive" for label in labels], dtype=np.int64)
    assert measures.calibration_error(truth, positive) < 0.04


def test_a_head_comes_back_from_json_as_it_was_and_holds_no_text() -> None:
    head = _head()
    told = json.dumps(head.as_json())
    assert "lovely" not in told
    np.testing.assert_allclose(
        TextHead.from_json(json.loads(told)).probability(TEXTS, SEEN), head.probability(TEXTS, SEEN), atol=1e-3
    )


def test_heads_that_share_a_part_are_those_fitted_alone() -> None:
    variants = {"both": (VECTORS, NGRAMS), "words": (NGRAMS,), "seen": (VECTORS,)}
    weights = np.linspace(0.5, 1.5, len(TEXTS))
    heads = fit_heads(TEXTS, SEEN, LABELS, classes=CLASSES, kept=KEPT, variants=variants, weights=weights)
    for name, parts in variants.items():
        alone = fit_head(TEXTS, SEEN, LABELS, classes=CLASSES, kept=KEPT, parts=parts, weights=weights)
        assert heads[name].as_json() == alone.as_json()
    assert (heads["words"].of_vectors, heads["seen"].of_ngrams, heads["seen"].ngrams) == (None, None, None)


def test_a_part_is_what_scikit_learn_fits() -> None:
    codes = np.array([CLASSES.index(label) for label in LABELS])
    inputs = NGrams.fit(TEXTS).transform(TEXTS)
    expected = LogisticRegression(C=10.0, max_iter=500).fit(inputs, codes)
    fitted = fit_softmax(inputs, codes, 10.0)
    np.testing.assert_allclose(fitted.coefficients, expected.coef_, rtol=0, atol=1e-9)
    np.testing.assert_allclose(fitted.intercepts, expected.intercept_, rtol=0, atol=1e-9)


def test_no_texts_give_no_rows() -> None:
    assert _head().probability([], []).shape == (0, 3)


def test_an_empty_text_is_judged_by_its_vector_alone() -> None:
    found = _head().probability([""], [[0.0, 0.0, 2.0]])
    assert found.argmax() == 2
    assert found.sum() == pytest.approx(1)


def test_vectors_of_another_encoder_are_refused() -> None:
    with pytest.raises(DataError, match="vectors of 3 numbers was given vectors of 2"):
        _head().probability(["x"], [[1.0, 2.0]])


def test_a_class_without_texts_is_told() -> None:
    with pytest.raises(DataError, match="no mixed to fit on"):
        fit_head(TEXTS, SEEN, LABELS, classes=(*CLASSES, "mixed"), kept=KEPT)


def test_a_blend_undoes_what_is_too_sure_and_drops_what_misleads() -> None:
    chance = np.random.default_rng(9)
    truth = chance.random(4000)
    labels = (chance.random(4000) < truth).astype(np.int64)
    honest = np.stack([-logit(truth) / 2, logit(truth) / 2], axis=1)
    (sure, misled), shifts = fit_blend([3 * honest, chance.permutation(honest)], labels)
    assert sure == pytest.approx(1 / 3, abs=0.05)
    assert misled == pytest.approx(0, abs=0.05)
    np.testing.assert_allclose(shifts, 0, atol=0.1)


def test_balanced_weights_make_the_classes_as_common_as_asked() -> None:
    labels = np.array([0, 0, 0, 1], dtype=np.int64)
    each = balanced(labels, [0.5, 0.5])
    assert each.sum() == pytest.approx(4)
    assert each[:3].sum() == pytest.approx(each[3])


def test_an_ngram_of_one_text_alone_counts_for_nothing() -> None:
    ngrams = NGrams.fit(["abc", "abd"])
    assert ngrams.transform(["d"]).nnz == 0
    assert ngrams.transform(["ab"]).nnz == 3  # a, b, ab
