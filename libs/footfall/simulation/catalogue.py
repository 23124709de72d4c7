"""Items as the shop knows them, in chunks: their dumps, prices as they change, stock of each day, costs. NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np

from footfall.simulation.draws import StoredDraws, generator
from footfall.simulation.plan import SimulationPlan
from footfall.simulation.world import BRANDS, drift_day, world_of

ITEM_CHUNK = 512
COST_DRIFT = 1.05  # costs from the drift's day on
COMPETITORS = {
    "North Market": 0.96,
    "Alder & Sons": 1.02,
    "corner shop": 1.1,
}  # their level of prices beside the shop's own
RENAMED_SHARE = 0.1  # of items that get another brand one day


def item_columns(plan: SimulationPlan, chunk: int) -> dict[str, Any]:
    """A row an item and day on which its entry is new or another; the first day has all items that are there by then."""
    world, items = world_of(plan), _items(plan, chunk)
    renamed = generator(plan.seed, "renamed").random((plan.items, 2))[items]
    named = (
        "category",
        "brand",
        "noun",
        "adjective",
        "size",
        "introduced_day",
        "quality",
        "popularity",
        "regular_cents",
    )
    columns = {name: getattr(world, name)[items] for name in (*named, "cost_share")}
    columns |= {"item": items, "day": np.maximum(columns["introduced_day"], 0)}
    new_day = np.floor(renamed[:, 1] * plan.days).astype(np.int64)
    again = (renamed[:, 0] < RENAMED_SHARE) & (new_day > columns["day"])
    later = {name: values[again] for name, values in columns.items()}
    later |= {"day": new_day[again], "brand": (later["brand"] + 1) % len(BRANDS)}
    return {name: np.concatenate([values, later[name]]) for name, values in columns.items()}


def price_columns(plan: SimulationPlan, chunk: int) -> dict[str, Any]:
    """A row an item and day from which it has another price; all of them on the first day."""
    items = _items(plan, chunk)
    price = world_of(plan).price_cents[items]
    changed = np.ones(price.shape, dtype=bool)
    changed[:, 1:] = price[:, 1:] != price[:, :-1]
    row, day = np.nonzero(changed)
    return _written(plan, {"item": items[row], "day": day, "price_cents": price[row, day]})


def stock_columns(plan: SimulationPlan, chunk: int) -> dict[str, Any]:
    """A row an item and day: units that can be sold on it."""
    items = _items(plan, chunk)
    stock = world_of(plan).stock[items]
    columns = {
        "item": np.repeat(items, plan.end),
        "day": np.tile(np.arange(plan.end), len(items)),
        "stock": stock.ravel(),
    }
    return _written(plan, columns)


def cost_columns(plan: SimulationPlan, chunk: int) -> dict[str, Any]:
    """A row an item and day from which it costs the shop another sum: the first day, and the drift's."""
    world, items = world_of(plan), _items(plan, chunk)
    cost = np.round(world.regular_cents[items] * world.cost_share[items]).astype(np.int64)
    days = np.unique(np.array([0, drift_day(plan)]))
    factor = np.where(days > 0, COST_DRIFT, 1.0)
    cents = np.round(cost[:, None] * factor[None, :]).astype(np.int64)
    columns = {"item": np.repeat(items, len(days)), "day": np.tile(days, len(items)), "cost_cents": cents.ravel()}
    return _written(plan, columns)


def competitor_columns(plan: SimulationPlan, chunk: int) -> dict[str, Any]:
    """A row an item, competitor and week in which its price was looked up there: each has some items, at a level of its own."""
    world, items = world_of(plan), _items(plan, chunk)
    weeks = np.arange(-(-plan.end // 7))
    grid = np.meshgrid(items, np.arange(len(COMPETITORS)), weeks, indexing="ij")
    item, competitor, week = (axis.ravel() for axis in grid)
    day = week * 7 + competitor
    has_item = StoredDraws(plan.seed, "competitor's item", item, competitor)
    kept = (has_item.uniform("has it") < 0.6) & (day < plan.end)
    item, competitor, week, day, own = (v[kept] for v in (item, competitor, week, day, has_item.normal("level")))
    of_week = StoredDraws(plan.seed, "competitor's price", item, competitor, week)
    level = np.array([*COMPETITORS.values()])[competitor] * np.exp(0.08 * own + 0.01 * of_week.normal("wander"))
    level *= np.where(of_week.uniform("is reduced") < 0.07, 0.8, 1.0)
    cents = np.maximum(19, np.round(world.price_cents[item, np.maximum(day - 7, 0)] * level)).astype(np.int64)
    columns = {
        "item": item,
        "day": day,
        "competitor": competitor,
        "hour": 8 + of_week.whole("hour", 9),
        "price_cents": cents,
    }
    return _written(plan, columns)


def _written(plan: SimulationPlan, columns: dict[str, Any]) -> dict[str, Any]:
    """The rows of days that are written."""
    kept = columns["day"] >= plan.since
    return {name: values[kept] for name, values in columns.items()}


def _items(plan: SimulationPlan, chunk: int) -> Any:
    return np.arange(chunk * ITEM_CHUNK, min((chunk + 1) * ITEM_CHUNK, plan.items))
