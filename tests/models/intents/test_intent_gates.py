"""Each gate of intents refuses a model that differs from a passing one in that metric alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from models_shared import ENCODER, as_champion, gates_passed, training_run

from footfall.models.common.gates import Role, Verdict
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.intents import MODEL
from footfall.models.intents.model import NEVER, IntentsModel
from footfall.models.intents.training import KEY_WORDS, LEARNER, decide_intents

CLASSES = ("refund", "invoice", "other")
COUNT = 2000
DRAWS = np.random.default_rng(31)
PLACES = np.arange(COUNT) % 3
NOISES = (0.4, 0.65, 0.8)
# three noisy views of each message's intent, the first the clearest
VIEWS = [np.eye(3)[PLACES] + DRAWS.normal(0, noise, (COUNT, 3)) for noise in NOISES]
MESSAGES = pd.DataFrame({"text": "", "vector": list(np.hstack(VIEWS)), "intent": [CLASSES[place] for place in PLACES]})


def model(view: int, threshold: float, *, learner: str = LEARNER) -> IntentsModel:
    """Answers by one view, as sure as its noise allows."""
    slopes = np.zeros((3, 9))
    slopes[:, 3 * view : 3 * view + 3] = np.eye(3) / NOISES[view] ** 2
    return IntentsModel(learner, ENCODER, threshold, TextHead(CLASSES, Softmax(slopes, np.zeros(3)), None, None))


CLEAR, FAIR, NOISY = model(0, 0.5), model(1, 0.8), model(2, 0.8)
NGRAMS = model(2, NEVER, learner="n-grams")
WORDS = IntentsModel(KEY_WORDS, ENCODER, NEVER, None)


def verdict_of(candidate: IntentsModel, champion: IntentsModel | None = None, **settings: float) -> Verdict:
    run = training_run(MODEL, champion=champion and as_champion(champion, "intents"), **settings)
    models = {LEARNER: candidate, "n-grams": NGRAMS, KEY_WORDS: WORDS}
    return decide_intents(models, MESSAGES, MESSAGES, run)


def test_the_gates_are_accuracy_and_utility_and_a_good_model_passes_them() -> None:
    verdict = verdict_of(CLEAR)
    assert gates_passed(verdict) == {("accuracy", "baseline"): True, ("utility", "baseline"): True}
    assert verdict.role is Role.LEARNER


def test_a_model_that_answers_everything_however_unsure_misses_the_utility_alone() -> None:
    assert verdict_of(FAIR, min_precision=0.9).role is Role.LEARNER
    verdict = verdict_of(replace(FAIR, threshold=0.0), min_precision=0.9)
    assert gates_passed(verdict) == {("accuracy", "baseline"): True, ("utility", "baseline"): False}
    assert verdict.served_by == "baseline: n-grams"


def test_a_model_that_answers_nothing_does_not_serve() -> None:
    verdict = verdict_of(replace(FAIR, threshold=NEVER))
    assert verdict.served_by == "baseline: n-grams"
    assert "it answers no message" in verdict.reason


def test_a_model_that_knows_no_more_than_a_baseline_misses_the_accuracy_alone_however_well_it_is_silent() -> None:
    verdict = verdict_of(replace(NOISY, threshold=0.95))
    assert gates_passed(verdict) == {("accuracy", "baseline"): False, ("utility", "baseline"): True}


@pytest.mark.parametrize(
    ("metric", "candidate", "champion"),
    [("utility", replace(FAIR, threshold=0.99), FAIR), ("accuracy", FAIR, replace(CLEAR, threshold=NEVER))],
)
def test_a_candidate_that_is_worse_than_the_champion_in_one_metric_alone_does_not_serve(
    metric: str, candidate: IntentsModel, champion: IntentsModel
) -> None:
    assert verdict_of(candidate).role is Role.LEARNER
    verdict = verdict_of(candidate, champion)
    assert [key for key, passed in gates_passed(verdict).items() if not passed] == [(metric, "champion")]
    assert (verdict.role, verdict.name) == (Role.CHAMPION, "intents/1")
    assert verdict_of(candidate, candidate).role is Role.LEARNER
