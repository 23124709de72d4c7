"""People made by a rule: rows of user_features with what the models read."""

from __future__ import annotations

import hashlib
import math
from datetime import date

JUDGED = date(2017, 11, 1)
TRAINING = (date(2017, 8, 2), date(2017, 9, 1))


def share(*what: object) -> float:
    """A number in [0, 1) that depends on `what` alone, the same on every machine."""
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:6], "big") / 2**48


def person(number: int, day: date) -> dict[str, object]:
    """Somebody whose chance to leave depends on how long they are silent beside their own usual gap."""
    gap = 2 + 40 * share("gap", number) ** 2
    recency = 1 + gap * 3 * share("recency", number, day)
    orders = int(15 * share("orders", number))  # newcomers and old hands alike: how many says nothing of the gap
    log_odds = 3.0 * (math.log1p(recency) - math.log1p(gap)) - 0.5
    return {
        "as_of_date": day,
        "user_id": f"u{number:04d}",
        "recency_days": recency,
        "gap_mean_days": None if number % 50 == 0 else gap,
        "gap_stddev_days": None if number % 50 == 0 else gap / 2,
        "gap_max_days": None if number % 50 == 0 else 2 * gap,
        "active_weeks_12w": min(orders, 12),
        "order_count_30d": orders // 3,
        "order_count_90d": orders,
        "order_count_365d": 4 * orders + 1,
        "amount_90d": 20.0 * orders,
        "amount_365d": 80.0 * orders + 20.0,
        "no_purchase": int(share("leaves", number, day) < 1 / (1 + math.exp(-log_odds))),
    }


PEOPLE = (
    "as_of_date date, user_id string, recency_days double, gap_mean_days double, gap_stddev_days double, "
    "gap_max_days double, active_weeks_12w long, order_count_30d long, order_count_90d long, order_count_365d long, "
    "amount_90d double, amount_365d double, no_purchase int"
)

KINDS = (  # recency, orders, paid per order, discount, weekend
    (2.0, 60, 15.0, 0.05, 0.3),
    (6.0, 12, 75.0, 0.05, 0.3),
    (4.0, 36, 25.0, 0.45, 0.3),
    (70.0, 1, 20.0, 0.05, 0.9),
)


def shopper(number: int, day: date) -> dict[str, object]:
    """Somebody of one of four kinds, a tenth up or down; number 7 buys petrol by the tanker."""
    recency, orders, value, discount, weekend = KINDS[number % 4]
    near = [0.9 + 0.2 * share(number, place) for place in range(7)]
    value = 1e6 if number == 7 else value * near[3]
    return {
        "as_of_date": day,
        "user_id": f"u{number:04d}",
        "recency_days": recency * near[0],
        "order_count_90d": round(orders * near[1]),
        "amount_365d": 4 * round(orders * near[1]) * value,
        "order_value_90d": value,
        "discount_share_90d": discount * near[4],
        "weekend_share_365d": weekend * near[5],
    }
