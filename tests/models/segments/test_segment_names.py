"""Names of groups."""

from __future__ import annotations

import numpy as np

from footfall.models.segments.naming import group_names, keep_names, spending_names


def test_a_group_is_named_by_its_two_strongest_aspects() -> None:
    lifts = {"order_count_90d": 1.2, "active_weeks_12w": 0.9, "order_value_90d": 1.0, "discount_share_90d": 0.5}
    assert group_names([lifts]) == ["Frequent, big-basket shoppers"]


def test_nothing_telling_is_typical() -> None:
    assert group_names([{"order_count_90d": 0.34}, {}]) == ["Typical shoppers", "Typical shoppers (2)"]


def test_a_third_word_tells_two_groups_apart() -> None:
    first = {"order_count_90d": 1.2, "order_value_90d": 1.0}
    second = {**first, "weekend_share_365d": -0.5}
    assert group_names([first, second]) == ["Frequent, big-basket shoppers", "Frequent, big-basket, weekday shoppers"]


def test_groups_by_money_are_named_by_their_rank() -> None:
    assert spending_names([0]) == ["Typical shoppers"]
    assert spending_names([1, 0]) == ["Low-spending shoppers", "High-spending shoppers"]
    assert spending_names([0, 2, 1]) == ["High-spending shoppers", "Low-spending shoppers", "Medium-spending shoppers"]


def test_a_group_that_keeps_half_of_its_members_keeps_its_name() -> None:
    present, former = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1])
    # of group 0 two of three are the same people, of group 1 three of four
    assert keep_names((0, 1), ("a", "b"), present, former, {0: "old a", 1: "old b"}) == ("old a", "old b")


def test_a_group_of_which_less_than_half_is_left_is_named_anew() -> None:
    present, former = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 1, 1])
    assert keep_names((0, 1), ("a", "b"), present, former, {0: "old a", 1: "old b"}) == ("a", "old b")


def test_a_new_name_that_a_kept_group_bears_gets_a_number() -> None:
    present, former = np.array([0, 0, 1, 2]), np.array([0, 0, 5, 5])
    names = keep_names((0, 1, 2), ("x", "same", "same"), present, former, {0: "same", 5: "lost"})
    assert names == ("same", "same (2)", "same (3)")
