"""The gate of segments: groups must surely be better apart than groups by money, and than the champion's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from models_shared import as_champion, gates_passed, training_run
from pyspark.sql import DataFrame

from footfall.models.common.gates import Role, Verdict
from footfall.models.segments import MODEL, SPENDING, SPENDING_GROUPS
from footfall.models.segments.model import SegmentsModel
from footfall.models.segments.training import decide_segments, fit_spending_groups


@pytest.fixture(scope="module")
def sample(shoppers: DataFrame) -> pd.DataFrame:
    return shoppers.orderBy("user_id").toPandas()


@pytest.fixture(scope="module")
def by_money(shoppers: DataFrame, sample: pd.DataFrame) -> SegmentsModel:
    return fit_spending_groups(shoppers, sample, None)


@pytest.fixture
def three_groups(model: SegmentsModel) -> SegmentsModel:
    """Two of the four kinds together."""
    first, second, *others = np.array(model.centres)
    centres = (tuple(((first + second) / 2).tolist()), *(tuple(centre.tolist()) for centre in others))
    return replace(model, centres=centres, numbers=(0, 1, 2), names=model.names[:3])


def verdict_of(
    candidate: SegmentsModel, baseline: SegmentsModel, sample: pd.DataFrame, champion: SegmentsModel | None = None
) -> Verdict:
    run = training_run(MODEL, champion=champion and as_champion(champion, "segments"))
    return decide_segments(candidate, baseline, sample, candidate.scaler.apply(sample), run)


def test_the_baseline_is_three_groups_by_money_alone(by_money: SegmentsModel, sample: pd.DataFrame) -> None:
    assert (by_money.learner, by_money.feature_version) == (SPENDING_GROUPS, SPENDING.version)
    assert by_money.columns == ("net_amount_365d",)
    spent = sample.groupby(by_money.predict(sample)["segment_id"])["net_amount_365d"]
    assert spent.min().iloc[0] > spent.max().iloc[1] > spent.min().iloc[1] > spent.max().iloc[2]
    assert by_money.names == ("High-spending shoppers", "Medium-spending shoppers", "Low-spending shoppers")


def test_the_gate_is_the_silhouette_and_the_four_kinds_pass_it(
    model: SegmentsModel, by_money: SegmentsModel, sample: pd.DataFrame
) -> None:
    verdict = verdict_of(model, by_money, sample)
    assert gates_passed(verdict) == {("silhouette", "baseline"): True}
    assert verdict.role is Role.LEARNER


def test_as_many_groups_cut_where_nothing_parts_people_miss_the_gate_and_groups_by_money_serve(
    model: SegmentsModel, by_money: SegmentsModel, sample: pd.DataFrame
) -> None:
    along_the_weekend = tuple((0.0, 0.0, 0.0, 0.0, place) for place in (-0.62, -0.58, -0.54, -0.5))
    verdict = verdict_of(replace(model, centres=along_the_weekend), by_money, sample)
    assert gates_passed(verdict) == {("silhouette", "baseline"): False}
    assert verdict.served_by == "baseline: spending groups"
    assert verdict.reason.startswith("silhouette is -")
    assert "from spending groups" in verdict.reason


def test_groups_surely_less_apart_than_the_champions_do_not_take_its_place_and_equal_ones_do(
    model: SegmentsModel, three_groups: SegmentsModel, by_money: SegmentsModel, sample: pd.DataFrame
) -> None:
    assert verdict_of(three_groups, by_money, sample).role is Role.LEARNER
    verdict = verdict_of(three_groups, by_money, sample, champion=model)
    assert gates_passed(verdict) == {("silhouette", "baseline"): True, ("silhouette", "champion"): False}
    assert (verdict.role, verdict.name) == (Role.CHAMPION, "segments/1")
    assert verdict_of(model, by_money, sample, champion=model).role is Role.LEARNER


def test_one_group_for_all_is_not_apart_from_anything(
    model: SegmentsModel, by_money: SegmentsModel, sample: pd.DataFrame
) -> None:
    verdict = verdict_of(replace(model, centres=model.centres[:1], numbers=(0,), names=("all",)), by_money, sample)
    assert not verdict.reports[0].passed
