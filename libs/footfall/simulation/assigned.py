"""What another policy decided for the people of a block: offers, recommended items. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from footfall.simulation.draws import Flags, Floats, Ints, Names

MOST_ASSIGNED_ITEMS = 4  # recommended by one decision; the places of a slate


@dataclass(frozen=True, eq=False)
class AssignedDecisions:
    """One row a decision, ordered by person, day and offer."""

    person: Ints
    day: Ints
    offer: Ints  # -1: none
    items: Ints  # (decisions, MOST_ASSIGNED_ITEMS) in the order of their places; -1: none
    decision: Names
    propensity: Floats  # NaN: not said

    @property
    def is_offer(self) -> Flags:
        """Where it was decided about an offer; the other rows are about items."""
        return self.items[:, 0] < 0

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> AssignedDecisions:
        """From rows of `person`, `day`, `offer`, `items` (a list or None), `decision_id`, `propensity`, in any order."""
        ordered = sorted(rows, key=lambda row: (row["person"], row["day"], row["offer"], row["decision_id"]))
        items = np.full((len(ordered), MOST_ASSIGNED_ITEMS), -1, dtype=np.int64)
        for place, row in enumerate(ordered):
            chosen = row["items"] or []
            items[place, : len(chosen)] = chosen
        numbers = [[row[name] for row in ordered] for name in ("person", "day", "offer")]
        person, day, offer = (np.array(values, dtype=np.int64) for values in numbers)
        decision = np.array([row["decision_id"] for row in ordered], dtype=object)
        propensity = [np.nan if row["propensity"] is None else row["propensity"] for row in ordered]
        return cls(person, day, offer, items, decision, np.array(propensity, dtype=np.float64))


NOTHING_ASSIGNED = AssignedDecisions.of([])
