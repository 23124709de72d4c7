"""A block of people, whole: what each does on every day, as columns of plain numbers. No Spark, and no other block is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from footfall.simulation.baskets import BasketLines, OrderOutcomes, lines_of, outcomes_of
from footfall.simulation.bots import bot_events
from footfall.simulation.browsing import events_of, offer_events, order_events, rows_of
from footfall.simulation.draws import Flags, Floats, Ints, StoredDraws, generator
from footfall.simulation.families import order_counts
from footfall.simulation.offers import OfferDecisions, coupons_at_hand, decide, offer_effects
from footfall.simulation.people import HiddenPeople, people_of
from footfall.simulation.plan import SimulationPlan
from footfall.simulation.visits import (
    EXTRA_KEY,
    ShopVisits,
    browsing_visits,
    first_digital_visits,
    joined_visits,
    keyed_orders,
    order_visits,
)
from footfall.simulation.world import world_of

LOST_DAYS = 3  # of people whom an offer annoys
MOST_ORDERS_A_DAY = 8


@dataclass(frozen=True)
class PeopleBlock:
    """All that a block's people do. `planned` are the orders that they would place without any offer."""

    people: HiddenPeople
    planned: Ints  # (people, days)
    decisions: OfferDecisions
    orders: ShopVisits
    browsing: ShopVisits
    outcomes: OrderOutcomes
    lines: BasketLines


@lru_cache(maxsize=1)
def block_of(plan: SimulationPlan, block: int) -> PeopleBlock:
    """The block, by the plan and its number alone."""
    people = people_of(plan, block)
    counts = np.minimum(order_counts(plan, people, generator(plan.seed, "orders", block)), MOST_ORDERS_A_DAY)
    counts[people.person >= plan.people] = 0
    planned = order_visits(plan, people, *keyed_orders(counts))
    browsing = browsing_visits(plan, people, generator(plan.seed, "browsing visits", block))
    browsing = browsing.take(people.person[browsing.owner] < plan.people)
    first = first_digital_visits(plan, people, joined_visits(planned, browsing))
    decisions = decide(plan, people, counts, first)
    orders = _with_reactions(plan, people, planned, decisions)
    outcomes = outcomes_of(plan, people, orders)
    lines = lines_of(plan, world_of(plan), people, orders, outcomes)
    return PeopleBlock(people, counts, decisions, orders, browsing, outcomes, lines)


def _with_reactions(
    plan: SimulationPlan, people: HiddenPeople, planned: ShopVisits, decisions: OfferDecisions
) -> ShopVisits:
    """The orders as they happen: without those that an offer prevents, with those that it brings, and the coupons used."""
    lost = np.zeros((len(people.person), plan.days), dtype=bool)
    rows = np.flatnonzero(decisions.drops_orders)
    for later in range(LOST_DAYS):
        day = np.minimum(decisions.shown_day[rows] + later, plan.days - 1)
        lost[decisions.owner[rows], day] = True
    kept = planned.take(~lost[planned.owner, planned.day])
    offer, week = coupons_at_hand(plan, people, decisions)
    draws = StoredDraws(plan.seed, "coupon", people.person[kept.owner], kept.key)
    uses = draws.uniform("uses") < 0.4
    at = kept.owner, kept.day
    kept = replace(kept, offer=np.where(uses, offer[at], -1), week=np.where(uses, week[at], -1))

    rows = np.flatnonzero(decisions.adds_order)
    person = people.person[decisions.owner[rows]]
    delay = StoredDraws(plan.seed, "reaction", person, decisions.week[rows]).whole("days", 3)
    day = decisions.shown_day[rows] + delay
    alive = (day < plan.days) & (day < people.churn_day[decisions.owner[rows]]) & (person < plan.people)
    rows, day = rows[alive], day[alive]
    extra = order_visits(plan, people, decisions.owner[rows], day, EXTRA_KEY + decisions.week[rows])
    return joined_visits(kept, replace(extra, offer=decisions.offer[rows], week=decisions.week[rows]))


def event_columns(plan: SimulationPlan, block: int) -> dict[str, Any]:
    """What the logs of web, app and mini program see, apart from purchases: a row an event."""
    made_of = block_of(plan, block)
    people, world = made_of.people, world_of(plan)
    visits = joined_visits(made_of.orders, made_of.browsing)
    offered = offer_events(plan, made_of.decisions, visits)
    parts = (
        (visits, events_of(plan, world, people, visits, generator(plan.seed, "events", block))),
        (made_of.orders, order_events(made_of.orders, made_of.lines, generator(plan.seed, "order events", block))),
        (visits, rows_of(offered, people.person[visits.owner[offered["visit"]]] < plan.people)),
    )
    of_people = [_event_rows(plan, people, of, events) for of, events in parts]
    return _stacked([*of_people, _bot_rows(plan, block)], block)


def _bot_rows(plan: SimulationPlan, block: int) -> dict[str, Any]:
    events = bot_events(plan, block)
    times = {
        "time": moments(plan, events["day"], events["second"]),
        "is_logged_in": np.zeros(len(events["day"]), dtype=bool),
    }
    return {name: values for name, values in events.items() if name not in {"second", "stage"}} | times


def _event_rows(
    plan: SimulationPlan, people: HiddenPeople, visits: ShopVisits, events: dict[str, Any]
) -> dict[str, Any]:
    visit = events["visit"]
    day, stage = visits.day[visit], events["stage"]
    return {
        "person": people.person[visits.owner[visit]],
        "visit": visits.key[visit],
        "day": day,
        "time": moments(plan, day, visits.second[visit] + visits.pace[visit] * stage),
        "channel": visits.channel[visit],
        "device": visits.device[visit],
        "is_logged_in": stage >= visits.login_stage[visit],
        **{name: events[name] for name in events if name not in {"visit", "stage"}},
    }


def _stacked(parts: list[dict[str, Any]], block: int) -> dict[str, Any]:
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return columns | {"number": (block << 32) + np.arange(len(columns["person"]))}


def line_columns(plan: SimulationPlan, block: int) -> dict[str, Any]:
    """What people wanted to order: a row a line, with what becomes of its order and of itself, if there is stock."""
    made_of = block_of(plan, block)
    people, orders, outcomes, lines = made_of.people, made_of.orders, made_of.outcomes, made_of.lines
    order, owner = lines.order, orders.owner[lines.order]
    of_line = {name: getattr(lines, name) for name in lines.__dataclass_fields__ if name not in {"order", "template"}}
    of_order = {name: getattr(outcomes, name)[order] for name in outcomes.__dataclass_fields__ if name != "template"}
    visit = {name: getattr(orders, name)[order] for name in ("day", "channel", "device", "is_guest", "offer", "week")}
    return {
        "person": people.person[owner],
        "order_key": orders.key[order],
        "time": moments(plan, orders.day[order], (orders.second + 4.8 * orders.pace)[order]),
        "is_logged_in": orders.login_stage[order] <= 4.8,
        "has_card": people.has_card[owner] & (StoredDraws(plan.seed, "card", people.person[owner], orders.key[order])
                                              .uniform("shown") < 0.95),
        **visit, **of_order, **of_line,
        "stock": world_of(plan).stock[lines.item, orders.day[order]],
        "order_template": outcomes.template[order], "line_template": lines.template,
    }  # fmt: skip


def people_columns(plan: SimulationPlan, block: int) -> dict[str, Any]:
    """The hidden people, a row each; matrices come as lists, effects of offers among them."""
    people = people_of(plan, block)
    kept = people.person < plan.people
    columns = {name: getattr(people, name) for name in people.__dataclass_fields__}
    columns |= {"offer_effects": offer_effects(plan, people)}
    return {name: values[kept] for name, values in columns.items()}


def decision_columns(plan: SimulationPlan, block: int) -> dict[str, Any]:
    """What was decided for whom, a row a person and week, with the true effect and the draw that it is compared with."""
    made_of = block_of(plan, block)
    decisions = made_of.decisions
    kept: Flags = made_of.people.person[decisions.owner] < plan.people
    columns = {name: getattr(decisions, name)[kept] for name in decisions.__dataclass_fields__ if name != "owner"}
    shown = columns["shown_day"] >= 0
    times = moments(plan, np.where(shown, columns["shown_day"], 0), np.where(shown, columns["shown_second"], 0))
    return {
        "person": made_of.people.person[decisions.owner[kept]],
        **columns,
        "shown_time": np.where(shown, times, 0),
        "adds_order": decisions.adds_order[kept],
        "drops_orders": decisions.drops_orders[kept],
    }


def moments(plan: SimulationPlan, day: Ints, second: Floats | Ints) -> Ints:
    """Microseconds since 1970, UTC, of seconds of a day of the shop; whole milliseconds."""
    since: Ints = np.floor(np.asarray(second) * 1000.0).astype(np.int64) * 1000
    return _midnights(plan)[day] + since


@lru_cache(maxsize=2)
def _midnights(plan: SimulationPlan) -> Ints:
    return plan.midnights()
