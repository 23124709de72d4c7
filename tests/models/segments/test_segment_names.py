"""Names and numbers of groups."""

import numpy as np

from footfall.models.segments.naming import group_names, keep_numbers


def test_a_group_is_named_by_its_two_strongest_aspects() -> None:
    lifts = {"order_count_90d": 1.2, "active_weeks_12w": 0.9, "order_value_90d": 1.0, "discount_share_90d": 0.5}
    assert group_names([lifts]) == ["Frequent, big-basket shoppers"]


def test_nothing_telling_is_typical() -> None:
    assert group_names([{"order_count_90d": 0.34}, {}]) == ["Typical shoppers", "Typical shoppers (2)"]


def test_a_third_word_tells_two_groups_apart() -> None:
    first = {"order_count_90d": 1.2, "order_value_90d": 1.0}
    second = {**first, "weekend_share_365d": -0.5}
    assert group_names([first, second]) == ["Frequent, big-basket shoppers", "Frequent, big-basket, weekday shoppers"]


def test_a_group_keeps_the_number_of_the_group_whose_members_it_has() -> None:
    groups = np.array([0, 0, 0, 1, 1, 2])
    before = np.array([4, 4, 4, 7, 7, 7])
    # place 1 shares two of three members with 7, place 2 one of three: place 2 is new
    assert keep_numbers(groups, before, by_size=[2, 1, 0]) == [4, 7, 0]


def test_a_new_group_never_takes_the_number_of_a_lost_one() -> None:
    assert keep_numbers(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), by_size=[0, 1]) == [0, 1]
    assert keep_numbers(np.array([0, 1]), np.array([0, 0]), by_size=[0, 1]) == [0, 1]
