"""What labelled clauses teach: aspects that the list's words do not show, and words of the list that show nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from footfall.models.aspects.lexicon import parsed
from footfall.models.aspects.model import AspectModel, fit_aspects, votes
from footfall.models.aspects.supervised import FEWEST_CLAUSES, LabelledClauses, teachable

LEXICON = parsed({"price": {"en": ["price"]}, "service": {"en": ["staff"]}, "rare": {"en": ["unicorn"]}}, where="")
# by what a clause says: its place among vectors, and what people say that it speaks of
KINDS = {
    "the price is high": ((1.0, 0.0, 0.0), ["price"]),
    "paid too much": ((0.8, 0.0, 0.6), ["price"]),  # no word of the list, and not where its votes lie
    "staff was kind": ((0.0, 1.0, 0.0), ["service"]),
    "we met the staff of a bank": ((0.0, 0.0, -1.0), []),  # a word of the list that shows nothing
    "came on monday": ((0.0, 0.0, 0.0), []),
}


def _drawn(rows: int, seed: int) -> LabelledClauses:
    random = np.random.default_rng(seed)
    said = random.choice(list(KINDS), rows).tolist()
    vectors = np.array([KINDS[clause][0] for clause in said]) + random.normal(0, 0.1, (rows, 3))
    return LabelledClauses([f"{clause} {i}" for i, clause in enumerate(said)], vectors, [KINDS[c][1] for c in said])


def _fitted(labelled: LabelledClauses | None) -> AspectModel:
    written = _drawn(400, seed=1)
    supervised = teachable(labelled, aspects=LEXICON.aspects) if labelled else ()
    return fit_aspects(
        written.clauses, written.vectors, lexicon=LEXICON, fingerprint="enc1", labelled=labelled, supervised=supervised
    )


def _share_right(said: np.ndarray, held_out: LabelledClauses) -> float:
    return float((said == held_out.marks(LEXICON.aspects)).all(axis=1).mean())


def test_labels_teach_what_neither_the_list_nor_its_votes_show() -> None:
    held_out = _drawn(300, seed=3)
    alone, supervised = _fitted(None), _fitted(_drawn(300, seed=2))
    shown = [m.probability(held_out.clauses, held_out.vectors) >= m.mix.threshold for m in (alone, supervised)]
    listed = votes(held_out.clauses, lexicon=LEXICON)
    assert max(_share_right(listed, held_out), _share_right(shown[0], held_out)) < 0.85
    assert _share_right(shown[1], held_out) > 0.97


def test_an_aspect_that_no_label_speaks_of_stays_with_the_list() -> None:
    alone, supervised = _fitted(None), _fitted(_drawn(300, seed=2))
    assert supervised.supervised is not None
    assert supervised.supervised.aspects == ("price", "service")
    vectors = np.zeros((2, 3))
    found = [model.probability(["a unicorn", "a horse"], vectors)[:, 2] for model in (alone, supervised)]
    assert found[0] == pytest.approx(found[1])


def test_few_labels_teach_nothing() -> None:
    assert _fitted(_drawn(FEWEST_CLAUSES - 1, seed=2)).supervised is None
    assert _fitted(LabelledClauses([], np.empty((0, 0)), [])).supervised is None


def test_the_model_comes_back_from_json() -> None:
    model, held_out = _fitted(_drawn(300, seed=2)), _drawn(20, seed=5)
    back = AspectModel.from_json(json.loads(json.dumps(model.as_json())))
    assert back.probability(held_out.clauses, held_out.vectors) == pytest.approx(
        model.probability(held_out.clauses, held_out.vectors), abs=1e-3
    )
    assert not {"monday", "paid", "bank"} & set(json.dumps(model.as_json()).split('"'))
    old = {name: told for name, told in _fitted(None).as_json().items() if name != "supervised"}
    assert AspectModel.from_json(json.loads(json.dumps(old))).supervised is None
