"""Each gate of churn refuses a model that differs from a passing one in that metric alone, and the champion's place likewise."""

from __future__ import annotations

import numpy as np
import pytest
from models_shared import ROUNDS, base_settings, gates_passed

from footfall.models.churn import MODEL
from footfall.models.common import measures
from footfall.models.common.binary_training import METRICS
from footfall.models.common.featureset import Matrix
from footfall.models.common.gates import Contenders, Role, Verdict, decide
from footfall.models.common.logistic import sigmoid

DRAWS = np.random.default_rng(11)
PAUSE, ORDERS, MONEY = DRAWS.normal(size=(3, 3000))
LOG_ODDS = 1.5 * PAUSE + 1.5 * ORDERS + 1.0 * MONEY
LEAVES = (DRAWS.random(3000) < sigmoid(LOG_ODDS)).astype(np.int64)

HONEST = sigmoid(LOG_ODDS)
STRETCHED = sigmoid(3 * LOG_ODDS)  # the same ranking, far too sure
RECENCY, RFM = sigmoid(0.9 * MONEY), sigmoid(1.1 * PAUSE)
RFM_TOO_SURE = sigmoid(4 * PAUSE)
TWO_OF_THREE = sigmoid(1.3 * PAUSE + 1.3 * ORDERS)


def verdict_of(candidate: Matrix, *, rfm: Matrix = RFM, champion: Matrix | None = None) -> Verdict:
    learner, (recency_alone, rfm_logistic) = MODEL.learners[0], MODEL.baselines
    contenders = Contenders(
        outcomes=LEAVES,
        learner=learner.name,
        predictions={learner.name: candidate, recency_alone.name: RECENCY, rfm_logistic.name: rfm},
        baselines=(recency_alone.name, rfm_logistic.name),
        trivial=np.full(len(LEAVES), LEAVES.mean()),
        champion=champion,
        champion_name="churn/1",
    )
    return decide(
        contenders, gates=MODEL.gates, metrics=METRICS, settings=base_settings()["churn"], max_champion_loss=0.01,
        rounds=ROUNDS,
    )  # fmt: skip


def test_the_gates_are_auroc_and_log_loss_and_an_honest_model_passes_them() -> None:
    verdict = verdict_of(HONEST)
    assert gates_passed(verdict) == {("auroc", "baseline"): True, ("log_loss", "baseline"): True}
    assert verdict.role is Role.LEARNER


def test_log_odds_that_are_stretched_rank_alike_and_miss_the_log_loss_alone() -> None:
    assert measures.auroc(LEAVES, STRETCHED) == measures.auroc(LEAVES, HONEST)
    verdict = verdict_of(STRETCHED)
    assert gates_passed(verdict) == {("auroc", "baseline"): True, ("log_loss", "baseline"): False}
    assert (verdict.role, verdict.name) == (Role.BASELINE, "RFM + logistic regression")


def test_the_ranking_of_a_baseline_misses_the_auroc_alone_however_honest_its_probabilities() -> None:
    assert verdict_of(HONEST, rfm=RFM_TOO_SURE).role is Role.LEARNER
    verdict = verdict_of(sigmoid(1.1 * PAUSE), rfm=RFM_TOO_SURE)
    assert gates_passed(verdict) == {("auroc", "baseline"): False, ("log_loss", "baseline"): True}
    assert verdict.role is Role.BASELINE


@pytest.mark.parametrize(
    ("metric", "candidate", "champion"),
    [("log_loss", sigmoid(2 * LOG_ODDS), HONEST), ("auroc", TWO_OF_THREE, STRETCHED)],
)
def test_a_candidate_that_is_worse_than_the_champion_in_one_metric_alone_does_not_serve(
    metric: str, candidate: Matrix, champion: Matrix
) -> None:
    assert verdict_of(candidate).role is Role.LEARNER
    verdict = verdict_of(candidate, champion=champion)
    assert [key for key, passed in gates_passed(verdict).items() if not passed] == [(metric, "champion")]
    assert (verdict.role, verdict.name) == (Role.CHAMPION, "churn/1")
    assert verdict_of(candidate, champion=candidate).role is Role.LEARNER
