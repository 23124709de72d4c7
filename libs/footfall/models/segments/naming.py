"""Names for groups of people in words, made from what sets each apart; and numbers that stay with a group. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np

from footfall.models.common.measures import Labels

# aspect -> features that speak of it, most telling first, with the words for much and for little of it
ASPECTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "frequency": {
        "order_count_90d": ("frequent", "occasional"),
        "active_weeks_12w": ("steady", "irregular"),
        "recency_days": ("lapsing", "recent"),
    },
    "basket": {"order_value_90d": ("big-basket", "small-basket"), "item_variety_90d": ("wide-range", "narrow-range")},
    "price": {"discount_share_90d": ("bargain-seeking", "full-price")},
    "week": {"weekend_share_365d": ("weekend", "weekday")},
    "day": {"morning_share_365d": ("morning", "later-in-the-day"), "evening_share_365d": ("evening", "daytime")},
}
TELLING = 0.35  # standard deviations from everybody's mean; less is not worth a word
PLAIN = "typical"


def group_names(lifts: Sequence[Mapping[str, float]], *, words: int = 2) -> list[str]:
    """One unique name a group, such as "Frequent, big-basket shoppers", from its lifts (feature -> standard deviations)."""
    told = [_words(group) for group in lifts]
    names: list[str] = []
    for group in told:
        enough = (_phrase(group[:n]) for n in range(words, max(words, len(group)) + 1))
        numbered = (f"{_phrase(group[:words])} ({n})" for n in count(2))
        free = next((name for name in enough if name not in names), None)
        names.append(free or next(name for name in numbered if name not in names))
    return names


def keep_numbers(groups: Labels, before: Labels, *, by_size: Sequence[int]) -> list[int]:
    """For each group its number: that of the former group with which it shares most members, where none shares more.

    `groups` and `before` are the same people's places (0 ... k-1) now and former numbers; `by_size` lists the places
    in the order in which groups without a forerunner take the smallest free numbers.
    """
    shared = {
        (int(place), int(number)): _overlap(groups == place, before == number)
        for place in by_size
        for number in np.unique(before)
    }
    numbers: dict[int, int] = {}
    for (place, number), overlap in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if overlap > 0 and place not in numbers and number not in numbers.values():
            numbers[place] = number
    former = {int(number) for number in before}
    free = (number for number in count() if number not in former)
    for place in by_size:
        if place not in numbers:
            numbers[place] = next(free)
    return [numbers[place] for place in sorted(numbers)]


def _overlap(
    one: np.ndarray[tuple[int], np.dtype[np.bool_]], other: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


def _words(lifts: Mapping[str, float]) -> list[str]:
    """The telling words, strongest first, one an aspect."""
    found: list[tuple[float, str]] = []
    for features in ASPECTS.values():
        known = [(lifts[name], high, low) for name, (high, low) in features.items() if name in lifts]
        if known:
            lift, high, low = max(known, key=lambda k: abs(k[0]))
            found.append((abs(lift), high if lift > 0 else low))
    return [word for strength, word in sorted(found, reverse=True) if strength >= TELLING]


def _phrase(words: Sequence[str]) -> str:
    return f"{', '.join(words) or PLAIN} shoppers".capitalize()
