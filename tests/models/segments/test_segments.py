"""Segments on people of four known kinds."""

import json
from datetime import date

import numpy as np
import pytest
from models_shared import JUDGED, KINDS
from pyspark.ml.clustering import KMeans
from pyspark.sql import DataFrame
from sklearn.metrics import adjusted_rand_score

from footfall.contract.frames import conform
from footfall.errors import DataError
from footfall.models.common import clusters as choose_k
from footfall.models.common.clusters import ClusterTrial
from footfall.models.common.featureset import Matrix
from footfall.models.common.trained import Trained
from footfall.models.segments import training as segments
from footfall.models.segments.training import SegmentsModel
from footfall.tables import SEGMENT_CATALOGUE, SEGMENTS

ASKED = {"k_min": 3, "k_max": 5, "min_people": 50, "stability_rounds": 2, "min_stability": 0.6}


@pytest.fixture(scope="module")
def trained(shoppers: DataFrame) -> Trained:
    return segments.train(segments.examples(shoppers, as_of=JUDGED), before=None, **ASKED)


@pytest.fixture(scope="module")
def model(trained: Trained) -> SegmentsModel:
    assert isinstance(trained.model.fitted, SegmentsModel)
    return trained.model.fitted


def test_the_four_kinds_are_found_far_better_than_by_cutting_money_into_quarters(
    shoppers: DataFrame, trained: Trained, model: SegmentsModel
) -> None:
    people = shoppers.orderBy("user_id").toPandas()
    kinds = np.arange(len(people)) % len(KINDS)
    found = adjusted_rand_score(kinds, model.predict(people)["segment_id"].to_numpy())
    quarters = adjusted_rand_score(
        kinds, people["amount_365d"].rank().floordiv(len(people) / 4).to_numpy(dtype=np.int64)
    )
    assert trained.evaluation["chosen"] == 4
    assert found > 0.95
    assert found > quarters + 0.1
    assert trained.missed == ""


def test_the_pyfunc_says_what_mllibs_own_transform_says(shoppers: DataFrame, model: SegmentsModel) -> None:
    rows = model.scaler.vectors(segments.examples(shoppers, as_of=JUDGED), "user_id")
    fitted = KMeans(k=4, seed=1).fit(rows)
    exported = SegmentsModel("v", model.scaler, tuple(map(tuple, fitted.clusterCenters())), (0, 1, 2, 3), tuple("abcd"))
    in_spark = [row["prediction"] for row in fitted.transform(rows).orderBy("user_id").collect()]
    assert exported.predict(shoppers.orderBy("user_id").toPandas())["segment_id"].tolist() == in_spark


def test_petrol_by_the_tanker_makes_no_group_of_its_own(shoppers: DataFrame, model: SegmentsModel) -> None:
    sizes = model.predict(shoppers.toPandas())["segment_id"].value_counts()
    assert sizes.min() >= 40


def test_groups_have_unique_names_and_are_numbered_from_the_biggest_spenders_down(
    shoppers: DataFrame, model: SegmentsModel
) -> None:
    people = shoppers.toPandas()
    typical = people.groupby(model.predict(people)["segment_id"])["amount_365d"].median()
    assert typical.index.tolist() == [0, 1, 2, 3]
    assert typical.is_monotonic_decreasing
    assert len(set(model.names)) == 4


def test_a_refit_keeps_the_numbers_of_the_groups_before(shoppers: DataFrame, model: SegmentsModel) -> None:
    renumbered = SegmentsModel(model.feature_version, model.scaler, model.centres, (7, 3, 9, 5), model.names)
    again = segments.train(
        segments.examples(shoppers, as_of=JUDGED), before=renumbered, **ASKED | {"k_min": 4, "k_max": 4}
    )
    people = shoppers.toPandas()
    then, now = renumbered.predict(people)["segment_id"], again.model.predict(people)["segment_id"]
    assert now.tolist() == then.tolist()


def test_too_few_people_is_told_with_the_setting(shoppers: DataFrame) -> None:
    few = segments.examples(shoppers.limit(49), as_of=JUDGED)
    with pytest.raises(DataError, match=r"49 people are too few to group \(segments.min_people is 50\)"):
        segments.train(few, before=None, **ASKED)


def test_the_most_groups_are_taken_among_the_sound_that_are_nearly_as_well_apart() -> None:
    told = ((3, 0.5, 0.9, 0.2), (4, 0.41, 0.9, 0.2), (5, 0.39, 0.9, 0.2), (6, 0.6, 0.5, 0.1), (7, 0.5, 0.9, 0.005))
    tried = [ClusterTrial(k, *figures) for k, *figures in told]
    assert choose_k.choose(tried, min_stability=0.6).k == 4
    assert choose_k.choose(tried, min_stability=0.95).k == 3


def test_four_kinds_repeat_on_resamples_and_one_cloud_does_not() -> None:
    draws = np.random.default_rng(5)
    corners = np.array([[0, 0], [0, 9], [9, 0], [9, 9]], dtype=float)
    kinds = np.repeat(corners, 50, axis=0) + draws.normal(size=(200, 2))
    cloud = draws.normal(size=(200, 5))

    def stability(people: Matrix) -> float:
        return choose_k.measure(people, choose_k.fit(people, 4), choose_k.regroup(people, k=4, rounds=5)).stability

    assert stability(kinds) > 0.95
    assert stability(cloud) < 0.6


def test_what_does_not_repeat_misses_its_gate(shoppers: DataFrame) -> None:
    asked = ASKED | {"k_min": 3, "k_max": 3, "stability_rounds": 1, "min_stability": 1.01}
    trained = segments.train(segments.examples(shoppers, as_of=JUDGED), before=None, **asked)
    assert "agrees with its refits" in trained.missed


def test_a_model_read_back_from_json_is_the_same(model: SegmentsModel) -> None:
    assert SegmentsModel.from_json(json.loads(json.dumps(model.as_json()))) == model


def test_assigning_and_the_catalogue_keep_their_contracts(shoppers: DataFrame, model: SegmentsModel) -> None:
    told = {"model": model, "model_version": "segments/1", "as_of": JUDGED}
    assigned = conform(segments.assign(shoppers, **told), SEGMENTS)
    assert assigned.count() == 200
    catalogue = conform(segments.catalogue(shoppers, assigned, **told), SEGMENT_CATALOGUE).toPandas()
    assert catalogue["user_count"].sum() == 200
    assert catalogue["user_share"].sum() == pytest.approx(1.0)
    assert catalogue["amount_share"].sum() == pytest.approx(1.0)
    weighted = sum(row.user_count * dict(row.lifts)["recency_days"] for row in catalogue.itertuples())
    assert weighted == pytest.approx(0.0, abs=1e-9)
    assert segments.assign(shoppers, **told | {"as_of": date(2000, 1, 1)}).count() == 0
