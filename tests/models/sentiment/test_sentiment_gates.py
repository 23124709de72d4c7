"""Each gate of sentiment refuses a head that differs from a passing one in that metric alone."""

from __future__ import annotations

import numpy as np
import pytest
from models_shared import ENCODER, as_champion, gates_passed, training_run

from footfall.models.common.gates import Role, Verdict
from footfall.models.common.labelled import LabelledTexts, Split
from footfall.models.common.logistic import sigmoid
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.sentiment import MODEL, NEGATIVE, POSITIVE
from footfall.models.sentiment.model import SentimentModel
from footfall.models.sentiment.training import BOTH, decide_sentiment, score_held_out

COUNT = 3000
TRUE_SLOPES = np.array([3.0, 3.0, 2.0])
DRAWS = np.random.default_rng(21)
VECTORS = DRAWS.normal(size=(COUNT, 3)).astype(np.float32)
IS_POSITIVE = DRAWS.random(COUNT) < sigmoid(VECTORS @ TRUE_SLOPES)
TEXTS = LabelledTexts(
    texts=[""] * COUNT,
    vectors=VECTORS,
    labels=[POSITIVE if positive else NEGATIVE for positive in IS_POSITIVE],
    languages=["en"] * COUNT,
    splits=[Split.FIT if number < 200 else Split.HELD_OUT for number in range(COUNT)],
)


def head(*slopes: float, sure: float = 1.0, shift: float = 0.0) -> TextHead:
    """Log-odds of positive are the vector times `slopes`, `sure` times as sure, and a shift."""
    half = sure * np.array(slopes) / 2
    return TextHead((NEGATIVE, POSITIVE), Softmax(np.stack([-half, half]), np.array([-shift, shift]) / 2), None, None)


HONEST = head(*TRUE_SLOPES)
TIMID = head(*TRUE_SLOPES, sure=0.3)  # ranks and decides as the honest one does
LEANING = head(*TRUE_SLOPES, sure=0.3, shift=1.6)  # ranks as the timid one, and calls many negative texts positive
VECTORS_HEAD, TOO_SURE = head(1.0, 0.0, 0.0), head(1.0, 0.0, 0.0, sure=8.0)
NGRAMS_HEAD = head(0.0, 0.0, 0.7)


def verdict_of(candidate: TextHead, *, vectors: TextHead = VECTORS_HEAD, champion: TextHead | None = None) -> Verdict:
    loaded = as_champion(SentimentModel(BOTH, ENCODER, champion), "sentiment") if champion else None
    heads = {"n-grams": NGRAMS_HEAD, "vectors": vectors, BOTH: candidate}
    return decide_sentiment(TEXTS, score_held_out(TEXTS, heads), training_run(MODEL, champion=loaded))


def missed_by(verdict: Verdict) -> list[tuple[str, str]]:
    assert len(verdict.reports) in {len(MODEL.gates), 2 * len(MODEL.gates)}
    return [key for key, passed in gates_passed(verdict).items() if not passed]


@pytest.mark.parametrize("candidate", [HONEST, TIMID])
def test_the_gates_are_auroc_accuracy_and_log_loss_and_good_heads_pass_them(candidate: TextHead) -> None:
    verdict = verdict_of(candidate)
    assert [report.metric for report in verdict.reports] == ["auroc", "accuracy", "log_loss"]
    assert (missed_by(verdict), verdict.role) == ([], Role.LEARNER)


def test_a_head_that_is_far_too_sure_misses_the_log_loss_alone() -> None:
    verdict = verdict_of(head(*TRUE_SLOPES, sure=12.0))
    assert missed_by(verdict) == [("log_loss", "baseline")]
    assert verdict.served_by == "baseline: vectors"


def test_a_head_that_leans_to_one_class_misses_the_accuracy_alone() -> None:
    assert verdict_of(TIMID, vectors=TOO_SURE).role is Role.LEARNER
    assert missed_by(verdict_of(LEANING, vectors=TOO_SURE)) == [("accuracy", "baseline")]


def test_a_head_that_ranks_as_a_baseline_misses_the_auroc_alone() -> None:
    assert verdict_of(HONEST, vectors=TOO_SURE).role is Role.LEARNER
    assert missed_by(verdict_of(VECTORS_HEAD, vectors=TOO_SURE)) == [("auroc", "baseline")]


@pytest.mark.parametrize(
    ("metric", "candidate", "champion"),
    [
        ("log_loss", TIMID, HONEST),
        ("accuracy", head(*TRUE_SLOPES, sure=0.3, shift=0.4), head(*TRUE_SLOPES, sure=12.0)),
        ("auroc", head(2.5, 2.5, 0.0), head(*TRUE_SLOPES, sure=0.3, shift=0.8)),
    ],
)
def test_a_candidate_that_is_worse_than_the_champion_in_one_metric_alone_does_not_serve(
    metric: str, candidate: TextHead, champion: TextHead
) -> None:
    assert verdict_of(candidate).role is Role.LEARNER
    verdict = verdict_of(candidate, champion=champion)
    assert missed_by(verdict) == [(metric, "champion")]
    assert (verdict.role, verdict.name) == (Role.CHAMPION, "sentiment/1")
    assert verdict_of(candidate, champion=candidate).role is Role.LEARNER
