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
from footfall.models.churn import MODEL, RECENCY
from footfall.models.churn.people import score
from footfall.models.common.binary_scorer import BinaryScorer
from footfall.models.common.binary_training import labelled_rows, train_binary
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


def test_where_the_learner_ties_with_a_baseline_the_baseline_becomes_the_model(trained: Trained) -> None:
    assert (trained.verdict.role, trained.verdict.served_by) == (Role.BASELINE, "baseline: recency alone")
    assert trained.serves
    assert trained.missed.startswith("churn: baseline: recency alone serves, since auroc is ")
    assert isinstance(trained.model.fitted, BinaryScorer)
    assert trained.model.fitted.learner == "recency alone"
    assert trained.features == (("recency_days", "double"),)
    assert trained.feature_version == RECENCY.version
    assert trained.parameters["learner"] == "recency alone"


def test_the_figures_are_those_of_the_baseline_that_serves(trained: Trained) -> None:
    assert trained.metrics["auroc"] == trained.metrics["auroc_recency_alone"] > 0.75
    assert list(trained.evaluation["coefficients"]) == ["recency"]
    assert next(iter(trained.evaluation["gain_curve"])) == "recency alone"


def test_everybody_is_scored_by_the_baseline_and_the_rows_say_so(people: DataFrame, trained: Trained) -> None:
    champion = LoadedModel(trained.model.fitted, "churn/2", trained.verdict.served_by)
    rows = scored(people, champion)
    assert len(rows) == PERSON_COUNT
    assert set(rows["served_by"]) == {"baseline: recency alone"}
    assert set(rows["model_version"]) == {"churn/2"}
    assert rows["score"].between(0, 1).all()
    assert {reason["feature"] for reasons in rows["reasons"] for reason in reasons} == {"recency_days"}
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
