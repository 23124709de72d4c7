"""Numbers that stay with a group of people."""

from __future__ import annotations

import numpy as np
import pytest

from footfall.models.common.matching import keep_numbers, overlap


def test_a_group_keeps_the_number_of_the_group_whose_members_it_has() -> None:
    groups = np.array([0, 0, 0, 1, 1, 2])
    before = np.array([4, 4, 4, 7, 7, 7])
    # place 1 shares two of three members with 7, place 2 one of three: place 2 is new
    assert keep_numbers(groups, before, by_size=[2, 1, 0]) == [4, 7, 0]


def test_a_new_group_never_takes_the_number_of_a_lost_one() -> None:
    assert keep_numbers(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), by_size=[0, 1]) == [0, 1]
    assert keep_numbers(np.array([0, 1]), np.array([0, 0]), by_size=[0, 1]) == [0, 1]
    assert keep_numbers(np.array([0, 1]), np.array([2, 2]), by_size=[0, 1], used=(0, 2)) == [2, 1]


def test_the_matching_is_the_best_for_all_groups_together_and_not_one_after_the_other() -> None:
    groups = np.repeat([0, 1], [10, 5])
    former = np.repeat([8, 9, 8], [6, 4, 5])
    # place 0 shares 6 of 15 with 8 and 4 of 10 with 9; place 1 shares 5 of 11 with 8 and nothing with 9
    assert keep_numbers(groups, former, by_size=[0, 1]) == [9, 8]


def test_groups_that_share_nobody_are_not_matched() -> None:
    assert keep_numbers(np.array([0, 1]), np.array([3, 3]), by_size=[1, 0]) == [0, 3]
    assert keep_numbers(np.array([], dtype=int), np.array([], dtype=int), by_size=[1, 0]) == [1, 0]


def test_the_overlap_is_members_of_both_over_members_of_either() -> None:
    assert overlap(np.array([True, True, False]), np.array([True, False, True])) == pytest.approx(1 / 3)
    assert overlap(np.array([False]), np.array([False])) == 0.0
