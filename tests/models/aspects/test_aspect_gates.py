"""An aspects model is compared with the champion on clauses that neither was fitted on: by labels, else by the list's votes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from models_shared import as_champion, gates_passed, training_run

from footfall.models.aspects import MODEL
from footfall.models.aspects.lexicon import builtin
from footfall.models.aspects.model import AspectModel, fit_aspects
from footfall.models.aspects.supervised import LabelledClauses
from footfall.models.aspects.training import ReadClauses, decide_by_labels, decide_by_votes
from footfall.models.common.gates import Role, Verdict
from footfall.models.common.text_head import Softmax

ASPECTS = ("price", "service")
# what people write: its place among vectors, and what it speaks of; the list knows words of the first two alone
SENTENCES = {
    "the price is high": ((1.0, 0.0, 0.0, 0.0), ["price"]),
    "the staff was kind": ((0.0, 1.0, 0.0, 0.0), ["service"]),
    "had to sell a kidney": ((0.0, 0.0, 1.0, 0.0), ["price"]),
    "she never looked up": ((0.0, 0.0, 0.0, 1.0), ["service"]),
    "we came on monday": ((0.0, 0.0, 0.0, 0.0), []),
}


def drawn(count: int, *, seed: int, without_label: str = "") -> LabelledClauses:
    """Clauses with noisy vectors; the labels of one sentence may be absent, as if nobody had noticed what it speaks of."""
    random = np.random.default_rng(seed)
    sentences = random.choice(list(SENTENCES), count).tolist()
    vectors = np.array([SENTENCES[text][0] for text in sentences]) + random.normal(0, 0.1, (count, 4))
    aspects = [[] if text == without_label else SENTENCES[text][1] for text in sentences]
    return LabelledClauses([f"{text} {seed} {i}" for i, text in enumerate(sentences)], vectors, aspects)


def fitted(labelled: LabelledClauses) -> AspectModel:
    return fit_aspects(
        labelled.clauses, labelled.vectors, lexicon=builtin(), fingerprint="enc1", labelled=labelled, supervised=ASPECTS
    )


HELD_OUT = drawn(400, seed=9)
GOOD = fitted(drawn(400, seed=1))
LESS = fitted(drawn(400, seed=1, without_label="she never looked up"))  # better than the list, and less than GOOD


def by_labels(candidate: AspectModel, champion: AspectModel | None) -> Verdict:
    run = training_run(MODEL, own={}, champion=champion and as_champion(champion, "aspects"))
    return decide_by_labels(candidate, HELD_OUT, ASPECTS, run)


def by_votes(candidate: AspectModel, champion: AspectModel) -> Verdict:
    run = training_run(MODEL, own={}, champion=as_champion(champion, "aspects"), min_auroc_gain=0.3)
    return decide_by_votes(candidate, ReadClauses(list(HELD_OUT.clauses), HELD_OUT.vectors), run)


def test_without_a_champion_it_is_enough_to_find_more_than_the_list() -> None:
    for candidate in (GOOD, LESS):
        assert gates_passed(by_labels(candidate, None)) == {("micro_f1", "baseline"): True}


@pytest.mark.parametrize(
    ("candidate", "champion", "passed"), [(GOOD, GOOD, True), (GOOD, LESS, True), (LESS, GOOD, False)]
)
def test_a_candidate_that_finds_less_than_the_champion_does_not_serve(
    candidate: AspectModel, champion: AspectModel, *, passed: bool
) -> None:
    verdict = by_labels(candidate, champion)
    assert gates_passed(verdict) == {("micro_f1", "baseline"): True, ("micro_f1", "champion"): passed}
    assert verdict.role is (Role.LEARNER if passed else Role.CHAMPION)


def test_a_champion_that_lacks_an_aspect_which_the_shop_added_says_it_of_no_clause() -> None:
    own = builtin().with_own({"gift": {"en": ["monday"]}}, where="a test")
    with_gift = fit_aspects(
        HELD_OUT.clauses, HELD_OUT.vectors, lexicon=own, fingerprint="enc1", labelled=HELD_OUT, supervised=ASPECTS
    )
    run = training_run(MODEL, own={}, champion=as_champion(GOOD, "aspects"))
    named = [
        [*of, *(["gift"] if "monday" in text else [])]
        for text, of in zip(HELD_OUT.clauses, HELD_OUT.aspects, strict=True)
    ]
    verdict = decide_by_labels(with_gift, replace(HELD_OUT, aspects=named), (*ASPECTS, "gift"), run)
    against_champion = next(report for report in verdict.reports if report.is_champion)
    assert against_champion.gain.value > 0.05
    assert against_champion.passed


def test_by_votes_a_head_that_ranks_worse_than_the_champions_does_not_serve() -> None:
    heads, places = GOOD.of_vectors, [GOOD.lexicon.aspects.index(aspect) for aspect in ASPECTS]
    coefficients = heads.coefficients.copy()
    coefficients[places] = coefficients[places].sum(axis=0)  # cannot tell the two aspects from each other
    worse = replace(GOOD, of_vectors=Softmax(coefficients, heads.intercepts))
    assert gates_passed(by_votes(GOOD, GOOD)) == {
        ("auroc_of_votes", "baseline"): True,
        ("auroc_of_votes", "champion"): True,
    }
    assert gates_passed(by_votes(worse, GOOD)) == {
        ("auroc_of_votes", "baseline"): True,
        ("auroc_of_votes", "champion"): False,
    }
