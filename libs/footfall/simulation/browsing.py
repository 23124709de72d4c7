"""What visitors do on web, app and mini program before they order or leave: slates, clicks, searches, views, carts. NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np

from footfall.simulation.assigned import MOST_ASSIGNED_ITEMS, AssignedDecisions
from footfall.simulation.baskets import BasketLines
from footfall.simulation.draws import Flags, Floats, Ints, Names, StoredDraws, no_names
from footfall.simulation.offers import ONSITE, VALID_DAYS, OfferDecisions, offers_of
from footfall.simulation.people import (
    TO_CHECKOUT,
    TO_COMPLAINT,
    TO_FAVOURITE,
    TO_LEFT_CART,
    TO_SLATE,
    HiddenPeople,
)
from footfall.simulation.plan import ITEMS, MINI, SimulationPlan
from footfall.simulation.visits import MOST_OFFERS, ShopVisits
from footfall.simulation.world import CATEGORY_WEIGHTS, ShopWorld

KINDS = ("impression", "click", "search", "view", "favourite", "cart", "checkout", "purchase", "complaint")
IMPRESSION, CLICK, SEARCH, VIEW, FAVOURITE, CART, CHECKOUT, PURCHASE, COMPLAINT = range(len(KINDS))
SLATE_PLACES = MOST_ASSIGNED_ITEMS  # recommended items that a visit may begin with
MOST_LOOKS = 1000
RANDOM_SLATES = 0.25  # share of slates whose items are drawn by chance
PLACE_FACTORS = np.array([1.0, 0.75, 0.55, 0.45])  # how often the place of a slate is looked at
FIELDS = ("visit", "slot", "kind", "stage", "item", "category", "position", "offer", "week", "decision", "dwell_ms", "propensity",
          "click_probability")  # fmt: skip
_ABSENT: dict[str, Any] = {"propensity": np.nan, "click_probability": np.nan, "stage": 0.0, "decision": None}
# An event is known by its person, its visit and its slot: the part of the visit that it comes from, and its place in that.
SLOT_BITS, PART_BITS = 20, 16
(OF_SLATE, OF_SLATE_CLICK, OF_SLATE_VIEW, OF_SEARCH, OF_LOOK, OF_FAVOURITE, OF_LEFT_CART, OF_LEFT_CHECKOUT, OF_COMPLAINT,
 OF_ORDER_VIEW, OF_ORDER_CART, OF_ORDER_CHECKOUT, OF_OFFER, OF_OFFER_CLICK) = range(14)  # fmt: skip


def events_of(
    plan: SimulationPlan, world: ShopWorld, people: HiddenPeople, visits: ShopVisits, assigned: AssignedDecisions
) -> dict[str, Any]:
    """Events of visits over web, app and mini program, apart from what belongs to an order; by name of FIELDS, a row each."""
    rows = np.flatnonzero(visits.is_digital)
    of_visit = StoredDraws(plan.seed, "looks", people.person[visits.owner[rows]], visits.key[rows])
    return _joined([
        *_slates(plan, world, people, visits, rows, assigned),
        *_searches(plan, people, visits, rows, of_visit),
        *_looks(plan, world, people, visits, rows, of_visit),
        _events(rows[of_visit.uniform("complains") < _chance(people, visits, rows, TO_COMPLAINT)], OF_COMPLAINT, 0, COMPLAINT, stage=3.5),
    ])  # fmt: skip


def order_events(plan: SimulationPlan, people: HiddenPeople, orders: ShopVisits, lines: BasketLines) -> dict[str, Any]:
    """What comes before an order over web, app or mini program: its lines are viewed, put into the cart, and checked out."""
    digital = orders.channel[lines.order] <= MINI
    order, item, line = lines.order[digital], lines.item[digital], lines.line[digital]
    draws = StoredDraws(plan.seed, "order events", people.person[orders.owner[order]], orders.key[order], line)
    stage, viewed = draws.uniform("stage"), draws.uniform("viewed") < 0.8
    parts = [
        _events(order[viewed], OF_ORDER_VIEW, line[viewed], VIEW, stage=1.0 + 1.9 * stage[viewed], item=item[viewed],
                dwell_ms=_dwell(draws)[viewed]),
        _events(order, OF_ORDER_CART, line, CART, stage=3.0 + stage, item=item),
        _events(np.unique(order), OF_ORDER_CHECKOUT, 0, CHECKOUT, stage=4.2),
    ]  # fmt: skip
    return _joined(parts)


def offer_events(plan: SimulationPlan, decisions: OfferDecisions, visits: ShopVisits) -> dict[str, Any]:
    """Impressions and clicks of offers that are shown on pages; `visit` is the first visit of the day over web, app or mini program.

    Messages by e-mail and text are no events: they are contacts.
    """
    order = np.lexsort((visits.key, visits.second, visits.day, visits.owner, ~visits.is_digital))
    order = order[: int(visits.is_digital.sum())]
    code = visits.owner[order] * (1 << 20) + visits.day[order]
    medium = np.array([o.medium for o in offers_of(plan)])[decisions.offer]
    shown = np.flatnonzero((decisions.shown_day >= plan.since) & (decisions.shown_day >= 0) & (medium == ONSITE))
    wanted = decisions.owner[shown] * (1 << 20) + decisions.shown_day[shown]
    visit = order[np.searchsorted(code, wanted)] if len(shown) else shown
    columns = {name: getattr(decisions, name)[shown] for name in ("offer", "week", "propensity", "decision")}
    slot = columns["week"] * MOST_OFFERS + columns["offer"]
    clicked = decisions.is_clicked[shown]
    chance = decisions.click_probability[shown]
    of_clicks = {name: values[clicked] for name, values in columns.items()}
    return _joined([
        _events(visit, OF_OFFER, slot, IMPRESSION, stage=0.05, click_probability=chance, **columns),
        _events(visit[clicked], OF_OFFER_CLICK, slot[clicked], CLICK, stage=0.3, **of_clicks),
    ])  # fmt: skip


def _slates(
    plan: SimulationPlan,
    world: ShopWorld,
    people: HiddenPeople,
    visits: ShopVisits,
    rows: Ints,
    assigned: AssignedDecisions,
) -> list[dict[str, Any]]:
    """Four recommended items, and the clicks on them: the shop's own choice, or what was decided elsewhere.

    Whether a person clicks on an item is a function of seed, person, visit and item, in whatever place it stands.
    """
    person, key = people.person[visits.owner[rows]], visits.key[rows]
    has_slate = StoredDraws(plan.seed, "slate", person, key).uniform("has slate") < _chance(
        people, visits, rows, TO_SLATE
    )
    slate = np.repeat(rows[has_slate], SLATE_PLACES)
    place = np.arange(len(slate)) % SLATE_PLACES
    item, propensity, decision = _chosen_items(plan, world, people, visits, slate, place, assigned)
    filled = item >= 0
    slate, place, item = slate[filled], place[filled], item[filled]
    owner = visits.owner[slate]
    chance = click_probability(people, world, owner, item, place)
    draws = StoredDraws(plan.seed, "slate click", people.person[owner], visits.key[slate], item)
    clicked = draws.uniform("clicks") < chance
    of_clicks = {"item": item[clicked], "position": place[clicked] + 1, "decision": decision[filled][clicked]}
    at = slate[clicked], place[clicked]
    return [
        _events(slate, OF_SLATE, place, IMPRESSION, stage=0.01 * place, item=item, position=place + 1,
                propensity=propensity[filled], click_probability=chance, decision=decision[filled]),
        _events(at[0], OF_SLATE_CLICK, at[1], CLICK, stage=0.4 + 0.05 * at[1], **of_clicks),
        _events(at[0], OF_SLATE_VIEW, at[1], VIEW, stage=0.41 + 0.05 * at[1], item=item[clicked],
                dwell_ms=_dwell(draws)[clicked]),
    ]  # fmt: skip


def _chosen_items(
    plan: SimulationPlan,
    world: ShopWorld,
    people: HiddenPeople,
    visits: ShopVisits,
    slate: Ints,
    place: Ints,
    assigned: AssignedDecisions,
) -> tuple[Ints, Floats, Names]:
    """Of each place of a slate its item (-1: none), the propensity, and the decision, where it was taken elsewhere."""
    item, propensity = _own_slates(plan, world, people, visits, slate, place)
    decision = no_names(len(slate))
    is_assigned = plan.is_assigned(ITEMS, visits.day[slate])
    if not is_assigned.any():
        return item, propensity, decision
    row = _assigned_slates(people, visits, slate, assigned)
    others = np.flatnonzero(is_assigned & (row >= 0))
    item = np.where(is_assigned, -1, item)
    item[others] = assigned.items[row[others], place[others]]
    propensity[others], decision[others] = assigned.propensity[row[others]], assigned.decision[row[others]]
    return item, propensity, decision


def _own_slates(
    plan: SimulationPlan, world: ShopWorld, people: HiddenPeople, visits: ShopVisits, slate: Ints, place: Ints
) -> tuple[Ints, Floats]:
    """Items of categories to the person's taste, or by chance among all items, with the propensity of those."""
    owner, day = visits.owner[slate], visits.day[slate]
    person, key = people.person[owner], visits.key[slate]
    by_chance = StoredDraws(plan.seed, "slate", person, key).uniform("by chance") < RANDOM_SLATES
    draws = StoredDraws(plan.seed, "slate item", person, key, place)
    by_taste = world.pick(_tasteful(people, owner, draws), draws.uniform("item"))
    item = np.where(by_chance, draws.whole("any item", plan.items), by_taste)
    return world.there_on(item, day), np.where(by_chance, 1.0 / plan.items, np.nan)


def _assigned_slates(people: HiddenPeople, visits: ShopVisits, slate: Ints, assigned: AssignedDecisions) -> Ints:
    """Of each slate the row of the last decision about the person's items that still stands; -1: none."""
    rows = np.flatnonzero(~assigned.is_offer)
    if not len(rows):
        return np.full(len(slate), -1)
    code = (assigned.person[rows] - people.person[0]) * (1 << 20) + assigned.day[rows]
    owner, day = visits.owner[slate], visits.day[slate]
    last = np.searchsorted(code, owner * (1 << 20) + day, side="right") - 1
    row = rows[last]
    stands = (last >= 0) & (assigned.person[row] == people.person[owner]) & (day - assigned.day[row] <= VALID_DAYS)
    return np.where(stands, row, -1)


def click_probability(people: HiddenPeople, world: ShopWorld, owner: Ints, item: Ints, place: Ints) -> Floats:
    """How probable a click on a recommended item is: taste for its category beside the shop's mean, quality, place."""
    category = world.category[item]
    liking = people.taste[owner, category] / (CATEGORY_WEIGHTS / CATEGORY_WEIGHTS.sum())[category]
    chance: Floats = np.clip(0.05 * np.sqrt(liking) * (0.5 + world.quality[item]), 0.002, 0.5) * PLACE_FACTORS[place]
    return chance


def _searches(
    plan: SimulationPlan, people: HiddenPeople, visits: ShopVisits, rows: Ints, of_visit: StoredDraws
) -> list[dict[str, Any]]:
    searched, place = _repeated(rows, of_visit.poisson("searches", 0.6))
    owner = visits.owner[searched]
    draws = StoredDraws(plan.seed, "search", people.person[owner], visits.key[searched], place)
    stage = 0.5 + 0.5 * draws.uniform("stage")
    return [_events(searched, OF_SEARCH, place, SEARCH, stage=stage, category=_tasteful(people, owner, draws))]


def _looks(
    plan: SimulationPlan, world: ShopWorld, people: HiddenPeople, visits: ShopVisits, rows: Ints, of_visit: StoredDraws
) -> list[dict[str, Any]]:
    """Views, favourites, and carts that are left behind, some of them at the checkout."""
    looks = np.minimum(1 + of_visit.counts("looks", 3.0), MOST_LOOKS)
    looks = np.where(visits.has_order[rows], looks // 2, looks)
    is_left = (of_visit.uniform("leaves a cart") < _chance(people, visits, rows, TO_LEFT_CART)) & ~visits.has_order[
        rows
    ]
    viewed, place = _repeated(rows, looks)
    leaves = np.repeat(is_left, looks)
    checks_out = np.repeat(of_visit.uniform("checks out") < _chance(people, visits, rows, TO_CHECKOUT), looks)
    owner = visits.owner[viewed]
    draws = StoredDraws(plan.seed, "look", people.person[owner], visits.key[viewed], place)
    item = world.pick(_tasteful(people, owner, draws), draws.uniform("item"))
    item = world.there_on(item, visits.day[viewed])
    stage = 1.0 + 2.0 * draws.uniform("stage")
    liked = draws.uniform("likes") < _chance(people, visits, viewed, TO_FAVOURITE)
    carted = leaves & (draws.uniform("carts") < 0.4)
    return [
        _events(viewed, OF_LOOK, place, VIEW, stage=stage, item=item, dwell_ms=_dwell(draws)),
        _events(viewed[liked], OF_FAVOURITE, place[liked], FAVOURITE, stage=stage[liked] + 0.05, item=item[liked]),
        _events(viewed[carted], OF_LEFT_CART, place[carted], CART, stage=3.0 + draws.uniform("cart stage")[carted],
                item=item[carted]),
        _events(np.unique(viewed[carted & checks_out]), OF_LEFT_CHECKOUT, 0, CHECKOUT, stage=4.2),
    ]  # fmt: skip


def _chance(people: HiddenPeople, visits: ShopVisits, rows: Ints, step: int) -> Floats:
    chance: Floats = people.transition[visits.owner[rows], step]
    return chance


def _repeated(rows: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Each row so many times, and the number of each repetition from 0."""
    repeated = np.repeat(rows, counts)
    return repeated, np.arange(len(repeated)) - np.repeat(np.cumsum(counts) - counts, counts)


def _tasteful(people: HiddenPeople, owner: Ints, draws: StoredDraws) -> Ints:
    """Categories to the taste of each owner."""
    return people.category_at(owner, draws.uniform("category"))


def _dwell(draws: StoredDraws) -> Ints:
    """Milliseconds on a page."""
    return np.minimum(np.exp(9.0 + draws.normal("dwell")), 600_000).astype(np.int64)


def _events(visit: Ints, part: int, place: Any, kind: int, **columns: Any) -> dict[str, Any]:
    """Columns of all FIELDS; what is not named is -1, NaN or None."""
    count = len(visit)
    filled = absent(count) | {"visit": visit, "kind": np.full(count, kind)}
    columns |= {"slot": (part << PART_BITS) + place}
    return filled | {name: np.broadcast_to(values, (count,)) for name, values in columns.items()}


def absent(count: int) -> dict[str, Any]:
    """Columns of all FIELDS with nothing in them."""
    return {name: np.full(count, _ABSENT.get(name, -1)) for name in FIELDS}


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in FIELDS}


def rows_of(events: dict[str, Any], kept: Flags) -> dict[str, Any]:
    """Some of the events."""
    return {name: values[kept] for name, values in events.items()}
