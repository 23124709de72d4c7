"""Churn on people whose chance to leave follows a known rule: long silence beside their own usual gap."""

import json
from typing import Any

import numpy as np
import pytest
from models_shared import JUDGED, TRAINING
from pyspark.ml.classification import LogisticRegression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract.frames import conform
from footfall.errors import ContractError, DataError
from footfall.models.churn import training as churn
from footfall.models.churn.training import ChurnModel
from footfall.models.common.logistic import Linear, helps, platt, sigmoid
from footfall.models.common.trained import Trained, require_version
from footfall.tables import USER_SCORES

ASKED: dict[str, Any] = {
    "training": TRAINING, "judged": JUDGED, "horizon_days": 61, "min_auroc_gain": 0.002, "bootstrap_rounds": 50
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(people: DataFrame) -> DataFrame:
    labels = people.select("as_of_date", "user_id", "no_purchase")
    asked = churn.population(people.drop("no_purchase"), dates=(*TRAINING, JUDGED), active_within_days=365)
    return churn.examples(asked, labels)


@pytest.fixture(scope="module")
def trained(rows: DataFrame) -> Trained:
    return churn.train(rows, **ASKED)


@pytest.fixture(scope="module")
def model(trained: Trained) -> ChurnModel:
    assert isinstance(trained.model.fitted, ChurnModel)
    return trained.model.fitted


def test_the_model_beats_recency_alone_and_rfm_clearly(trained: Trained) -> None:
    told = trained.metrics
    assert told["auroc"] > told["auroc_recency_alone"] + 0.05
    assert told["auroc"] > told["auroc_RFM_logistic_regression"] + 0.02
    assert told["auroc_low"] < told["auroc"] < told["auroc_high"]
    assert trained.missed == ""


def test_a_model_without_skill_misses_its_gate_and_says_by_how_much(rows: DataFrame) -> None:
    shuffled = rows.withColumn("label", F.pmod(F.xxhash64("user_id", "as_of_date"), F.lit(2)).cast("double"))
    missed = churn.train(shuffled, **ASKED).missed
    assert missed.startswith("churn: AUROC 0.")
    assert "it must be at least +0.002" in missed


def test_the_pyfunc_says_what_mllibs_own_transform_says(rows: DataFrame, model: ChurnModel) -> None:
    vectors = model.scaler.vectors(rows, "as_of_date", "user_id", "label")
    fitted = LogisticRegression(regParam=0.01).fit(vectors)
    linear = Linear(tuple(fitted.coefficients.toArray()), fitted.intercept)
    exported = ChurnModel("v", 61, model.scaler, linear)
    in_spark = fitted.transform(vectors).orderBy("as_of_date", "user_id").select("probability").collect()
    ours = exported.predict(rows.orderBy("as_of_date", "user_id").toPandas())["score"]
    np.testing.assert_allclose(ours, [row["probability"][1] for row in in_spark], rtol=1e-9)


def test_reasons_are_the_strongest_shifts_of_the_log_odds_and_add_up(rows: DataFrame, model: ChurnModel) -> None:
    person = rows.where("user_id = 'u0001'").toPandas().head(1)
    moved = model.scaler.apply(person)[0] * np.array(model.linear.coefficients)
    said = model.predict(person)["reasons"].iloc[0]
    strongest = sorted(moved, key=lambda part: -abs(part))[:3]
    assert [reason["contribution"] for reason in said] == strongest
    named = {f.name: f.column for f in model.scaler.features}
    assert all(r["value"] == person[named[r["feature"]]].iloc[0] for r in said if not r["feature"].endswith("_missing"))


def test_scores_keep_their_contract_and_leave_out_the_long_silent(people: DataFrame, model: ChurnModel) -> None:
    asked = churn.population(people.drop("no_purchase"), dates=(JUDGED,), active_within_days=60)
    silent = people.where((F.col("as_of_date") == F.lit(JUDGED)) & (F.col("recency_days") > 60)).count()
    scored = conform(churn.score(asked, model=model, model_version="churn/1", as_of=JUDGED), USER_SCORES).toPandas()
    assert silent > 0
    assert len(scored) == 600 - silent
    assert scored["score"].between(0, 1).all()
    assert {len(reasons) for reasons in scored["reasons"]} == {3}


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_cannot_be_learnt(rows: DataFrame, label: float) -> None:
    one = rows.where(F.col("label") == label)
    with pytest.raises(DataError, match=f"the label needs two classes, there is only {label:.0f}"):
        churn.train(one, **ASKED)


def test_a_model_of_other_features_is_refused(model: ChurnModel) -> None:
    require_version(model, churn.FEATURES, name="churn/1")
    other = ChurnModel("0" * 12, 61, model.scaler, model.linear)
    with pytest.raises(ContractError, match="churn/1 was fitted on features 000000000000"):
        require_version(other, churn.FEATURES, name="churn/1")


def test_a_model_read_back_from_json_is_the_same(model: ChurnModel) -> None:
    assert ChurnModel.from_json(json.loads(json.dumps(model.as_json()))) == model


def test_overconfident_log_odds_are_calibrated_and_honest_ones_left_alone() -> None:
    honest = np.linspace(-4, 4, 4001)
    ranks = (np.arange(4001) * 0.6180339887) % 1  # spread evenly over 0 to 1, in no order
    labels = (ranks < sigmoid(honest)).astype(np.int64)
    slope, _ = platt(labels, 3 * honest)
    assert slope == pytest.approx(1 / 3, rel=0.05)
    assert helps(labels, 3 * honest) is not None
    assert helps(labels, honest) is None
