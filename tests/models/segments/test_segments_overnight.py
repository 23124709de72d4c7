"""Number and names of segments do not change overnight: refits keep the champion's k, numbers and names while it is sound."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from models_shared import EVALUATION_DATE, as_champion, shopper, training_run
from pyspark.sql import DataFrame, SparkSession

from footfall.models.common.clusters import ClusterTrial
from footfall.models.common.gates import Role
from footfall.models.common.trained import Trained
from footfall.models.segments import FEATURES, SPENDING_GROUPS
from footfall.models.segments import MODEL as SEGMENTS_MODEL
from footfall.models.segments.model import SegmentsModel
from footfall.models.segments.training import choose_trial, fit_spending_groups, named, rows, train
from footfall.tables import USER_FEATURES

NEXT_DAY = EVALUATION_DATE + timedelta(days=1)
TRIALS = (ClusterTrial(3, 0.5, 0.9, 0.2), ClusterTrial(4, 0.5, 0.9, 0.2), ClusterTrial(5, 0.5, 0.5, 0.2))


@pytest.fixture(scope="module")
def next_day(spark: SparkSession) -> DataFrame:
    """The same people a day later, whose numbers are all a little different, and some new ones."""
    return spark.createDataFrame(pd.DataFrame([shopper(number, NEXT_DAY) for number in range(220)]))


def refit(people: DataFrame, champion: SegmentsModel, **settings: Any) -> Trained:
    run = training_run(
        SEGMENTS_MODEL, frames={USER_FEATURES: people}, champion=as_champion(champion, "segments"), as_of=NEXT_DAY,
        stability_rounds=2, **{"k_min": 3, "k_max": 5, **settings},
    )  # fmt: skip
    return train(rows(run), run)


def test_a_refit_on_the_people_of_the_next_day_keeps_number_and_names_of_everybodys_segment(
    next_day: DataFrame, model: SegmentsModel
) -> None:
    former = replace(model, numbers=(3, 5, 7, 9), names=("Ants", "Bees", "Cats", "Dogs"))
    again = refit(next_day, former)
    assert (again.verdict.role, again.parameters["k"]) == (Role.LEARNER, 4)
    fitted = again.model.fitted
    assert fitted.centres != former.centres
    assert (fitted.numbers, fitted.names) == (former.numbers, former.names)
    people = next_day.toPandas()
    assert fitted.predict(people)["segment_id"].tolist() == former.predict(people)["segment_id"].tolist()


def test_the_champions_number_of_groups_is_kept_though_another_would_be_chosen_now(
    next_day: DataFrame, model: SegmentsModel, trained: Trained
) -> None:
    assert trained.evaluation["chosen"] == 4
    three = refit(next_day, replace(model, centres=model.centres[:3], numbers=(0, 1, 2), names=model.names[:3]))
    assert (three.verdict.role, three.parameters["k"]) == (Role.LEARNER, 3)


@pytest.mark.parametrize(("former_k", "chosen"), [(None, 4), (3, 3), (4, 4), (5, 4), (6, 4)])
def test_the_champions_k_is_kept_while_it_is_tried_and_sound(
    former_k: int | None, chosen: int, model: SegmentsModel
) -> None:
    champion = replace(model, numbers=tuple(range(former_k))) if former_k else None
    assert choose_trial(TRIALS, champion, min_stability=0.6).k == chosen


def test_three_spending_groups_that_served_do_not_bind_the_learner(model: SegmentsModel) -> None:
    champion = replace(model, learner=SPENDING_GROUPS, numbers=(0, 1, 2))
    assert choose_trial(TRIALS, champion, min_stability=0.6).k == 4


def test_groups_by_money_take_over_numbers_by_members_and_keep_names_of_their_own(
    shoppers: DataFrame, model: SegmentsModel
) -> None:
    sample = shoppers.toPandas()
    by_money = fit_spending_groups(shoppers, sample, model)
    assert set(by_money.numbers) < set(model.numbers)
    assert set(by_money.names) == {"High-spending shoppers", "Medium-spending shoppers", "Low-spending shoppers"}
    members = pd.crosstab(by_money.predict(sample)["segment_id"], model.predict(sample)["segment_id"])
    assert all(members.loc[number, number] > 0 for number in by_money.numbers)
    again = fit_spending_groups(shoppers, sample, replace(by_money, names=("Ants", "Bees", "Cats")))
    assert (again.numbers, again.names) == (by_money.numbers, ("Ants", "Bees", "Cats"))


def test_a_group_without_a_forerunner_gets_a_fresh_number_and_a_name_of_its_own(
    shoppers: DataFrame, model: SegmentsModel
) -> None:
    sample = shoppers.toPandas()
    fresh_name = model.names[3]
    lost, *others = model.numbers
    former = replace(
        model, centres=model.centres[:3], numbers=tuple(others), names=(fresh_name, "Bees", "Cats")
    )  # whoever is of the fourth kind was among one of three, and 0 was nobody's number
    refitted = named("k-means", FEATURES, model.scaler, np.array(model.centres), sample, former)
    (fresh,) = set(refitted.numbers) - set(others)
    assert fresh == lost
    names = dict(zip(refitted.numbers, refitted.names, strict=True))
    assert names[fresh] == f"{fresh_name} (2)"
    assert {names[number] for number in others} == {fresh_name, "Bees", "Cats"}


def test_a_number_of_the_champions_that_nobody_has_any_more_is_not_given_to_others(
    shoppers: DataFrame, model: SegmentsModel
) -> None:
    sample = shoppers.toPandas()
    far_away = (50.0,) * len(model.centres[0])
    former = replace(model, centres=(far_away, *model.centres[1:]))  # number 0 has no member among these people
    refitted = named("k-means", FEATURES, model.scaler, np.array(model.centres), sample, former)
    assert sorted(refitted.numbers) == [1, 2, 3, 4]
