"""Churn on people whose chance to leave follows a known rule: long silence beside their own usual gap."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from models_shared import EVALUATION_DATE, TRAINING, as_champion, scoring_run, training_run
from pyspark.ml.classification import LogisticRegression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract.frames import conform
from footfall.errors import ContractError, DataError
from footfall.models.churn import MODEL
from footfall.models.churn.people import population, score
from footfall.models.common.binary_scorer import BinaryScorer
from footfall.models.common.binary_training import labelled_rows, train_binary
from footfall.models.common.gates import Role
from footfall.models.common.logistic import Linear
from footfall.models.common.spark_features import vectors
from footfall.models.common.trained import Trained, require_version
from footfall.tables import USER_FEATURES, USER_SCORES

DATES = (*TRAINING, EVALUATION_DATE)


@pytest.fixture(scope="module")
def rows(people: DataFrame) -> DataFrame:
    labels = people.select("as_of_date", "user_id", "no_purchase")
    in_population = population(people.drop("no_purchase"), dates=DATES, active_within_days=365)
    return labelled_rows(MODEL, in_population, labels, "no_purchase")


@pytest.fixture(scope="module")
def trained(rows: DataFrame) -> Trained:
    return train_binary(rows, training_run(MODEL))


@pytest.fixture(scope="module")
def model(trained: Trained) -> BinaryScorer:
    assert isinstance(trained.model.fitted, BinaryScorer)
    return trained.model.fitted


def test_the_model_beats_recency_alone_and_rfm_clearly(trained: Trained) -> None:
    metrics = trained.metrics
    assert metrics["auroc"] > metrics["auroc_recency_alone"] + 0.05
    assert metrics["auroc"] > metrics["auroc_RFM_logistic_regression"] + 0.02
    assert metrics["auroc_low"] < metrics["auroc"] < metrics["auroc_high"]
    assert (trained.verdict.role, trained.missed) == (Role.LEARNER, "")
    assert [(r.metric, r.passed) for r in trained.verdict.reports] == [("auroc", True), ("log_loss", True)]


def test_its_probabilities_are_honest(trained: Trained) -> None:
    error, by_chance = trained.metrics["calibration_error"], trained.evaluation["calibration_by_chance"]
    assert error - by_chance < 0.05


def test_a_model_without_skill_misses_its_gates_and_says_by_how_much(rows: DataFrame) -> None:
    by_chance = rows.withColumn("label", F.pmod(F.xxhash64("user_id", "as_of_date"), F.lit(2)).cast("double"))
    trained = train_binary(by_chance, training_run(MODEL))
    assert trained.verdict.role is Role.NOBODY
    assert trained.missed.startswith("churn: nothing serves, since auroc is ")
    assert "more than +0.0020 is needed" in trained.missed


def test_the_exported_model_predicts_what_mllibs_own_transform_does(rows: DataFrame, model: BinaryScorer) -> None:
    in_vectors = vectors(model.scaler, rows, "as_of_date", "user_id", "label")
    fitted = LogisticRegression(regParam=0.01).fit(in_vectors)
    exported = replace(model, linear=Linear(tuple(fitted.coefficients.toArray()), fitted.intercept))
    in_spark = fitted.transform(in_vectors).orderBy("as_of_date", "user_id").select("probability").collect()
    scores = exported.predict(rows.orderBy("as_of_date", "user_id").toPandas())["score"]
    np.testing.assert_allclose(scores, [row["probability"][1] for row in in_spark], rtol=1e-9)


def test_reasons_are_the_strongest_shifts_of_the_log_odds_and_add_up(rows: DataFrame, model: BinaryScorer) -> None:
    person = rows.where("user_id = 'u0001'").toPandas().head(1)
    contributions = model.scaler.apply(person)[0] * np.array(model.linear.coefficients)
    reasons = model.predict(person)["reasons"].iloc[0]
    strongest = sorted(contributions, key=lambda part: -abs(part))[:3]
    assert [reason["contribution"] for reason in reasons] == strongest
    named = {f.name: f.column for f in model.scaler.features}
    assert all(
        r["value"] == person[named[r["feature"]]].iloc[0] for r in reasons if not r["feature"].endswith("_missing")
    )


def test_scores_keep_their_contract_and_leave_out_the_long_silent(people: DataFrame, model: BinaryScorer) -> None:
    run = scoring_run(MODEL, frames={USER_FEATURES: people}, champion=as_champion(model, "churn"))
    run = replace(run, settings={"active_within_days": 60})
    (output,) = score(run)
    silent = people.where((F.col("as_of_date") == F.lit(EVALUATION_DATE)) & (F.col("recency_days") > 60)).count()
    scored = conform(output.frame, USER_SCORES).toPandas()
    assert silent > 0
    assert len(scored) == 600 - silent
    assert scored["score"].between(0, 1).all()
    assert {len(reasons) for reasons in scored["reasons"]} == {3}
    assert set(scored["served_by"]) == {"logistic regression"}
    assert set(scored["model_version"]) == {"churn/1"}
    assert scored["no_score_reason"].isna().all()


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_cannot_be_learnt(rows: DataFrame, label: float) -> None:
    of_one_class = rows.where(F.col("label") == label)
    with pytest.raises(DataError, match=f"the label needs two classes, there is only {label:.0f}"):
        train_binary(of_one_class, training_run(MODEL))


def test_an_evaluation_date_of_one_class_is_named(rows: DataFrame) -> None:
    on_the_date = F.col("as_of_date") == F.lit(EVALUATION_DATE)
    with pytest.raises(DataError, match="churn, evaluation date 2017-11-01: the label needs two classes"):
        train_binary(rows.where(~on_the_date | (F.col("label") == 0.0)), training_run(MODEL))


def test_a_model_of_other_features_is_refused(model: BinaryScorer, people: DataFrame) -> None:
    require_version(model, model.feature_version, name="churn/1")
    other = as_champion(replace(model, feature_version="0" * 12), "churn")
    with pytest.raises(ContractError, match="churn/1 was fitted on features 000000000000"):
        score(scoring_run(MODEL, frames={USER_FEATURES: people}, champion=other))


def test_a_model_read_back_from_json_is_the_same(model: BinaryScorer) -> None:
    assert BinaryScorer.from_json(json.loads(json.dumps(model.as_json()))) == model
