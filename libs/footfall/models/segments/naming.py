"""Names for groups of people in words, made from what sets each apart; and numbers that stay with a group. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from footfall.models.common.matching import overlap
from footfall.models.common.measures import Labels

# aspect -> features that speak of it, most telling first, with the words for much and for little of it
ASPECTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "frequency": {
        "order_count_90d": ("frequent", "occasional"),
        "active_weeks_12w": ("steady", "irregular"),
        "recency_days": ("lapsing", "recent"),
    },
    "basket": {"order_value_90d": ("big-basket", "small-basket"), "item_variety_90d": ("wide-range", "narrow-range")},
    "money": {"net_amount_365d": ("high-spending", "low-spending")},
    "price": {"discount_share_90d": ("bargain-seeking", "full-price")},
    "week": {"weekend_share_365d": ("weekend", "weekday")},
    "day": {"morning_share_365d": ("morning", "later-in-the-day"), "evening_share_365d": ("evening", "daytime")},
}
TELLING = 0.35  # standard deviations from everybody's mean; less is not worth a word
PLAIN = "typical"
SPENDING_WORDS = ["high-spending", "medium-spending", "low-spending"]
SAME_GROUP = 0.5  # of the members of two groups in either, those in both: then it is the same group


def group_names(lifts: Sequence[Mapping[str, float]], *, words: int = 2) -> list[str]:
    """One unique name a group, such as "Frequent, big-basket shoppers", from its lifts (feature -> standard deviations)."""
    words_of_groups = [_words(group) for group in lifts]
    names: list[str] = []
    for group in words_of_groups:
        enough = (_phrase(group[:n]) for n in range(words, max(words, len(group)) + 1))
        numbered = (f"{_phrase(group[:words])} ({n})" for n in count(2))
        free = next((name for name in enough if name not in names), None)
        names.append(free or next(name for name in numbered if name not in names))
    return names


def spending_names(ranks: Sequence[int]) -> list[str]:
    """Names of groups by money alone, of which each has its rank from the biggest spenders (0) down; at most three.

    >>> spending_names([1, 0])
    ['Low-spending shoppers', 'High-spending shoppers']
    """
    words = {1: [PLAIN], 2: ["high-spending", "low-spending"]}
    return [_phrase([words.get(len(ranks), SPENDING_WORDS)[rank]]) for rank in ranks]


def keep_names(
    numbers: Sequence[int], names: Sequence[str], present: Labels, former: Labels, former_names: Mapping[int, str]
) -> tuple[str, ...]:
    """The names, in the order of `numbers`; a group that shares half of all members with its forerunner keeps that one's name.

    `present` and `former` are the same people's numbers now and before.
    """
    kept = {
        number: former_names[number]
        for number in numbers
        if number in former_names and overlap(present == number, former == number) >= SAME_GROUP
    }
    fresh = {number: name for number, name in zip(numbers, names, strict=True) if number not in kept}
    for number, name in fresh.items():
        suffixed = (f"{name} ({n})" for n in count(2))
        kept[number] = name if name not in kept.values() else next(s for s in suffixed if s not in kept.values())
    return tuple(kept[number] for number in numbers)


def _words(lifts: Mapping[str, float]) -> list[str]:
    """The telling words, strongest first, one an aspect."""
    lifts_and_words: list[tuple[float, str]] = []
    for features in ASPECTS.values():
        known = [(lifts[name], high, low) for name, (high, low) in features.items() if name in lifts]
        if known:
            lift, high, low = max(known, key=lambda k: abs(k[0]))
            lifts_and_words.append((abs(lift), high if lift > 0 else low))
    return [word for strength, word in sorted(lifts_and_words, reverse=True) if strength >= TELLING]


def _phrase(words: Sequence[str]) -> str:
    return f"{', '.join(words) or PLAIN} shoppers".capitalize()
