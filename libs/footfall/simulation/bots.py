"""Machines among the visitors of the web: they look at hundreds of pages at an even pace, and nobody is behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from footfall.simulation.browsing import VIEW, absent
from footfall.simulation.draws import StoredDraws, generator
from footfall.simulation.plan import WEB, SimulationPlan

BOTS_A_BLOCK = 0.4  # on average
FIRST_BOT = 1 << 40  # numbers from here on are no people's
MOST_BOTS = 8  # of a block


def bot_numbers(plan: SimulationPlan, block: int) -> Any:
    """Numbers of the block's bots, in the place of persons'."""
    count = min(int(generator(plan.seed, "bots", block).poisson(BOTS_A_BLOCK)), MOST_BOTS)
    return FIRST_BOT + block * MOST_BOTS + np.arange(count)


def bot_columns(plan: SimulationPlan, block: int) -> dict[str, Any]:
    """A row a bot of the block."""
    return {"person": bot_numbers(plan, block)}


def bot_events(plan: SimulationPlan, block: int) -> dict[str, Any]:
    """Views of the block's bots: `person`, `visit`, `day`, `second`, `slot` and the fields of events."""
    bots = bot_numbers(plan, block)
    person, day = (grid.ravel() for grid in np.meshgrid(bots, np.arange(plan.end), indexing="ij"))
    comes = StoredDraws(plan.seed, "bot visit", person, day).uniform("comes") < 0.3
    person, day = person[comes], day[comes]
    draws = StoredDraws(plan.seed, "bot visit", person, day)
    pages = 80 + draws.whole("pages", 320)
    visit = np.repeat(np.arange(len(person)), pages)
    place = np.arange(len(visit)) - np.repeat(np.cumsum(pages) - pages, pages)
    start = 21_600 + draws.whole("start", 58_400)
    fields = absent(len(visit)) | {
        "kind": np.full(len(visit), VIEW),
        "item": (draws.whole("item", plan.items)[visit] + place) % plan.items,
        "dwell_ms": np.full(len(visit), 2000),
        "slot": place,
    }
    return fields | {
        "person": person[visit], "visit": day[visit], "day": day[visit], "second": start[visit] + 2.0 * place,
        "channel": np.full(len(visit), WEB), "device": np.zeros(len(visit), dtype=np.int64),
    }  # fmt: skip
