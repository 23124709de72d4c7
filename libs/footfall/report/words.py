"""Numbers, reasons and groups in words for a shopkeeper. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from footfall.models import MODELS
from footfall.models.common.featureset import FeatureSet, feature_words

NOTHING = "–"
CLASSES = {
    "champion": ("Champions", "bought recently, often, and for much"),
    "loyal": ("Loyal", "buy often and steadily"),
    "promising": ("Promising", "bought recently, not yet often"),
    "new": ("New", "first order not long ago"),
    "at_risk": ("At risk", "were good customers and have not ordered lately"),
    "dormant": ("Dormant", "have not bought for a long time"),
}
STRONG, NOTABLE = 1.0, 0.35  # standard deviations from everybody's mean
MISSING = "_missing"

FEATURE_WORDS = feature_words(m.features for m in reversed(MODELS.values()) if isinstance(m.features, FeatureSet))


def is_known(value: object) -> bool:
    """Whether there is a value: neither None, nor NaN, nor infinite."""
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def number(value: Any) -> str:
    """1469307 as 1,469,307."""
    return f"{value:,.0f}" if is_known(value) else NOTHING


def decimal(value: Any, places: int = 1) -> str:
    """A figure with a few places."""
    return f"{value:,.{places}f}" if is_known(value) else NOTHING


def percent(value: Any) -> str:
    """0.384 as 38%; below ten, and from 99, with one place, since there it matters."""
    if not is_known(value):
        return NOTHING
    return f"{value:.0%}" if 0.1 <= value < 0.99 or value in {0, 1} else f"{value:.1%}"


def money(value: Any, currency: str) -> str:
    """4576536.93 as 4,576,537 USD; small amounts keep their cents."""
    if not is_known(value):
        return NOTHING
    return f"{value:,.2f} {currency}" if abs(value) < 100 else f"{value:,.0f} {currency}"


def about(value: Any) -> str:
    """Two leading figures of a number about one person: 2134 as 2,100."""
    if not is_known(value):
        return NOTHING
    digits = len(str(int(abs(value))))
    return f"{round(value, min(0, 2 - digits)):,.0f}"


def day(value: date) -> str:
    """1 January 2018."""
    return f"{value.day} {value:%B %Y}"


def class_name(value_class: str) -> str:
    """The name of a value class."""
    return CLASSES.get(value_class, (value_class.replace("_", " ").capitalize(), ""))[0]


def class_meaning(value_class: str) -> str:
    """What a value class means."""
    return CLASSES.get(value_class, ("", ""))[1]


def feature(name: str) -> str:
    """What a feature of a model means."""
    return FEATURE_WORDS.get(name) or name.replace("_", " ")


def distinctions(lifts: Mapping[str, float] | None) -> list[str]:
    """How a group differs from everybody, strongest first: "far above average: paid per order, different items"."""
    strongest = sorted((lifts or {}).items(), key=lambda item: (-abs(item[1]), item[0]))[:4]
    by_distance: dict[str, list[str]] = {}
    for name, lift in strongest:
        if abs(lift) >= NOTABLE:
            by_distance.setdefault(_distance(lift), []).append(feature(name))
    return [f"{distance} average: {', '.join(features)}" for distance, features in by_distance.items()]


def reason(contribution: Mapping[str, Any], currency: str) -> str:
    """One reason of a churn probability, a row (feature, value, contribution), rounded, and whether it raises the risk."""
    effect = "raises" if contribution["contribution"] > 0 else "lowers"
    return f"{_with_value(contribution['feature'], contribution['value'], currency)} – {effect} the risk"


def aspect(name: str) -> str:
    """An aspect or intent in words: where_is_my_parcel as "Where is my parcel"."""
    return name.replace("_", " ").capitalize()


def department(name: str) -> str:
    """A department as the shop writes it, but not in capitals only."""
    return name.capitalize() if name.isupper() else name


def _distance(lift: float) -> str:
    return ("far " if abs(lift) >= STRONG else "") + ("above" if lift > 0 else "below")


def _with_value(name: str, value: Any, currency: str) -> str:
    if name.endswith(MISSING):
        return feature(name) if value else f"not so: {feature(name)}"
    if not is_known(value):
        return f"{feature(name)}: unknown"
    unit = f" {currency}" if "amount" in name or name.startswith("order_value") else ""
    return f"{feature(name)}: about {about(value)}{unit}"
