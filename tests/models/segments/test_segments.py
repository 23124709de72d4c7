"""Segments on people of four known kinds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from models_shared import EVALUATION_DATE, KINDS, as_champion, scoring_run, training_run
from pyspark.ml.clustering import KMeans
from pyspark.sql import DataFrame
from sklearn.metrics import adjusted_rand_score

from footfall.contract.frames import conform
from footfall.errors import ContractError, DataError
from footfall.models.common.gates import Role
from footfall.models.common.runs import TrainingRun
from footfall.models.common.spark_features import vectors
from footfall.models.common.trained import Trained
from footfall.models.segments import MODEL
from footfall.models.segments.model import SegmentsModel
from footfall.models.segments.scoring import assign, catalogue, score
from footfall.models.segments.training import rows, train
from footfall.tables import SEGMENT_CATALOGUE, SEGMENTS, USER_FEATURES


def run_on(people: DataFrame, **changes: Any) -> TrainingRun:
    return training_run(MODEL, frames={USER_FEATURES: people}, stability_rounds=2, **changes)


def test_the_four_kinds_are_found_far_better_than_by_cutting_money_into_quarters(
    shoppers: DataFrame, trained: Trained, model: SegmentsModel
) -> None:
    people = shoppers.orderBy("user_id").toPandas()
    kinds = np.arange(len(people)) % len(KINDS)
    by_segments = adjusted_rand_score(kinds, model.predict(people)["segment_id"].to_numpy())
    by_quarters = adjusted_rand_score(
        kinds, people["net_amount_365d"].rank().floordiv(len(people) / 4).to_numpy(dtype=np.int64)
    )
    assert trained.evaluation["chosen"] == 4
    assert by_segments > 0.95
    assert by_segments > by_quarters + 0.1
    assert (trained.verdict.role, trained.missed) == (Role.LEARNER, "")


def test_the_exported_model_assigns_as_mllibs_own_transform_does(shoppers: DataFrame, model: SegmentsModel) -> None:
    people = vectors(model.scaler, rows(run_on(shoppers)), "user_id")
    fitted = KMeans(k=4, seed=1).fit(people)
    exported = replace(model, centres=tuple(map(tuple, fitted.clusterCenters())), numbers=(0, 1, 2, 3))
    in_spark = [row["prediction"] for row in fitted.transform(people).orderBy("user_id").collect()]
    assert exported.predict(shoppers.orderBy("user_id").toPandas())["segment_id"].tolist() == in_spark


def test_petrol_by_the_tanker_makes_no_group_of_its_own(shoppers: DataFrame, model: SegmentsModel) -> None:
    sizes = model.predict(shoppers.toPandas())["segment_id"].value_counts()
    assert sizes.min() >= 40


def test_groups_have_unique_names_and_are_numbered_from_the_biggest_spenders_down(
    shoppers: DataFrame, model: SegmentsModel
) -> None:
    people = shoppers.toPandas()
    typical = people.groupby(model.predict(people)["segment_id"])["net_amount_365d"].median()
    assert typical.index.tolist() == [0, 1, 2, 3]
    assert typical.is_monotonic_decreasing
    assert len(set(model.names)) == 4


@pytest.mark.parametrize(
    ("count", "settings", "least"),
    [(49, {"min_people": 50}, 50), (9, {"min_people": 5, "k_min": 5, "k_max": 6}, 10)],  # two people a group
)
def test_too_few_people_are_reported_with_the_settings(
    shoppers: DataFrame, count: int, settings: dict[str, int], least: int
) -> None:
    run = run_on(shoppers.limit(count), **settings)
    named = rf"\(segments.min_people is {settings['min_people']}, segments.k_min {settings.get('k_min', 3)}\)"
    message = rf"{count} people are too few to group, at least {least} are needed {named}"
    with pytest.raises(DataError, match=message):
        train(rows(run), run)


def test_where_no_number_of_groups_repeats_spending_groups_serve_and_the_reason_is_given(shoppers: DataFrame) -> None:
    run = run_on(shoppers, k_min=3, k_max=3, min_stability=1.01)
    trained = train(rows(run), run)
    assert trained.verdict.served_by == "baseline: spending groups"
    assert "k = 3, agrees with its refits by " in trained.missed
    assert trained.missed.endswith("segments.min_stability is 1.01")
    assert trained.model.fitted.learner == trained.parameters["learner"] == "spending groups"
    assert trained.features == (("net_amount_365d", "double"),)
    people = shoppers.toPandas()
    groups = trained.model.fitted.predict(people)["segment_id"]
    assert (
        people.groupby(groups)["net_amount_365d"].min().iloc[0]
        > people.groupby(groups)["net_amount_365d"].max().iloc[1]
    )


def test_a_model_read_back_from_json_is_the_same(model: SegmentsModel) -> None:
    assert SegmentsModel.from_json(json.loads(json.dumps(model.as_json()))) == model


def test_assigning_and_the_catalogue_keep_their_contracts(shoppers: DataFrame, model: SegmentsModel) -> None:
    values: dict[str, Any] = {"model": model, "model_version": "segments/1", "as_of": EVALUATION_DATE}
    assigned = conform(assign(shoppers, **values), SEGMENTS)
    assert assigned.count() == 200
    groups = conform(catalogue(shoppers, assigned, **values), SEGMENT_CATALOGUE).toPandas()
    assert groups["user_count"].sum() == 200
    assert groups["user_share"].sum() == pytest.approx(1.0)
    assert groups["amount_share"].sum() == pytest.approx(1.0)
    weighted = sum(row.user_count * dict(row.lifts)["recency_days"] for row in groups.itertuples())
    assert weighted == pytest.approx(0.0, abs=1e-9)
    assert assign(shoppers, **values | {"as_of": date(2000, 1, 1)}).count() == 0


def test_scoring_without_a_champion_writes_no_rows_and_with_one_of_other_features_is_refused(
    shoppers: DataFrame, model: SegmentsModel
) -> None:
    outputs = score(scoring_run(MODEL, frames={USER_FEATURES: shoppers}, reason="no model was trained yet"))
    assert [(output.table, output.frame.count()) for output in outputs] == [(SEGMENTS, 0), (SEGMENT_CATALOGUE, 0)]
    other = as_champion(replace(model, feature_version="0" * 12), "segments")
    with pytest.raises(ContractError, match="segments/1 was fitted on features 000000000000"):
        score(scoring_run(MODEL, frames={USER_FEATURES: shoppers}, champion=other))
