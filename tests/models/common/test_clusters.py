"""How many groups: what repeats on resamples, and the choice among what does."""

from __future__ import annotations

import numpy as np

from footfall.models.common.clusters import ClusterTrial, choose, fit, measure, regroup
from footfall.models.common.featureset import Matrix


def test_the_most_groups_are_taken_among_the_sound_that_are_nearly_as_well_apart() -> None:
    figures = ((3, 0.5, 0.9, 0.2), (4, 0.41, 0.9, 0.2), (5, 0.39, 0.9, 0.2), (6, 0.6, 0.5, 0.1), (7, 0.5, 0.9, 0.005))
    trials = [ClusterTrial(k, *others) for k, *others in figures]
    assert choose(trials, min_stability=0.6).k == 4
    assert choose(trials, min_stability=0.95).k == 3


def test_four_kinds_repeat_on_resamples_and_one_cloud_does_not() -> None:
    draws = np.random.default_rng(5)
    corners = np.array([[0, 0], [0, 9], [9, 0], [9, 9]], dtype=float)
    kinds = np.repeat(corners, 50, axis=0) + draws.normal(size=(200, 2))
    cloud = draws.normal(size=(200, 5))

    def stability(people: Matrix) -> float:
        return measure(people, fit(people, 4), regroup(people, k=4, rounds=5)).stability

    assert stability(kinds) > 0.95
    assert stability(cloud) < 0.6


def test_people_who_are_all_alike_are_not_apart() -> None:
    people, centres = np.ones((10, 2)), np.array([[1.0, 1.0], [2.0, 2.0]])
    trial = measure(people, centres, [np.zeros(10, dtype=np.int64)])
    assert (trial.silhouette, trial.least_share) == (0.0, 0.0)
