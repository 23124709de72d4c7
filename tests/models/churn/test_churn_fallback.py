"""A missed gate does not cost the shop its portraits: a baseline serves under its own name, or the score is NULL with the reason."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from models_shared import (
    EVALUATION_DATE,
    PEOPLE,
    TRAINING,
    as_champion,
    person,
    scoring_run,
    share,
    training_run,
)
from pyspark.sql import DataFrame, SparkSession

from footfall.contract.frames import conform
from footfall.models.churn import MODEL
from footfall.models.churn.people import score
from footfall.models.common.binary_scorer import BinaryScorer
from footfall.models.common.binary_training import features_of, labelled_rows, train_binary
from footfall.models.common.declaration import Learner
from footfall.models.common.gates import Role
from footfall.models.common.runs import LoadedModel
from footfall.models.common.trained import Trained
from footfall.tables import USER_FEATURES, USER_SCORES

PERSON_COUNT = 600


@pytest.fixture(scope="module")
def people(spark: SparkSession) -> DataFrame:
    """People whose chance to leave depends on the days since their last order alone."""
    rows = []
    for day in (*TRAINING, EVALUATION_DATE):
        for number in range(PERSON_COUNT):
            features = person(number, day)
            log_odds = 2.0 * (math.log1p(float(str(features["recency_days"]))) - 2.5)
            leaves = share("leaves", number, day) < 1 / (1 + math.exp(-log_odds))
            rows.append({**features, "no_purchase": int(leaves)})
    return spark.createDataFrame(pd.DataFrame(rows).astype(object).where(lambda f: f.notna(), None), schema=PEOPLE)


@pytest.fixture(scope="module")
def trained(people: DataFrame) -> Trained:
    labels = people.select("as_of_date", "user_id", "no_purchase")
    rows = labelled_rows(MODEL, people.drop("no_purchase"), labels, "no_purchase")
    return train_binary(rows, training_run(MODEL))


def scored(people: DataFrame, champion: LoadedModel | None, reason: str = "") -> pd.DataFrame:
    (output,) = score(scoring_run(MODEL, frames={USER_FEATURES: people}, champion=champion, reason=reason))
    assert (output.table, list(output.as_of)) == (USER_SCORES, [EVALUATION_DATE])
    return conform(output.frame, USER_SCORES).toPandas()


@pytest.fixture(scope="module")
def baseline(trained: Trained) -> Learner:
    """The one that serves."""
    return next(b for b in MODEL.baselines if b.name == trained.verdict.name)


def test_where_the_learner_ties_with_a_baseline_the_baseline_becomes_the_model(
    trained: Trained, baseline: Learner
) -> None:
    assert (trained.verdict.role, trained.verdict.served_by) == (Role.BASELINE, f"baseline: {baseline.name}")
    assert trained.serves
    assert trained.missed.startswith(f"churn: the baseline {baseline.name} serves, since auroc is ")
    assert isinstance(trained.model.fitted, BinaryScorer)
    assert trained.model.fitted.learner == trained.parameters["learner"] == baseline.name
    features = features_of(MODEL, baseline)
    assert (tuple(trained.features), trained.feature_version) == (features.signature, features.version)


def test_the_figures_are_those_of_the_baseline_that_serves(trained: Trained, baseline: Learner) -> None:
    assert trained.evaluation["metrics"]["auroc"] == trained.evaluation["auroc"][baseline.name]
    assert list(trained.evaluation["auroc"]) == [x.name for x in (*MODEL.learners, *MODEL.baselines)]
    assert len(trained.evaluation["coefficients"]) == len(features_of(MODEL, baseline).columns)
    assert next(iter(trained.evaluation["gain_curve"])) == baseline.name


def test_everybody_is_scored_by_the_baseline_and_the_rows_say_so(
    people: DataFrame, trained: Trained, baseline: Learner
) -> None:
    champion = LoadedModel(trained.model.fitted, "churn/2", trained.verdict.served_by)
    rows = scored(people, champion)
    assert len(rows) == PERSON_COUNT
    assert set(rows["served_by"]) == {f"baseline: {baseline.name}"}
    assert set(rows["model_version"]) == {"churn/2"}
    assert rows["score"].between(0, 1).all()
    named = {reason["feature"] for reasons in rows["reasons"] for reason in reasons}
    assert named <= set(features_of(MODEL, baseline).columns)
    assert rows["no_score_reason"].isna().all()


def test_where_nothing_serves_everybody_has_a_row_without_a_score_and_with_the_reason(people: DataFrame) -> None:
    rows = scored(people, None, reason="nothing serves, since auroc is +0.0010 from recency alone")
    assert len(rows) == PERSON_COUNT
    assert rows[["score", "reasons", "served_by", "model_version"]].isna().all(axis=None)
    assert set(rows["no_score_reason"]) == {"nothing serves, since auroc is +0.0010 from recency alone"}
    assert set(rows["model"]) == {"churn"}


def test_a_baseline_that_serves_is_compared_like_any_champion(people: DataFrame, trained: Trained) -> None:
    labels = people.select("as_of_date", "user_id", "no_purchase")
    rows = labelled_rows(MODEL, people.drop("no_purchase"), labels, "no_purchase")
    again = train_binary(rows, training_run(MODEL, champion=as_champion(trained.model.fitted, "churn")))
    assert (again.verdict.role, again.verdict.name) == (Role.CHAMPION, "churn/1")
    assert not again.serves
