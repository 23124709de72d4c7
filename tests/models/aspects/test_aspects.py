"""The aspects model on made-up clauses: it learns from a list of words what else is said of the same things."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from footfall.errors import DataError
from footfall.models.aspects.lexicon import parsed
from footfall.models.aspects.model import AspectModel, Mix, fit_aspects, pieces_of

LEXICON = parsed(
    {"price": {"zh": ["贵"], "en": ["price"]}, "service": {"en": ["staff"]}, "rare": {"en": ["unicorn"]}}, where=""
)
ABOUT = {"price": (1.0, 0.0), "service": (0.0, 1.0), "": (0.0, 0.0)}
RANDOM = np.random.default_rng(3)
MIX = Mix(words=4.0, vectors=1.0, both=-0.5, others=-0.5, shift=0.5, threshold=0.5)


def _vectors(topics: list[str]) -> np.ndarray:
    return np.array([ABOUT[topic] for topic in topics]) + RANDOM.normal(0, 0.1, (len(topics), 2))


@pytest.fixture(scope="module")
def model() -> AspectModel:
    """Fitted on 300 clauses in turn of a price, of staff and of nothing; "bargain" stands beside the word price only."""
    topics = ["price", "service", ""] * 100
    said = {"price": "price, a bargain", "service": "the staff smiled", "": "we came on monday"}
    clauses = [f"{said[topic]} {i}" for i, topic in enumerate(topics)]
    return fit_aspects(clauses, _vectors(topics), lexicon=LEXICON, fingerprint="enc1", mix=MIX)


def _predicted(model: AspectModel, clause: str, topic: str) -> list[tuple[str, tuple[str, ...]]]:
    frame = pd.DataFrame({"text": [clause], "vector": [list(ABOUT[topic])]}, index=[7])
    found = model.predict(frame)
    assert found.index.tolist() == [7]
    return [(said.aspect, said.evidence) for said in found["aspects"].iloc[0]]


def test_what_the_list_does_not_know_is_learned_from_its_votes(model: AspectModel) -> None:
    assert _predicted(model, "what a bargain", "price") == [("price", ("bargain",))]
    assert _predicted(model, "we came on monday", "") == []


def test_the_words_of_the_list_are_the_evidence_where_they_are_there(model: AspectModel) -> None:
    assert _predicted(model, "staff told us the price", "service") == [("service", ("staff",)), ("price", ("price",))]
    assert _predicted(model, "太贵了", "price") == [("price", ("贵",))]


def test_an_aspect_without_votes_has_the_list_alone(model: AspectModel) -> None:
    assert "rare" not in dict(_predicted(model, "a horse", ""))
    assert dict(_predicted(model, "a unicorn", ""))["rare"] == ("unicorn",)
    assert model.of_vectors.intercepts[2] == -6.0
    assert not model.of_ngrams.coefficients[2].any()


def test_a_model_comes_back_from_its_file_and_says_the_same(model: AspectModel) -> None:
    back = AspectModel.from_json(json.loads(json.dumps(model.as_json())))
    clauses, vectors = ["what a bargain", "the staff smiled", ""], [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    np.testing.assert_allclose(back.probability(clauses, vectors), model.probability(clauses, vectors), atol=1e-3)


def test_a_model_file_holds_no_word_of_a_text(model: AspectModel) -> None:
    told = json.dumps(model.as_json(), ensure_ascii=False)
    assert "bargain" not in told
    assert "monday" not in told


def test_no_clause_and_an_empty_one(model: AspectModel) -> None:
    assert model.predict(pd.DataFrame({"text": [], "vector": []}))["aspects"].tolist() == []
    assert _predicted(model, "", "") == []


def test_vectors_of_another_encoder_are_refused(model: AspectModel) -> None:
    with pytest.raises(DataError, match="vectors of 2 numbers"):
        model.probability(["a"], [[1.0, 2.0, 3.0]])


def test_nothing_to_learn_from_is_a_fault() -> None:
    with pytest.raises(DataError, match="no clause"):
        fit_aspects([], np.empty((0, 2)), lexicon=LEXICON, fingerprint="enc1")


@pytest.mark.parametrize(
    ("clause", "expected"),
    [("so loud!", ["so", "loud"]), ("很吵。", ["很吵"]), ("", []), ("...", []), ("好", ["好"])],
)
def test_pieces_that_may_serve_as_evidence(clause: str, expected: list[str]) -> None:
    assert pieces_of(clause) == expected


def test_a_word_of_another_aspect_speaks_against_one(model: AspectModel) -> None:
    alone = replace(model, mix=replace(MIX, others=0.0)).probability(["the price, the staff"], _vectors([""]))
    both = replace(model, mix=replace(MIX, others=-2.0)).probability(["the price, the staff"], _vectors([""]))
    price, rare = LEXICON.aspects.index("price"), LEXICON.aspects.index("rare")
    assert both[0, price] < alone[0, price] - 0.05
    assert both[0, rare] < alone[0, rare]
