"""What a seed means is frozen: reports that name a seed stay comparable. Later work adds streams and columns, and tunes nothing."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

import numpy as np

from footfall.simulation.block import decision_columns, event_columns, line_columns
from footfall.simulation.catalogue import item_columns, price_columns, stock_columns
from footfall.simulation.dirt import KINDS_OF_DIRT
from footfall.simulation.plan import VERSION, SimulationPlan

PLAN = SimulationPlan(people=256, items=60, days=30, seed=7, start=date(2024, 1, 1))
# of whole numbers only: the last digit of others may differ between processors
FROZEN = {
    "decisions": (decision_columns, ("person", "week", "day", "offer", "shown_day")),
    "events": (event_columns, ("person", "visit", "day", "kind", "item", "number")),
    "items": (item_columns, ("item", "day", "category", "brand", "regular_cents")),
    "lines": (line_columns, ("person", "order_key", "line", "day", "item", "quantity", "amount_cents", "return_days")),
    "prices": (price_columns, ("item", "day", "price_cents")),
    "stock": (stock_columns, ("item", "day", "stock")),
}
DIGESTS = {
    "decisions": "8d3229844f353e41",
    "events": "26f83d094aae72fd",
    "items": "7b8cc82abcef5efb",
    "lines": "3a748fb235c9d2cc",
    "prices": "7c5c693ea9f412e8",
    "stock": "e8e702303616d8f4",
}
DIRT = "16605e5b212da1db"


def digest(columns: dict[str, Any], names: tuple[str, ...]) -> str:
    values = np.concatenate([np.asarray(columns[name]).astype(np.int64) for name in names])
    return sha256(values.astype("<i8").tobytes()).hexdigest()[:16]


def test_the_first_block_is_what_it_was() -> None:
    """Where this fails on purpose, raise VERSION of the plan, and say so in docs/simulate.md."""
    assert VERSION == 2
    assert {kind: digest(make(PLAN, 0), names) for kind, (make, names) in FROZEN.items()} == DIGESTS


def test_kinds_of_dirt_are_what_they_were() -> None:
    """Others may be added at the end of a feed's kinds, so that the same rows stay dirty in the same way."""
    text = "\n".join(f"{k.feed}|{k.name}|{k.share}|{k.end}|{k.rule}" for k in KINDS_OF_DIRT)
    assert sha256(text.encode()).hexdigest()[:16] == DIRT
