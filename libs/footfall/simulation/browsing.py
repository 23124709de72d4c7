"""What visitors do on web, app and mini program before they order or leave: slates, clicks, searches, views, carts. NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np

from footfall.simulation.baskets import BasketLines
from footfall.simulation.draws import Flags, Floats, Ints
from footfall.simulation.offers import ONSITE, OfferDecisions, offers_of
from footfall.simulation.people import HiddenPeople
from footfall.simulation.plan import MINI, SimulationPlan
from footfall.simulation.visits import ShopVisits
from footfall.simulation.world import CATEGORY_WEIGHTS, ShopWorld

KINDS = ("impression", "click", "search", "view", "favourite", "cart", "checkout", "purchase", "complaint")
IMPRESSION, CLICK, SEARCH, VIEW, FAVOURITE, CART, CHECKOUT, PURCHASE, COMPLAINT = range(len(KINDS))
SLATE, SLATE_PLACES = 0.6, 4  # share of visits that begin with recommended items, and how many these are
RANDOM_SLATES = 0.25  # share of slates whose items are drawn by chance
PLACE_FACTORS = np.array([1.0, 0.75, 0.55, 0.45])  # how often the place of a slate is looked at
FIELDS = (
    "visit",
    "kind",
    "stage",
    "item",
    "category",
    "position",
    "offer",
    "week",
    "dwell_ms",
    "propensity",
    "click_probability",
)
_ABSENT: dict[str, float] = {"propensity": np.nan, "click_probability": np.nan, "stage": 0.0}


def events_of(
    plan: SimulationPlan, world: ShopWorld, people: HiddenPeople, visits: ShopVisits, rng: np.random.Generator
) -> dict[str, Any]:
    """Events of visits over web, app and mini program, apart from what belongs to an order; by name of FIELDS, a row each."""
    rows = np.flatnonzero(visits.is_digital)
    parts = [
        *_slates(plan, world, people, visits, rows, rng),
        *_looks(world, people, visits, rows, rng),
        _events(rows[rng.random(len(rows)) < 0.003], COMPLAINT, stage=3.5),
    ]
    return _joined(parts)


def order_events(visits: ShopVisits, lines: BasketLines, rng: np.random.Generator) -> dict[str, Any]:
    """What comes before an order over web, app or mini program: its lines are viewed, put into the cart, and checked out."""
    digital = visits.channel[lines.order] <= MINI
    order, item = lines.order[digital], lines.item[digital]
    stage = rng.random(len(order))
    viewed = rng.random(len(order)) < 0.8
    checked = np.unique(order)
    parts = [
        _events(
            order[viewed], VIEW, stage=1.0 + 1.9 * stage[viewed], item=item[viewed], dwell_ms=_dwell(rng, viewed.sum())
        ),
        _events(order, CART, stage=3.0 + stage, item=item),
        _events(checked, CHECKOUT, stage=4.2),
    ]
    return _joined(parts)


def offer_events(plan: SimulationPlan, decisions: OfferDecisions, visits: ShopVisits) -> dict[str, Any]:
    """Impressions and clicks of offers that are shown on pages; `visit` is the first visit of the day over web, app or mini program.

    Messages by e-mail and text are no events: they are contacts.
    """
    order = np.lexsort((visits.second, visits.day, visits.owner, ~visits.is_digital))
    order = order[: int(visits.is_digital.sum())]
    code = visits.owner[order] * (1 << 20) + visits.day[order]
    medium = np.array([o.medium for o in offers_of(plan)])[decisions.offer]
    shown = np.flatnonzero((decisions.shown_day >= 0) & (medium == ONSITE))
    wanted = decisions.owner[shown] * (1 << 20) + decisions.shown_day[shown]
    visit = order[np.searchsorted(code, wanted)] if len(shown) else shown
    columns = {
        "offer": decisions.offer[shown],
        "week": decisions.week[shown],
        "propensity": decisions.propensity[shown],
    }
    clicked = decisions.is_clicked[shown]
    return _joined([
        _events(visit, IMPRESSION, stage=0.05, click_probability=decisions.click_probability[shown], **columns),
        _events(visit[clicked], CLICK, stage=0.3, **{name: values[clicked] for name, values in columns.items()}),
    ])  # fmt: skip


def _slates(
    plan: SimulationPlan,
    world: ShopWorld,
    people: HiddenPeople,
    visits: ShopVisits,
    rows: Ints,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Four recommended items: of categories to the person's taste, or by chance among all items; and the clicks on them."""
    slate = np.repeat(rows[rng.random(len(rows)) < SLATE], SLATE_PLACES)
    place = np.arange(len(slate)) % SLATE_PLACES
    owner = visits.owner[slate]
    by_chance = np.repeat(rng.random(len(slate) // SLATE_PLACES) < RANDOM_SLATES, SLATE_PLACES)
    by_taste = world.pick(_tasteful(people, owner, rng), rng.random(len(slate)))
    item = np.where(by_chance, rng.integers(0, plan.items, len(slate)), by_taste)
    item = np.where(world.introduced_day[item] > visits.day[slate], world.first_of_category[world.category[item]], item)
    chance = click_probability(people, world, owner, item, place)
    propensity = np.where(by_chance, 1.0 / plan.items, np.nan)
    shown = _events(slate, IMPRESSION, stage=0.01 * place, item=item, position=place + 1, propensity=propensity,
                    click_probability=chance)  # fmt: skip
    clicked = rng.random(len(slate)) < chance
    clicks = _events(
        slate[clicked], CLICK, stage=0.4 + 0.05 * place[clicked], item=item[clicked], position=place[clicked] + 1
    )
    views = _events(slate[clicked], VIEW, stage=0.41 + 0.05 * place[clicked], item=item[clicked],
                    dwell_ms=_dwell(rng, clicked.sum()))  # fmt: skip
    return [shown, clicks, views]


def click_probability(people: HiddenPeople, world: ShopWorld, owner: Ints, item: Ints, place: Ints) -> Floats:
    """How probable a click on a recommended item is: taste for its category beside the shop's mean, quality, place."""
    category = world.category[item]
    liking = people.taste[owner, category] / (CATEGORY_WEIGHTS / CATEGORY_WEIGHTS.sum())[category]
    chance: Floats = np.clip(0.05 * np.sqrt(liking) * (0.5 + world.quality[item]), 0.002, 0.5) * PLACE_FACTORS[place]
    return chance


def _looks(
    world: ShopWorld, people: HiddenPeople, visits: ShopVisits, rows: Ints, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Searches, views, favourites, and carts that are left behind, some of them at the checkout."""
    searched = np.repeat(rows, rng.poisson(0.6, len(rows)))
    searches = _events(searched, SEARCH, stage=0.5 + 0.5 * rng.random(len(searched)),
                       category=_tasteful(people, visits.owner[searched], rng))  # fmt: skip
    looks = rng.geometric(0.25, len(rows))
    looks = np.where(visits.has_order[rows], looks // 2, looks)
    viewed = np.repeat(rows, looks)
    item = world.pick(_tasteful(people, visits.owner[viewed], rng), rng.random(len(viewed)))
    item = np.where(
        world.introduced_day[item] > visits.day[viewed], world.first_of_category[world.category[item]], item
    )
    stage = 1.0 + 2.0 * rng.random(len(viewed))
    views = _events(viewed, VIEW, stage=stage, item=item, dwell_ms=_dwell(rng, len(viewed)))
    liked = rng.random(len(viewed)) < 0.04
    favourites = _events(viewed[liked], FAVOURITE, stage=stage[liked] + 0.05, item=item[liked])
    is_left = rng.random(len(rows)) < np.where(visits.has_order[rows], 0.0, 0.15)
    by_visit = np.zeros(len(visits.owner), dtype=bool)
    by_visit[rows[is_left]] = True
    carted = by_visit[viewed] & (rng.random(len(viewed)) < 0.4)
    carts = _events(viewed[carted], CART, stage=3.0 + rng.random(carted.sum()), item=item[carted])
    started = np.unique(viewed[carted])
    started = started[rng.random(len(started)) < 0.3]
    return [searches, views, favourites, carts, _events(started, CHECKOUT, stage=4.2)]


def _tasteful(people: HiddenPeople, owner: Ints, rng: np.random.Generator) -> Ints:
    """Categories to the taste of each owner."""
    taste = np.cumsum(people.taste, axis=1)
    share = rng.random(len(owner)).astype(np.float64)
    below: Ints = (taste[owner] < share[:, None]).sum(axis=1)
    category: Ints = np.minimum(below, taste.shape[1] - 1)
    return category


def _dwell(rng: np.random.Generator, count: int) -> Ints:
    """Milliseconds on a page."""
    return np.minimum(rng.lognormal(9.0, 1.0, int(count)), 600_000).astype(np.int64)


def _events(visit: Ints, kind: int, **columns: Any) -> dict[str, Any]:
    """Columns of all FIELDS; what is not named is -1 or NaN."""
    count = len(visit)
    filled = absent(count) | {"visit": visit, "kind": np.full(count, kind)}
    return filled | {name: np.broadcast_to(values, (count,)) for name, values in columns.items()}


def absent(count: int) -> dict[str, Any]:
    """Columns of all FIELDS with nothing in them."""
    return {name: np.full(count, _ABSENT.get(name, -1)) for name in FIELDS}


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in FIELDS}


def rows_of(events: dict[str, Any], kept: Flags) -> dict[str, Any]:
    """Some of the events."""
    return {name: values[kept] for name, values in events.items()}
