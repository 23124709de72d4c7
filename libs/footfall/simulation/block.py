"""A block of people, whole: what each does on every day, as columns of plain numbers. No Spark, and no other block is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from footfall.simulation.assigned import NOTHING_ASSIGNED, AssignedDecisions
from footfall.simulation.baskets import BasketLines, OrderOutcomes, lines_of, outcomes_of
from footfall.simulation.bots import bot_events
from footfall.simulation.browsing import SLOT_BITS, events_of, offer_events, order_events, rows_of
from footfall.simulation.draws import Flags, Floats, Ints, StoredDraws
from footfall.simulation.families import order_counts
from footfall.simulation.offers import COUPON_USE, OfferDecisions, coupons_at_hand, decide, offer_effects
from footfall.simulation.people import HiddenPeople, people_of
from footfall.simulation.plan import SimulationPlan
from footfall.simulation.visits import (
    EXTRA_KEY,
    MOST_OFFERS,
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
    """All that a block's people do, on days that are written and before. `planned` are the orders without any offer."""

    people: HiddenPeople
    planned: Ints  # (people, days)
    decisions: OfferDecisions
    orders_added: Flags  # by each decision
    orders_lost: Ints
    orders: ShopVisits
    browsing: ShopVisits

    def lines(self, plan: SimulationPlan) -> tuple[ShopVisits, OrderOutcomes, BasketLines]:
        """The orders of the days that are written, what becomes of them, and their lines."""
        orders = self.orders.take(self.orders.day >= plan.since)
        outcomes = outcomes_of(plan, self.people, orders)
        return orders, outcomes, lines_of(plan, world_of(plan), self.people, orders, outcomes)


@lru_cache(maxsize=1)
def block_of(plan: SimulationPlan, block: int, assigned: AssignedDecisions = NOTHING_ASSIGNED) -> PeopleBlock:
    """The block, by the plan, its number, and what was decided elsewhere."""
    people = people_of(plan, block)
    counts = np.minimum(order_counts(plan, people), MOST_ORDERS_A_DAY)
    counts[people.person >= plan.people] = 0
    planned = order_visits(plan, people, *keyed_orders(counts))
    browsing = browsing_visits(plan, people)
    browsing = browsing.take(people.person[browsing.owner] < plan.people)
    first = first_digital_visits(plan, people, joined_visits(planned, browsing))
    decisions = decide(plan, people, counts, first, assigned)
    lost_to = _lost_orders(plan, people, planned, decisions)
    kept = _with_coupons(plan, people, planned.take(lost_to < 0), decisions)
    added = _added_orders(plan, people, decisions)
    idle = planned.take((lost_to >= 0) & planned.is_digital)  # who is annoyed comes, and orders nothing
    idle = replace(idle, has_order=np.zeros(len(idle.day), dtype=bool))
    by_decision = np.zeros(len(decisions.day), dtype=bool)
    by_decision[added.by] = True
    lost = np.bincount(lost_to[lost_to >= 0], minlength=len(decisions.day))
    orders = joined_visits(kept, added.orders)
    return PeopleBlock(people, counts, decisions, by_decision, lost, orders, joined_visits(browsing, idle))


def _lost_orders(plan: SimulationPlan, people: HiddenPeople, planned: ShopVisits, decisions: OfferDecisions) -> Ints:
    """Of each planned order: the row of the decision that prevents it, the one shown last; -1 where it happens."""
    cause = np.full((len(people.person), plan.end), -1)
    rows = np.flatnonzero(decisions.drops_orders)[::-1]
    for later in range(LOST_DAYS - 1, -1, -1):
        day = decisions.shown_day[rows] + later
        inside = day < plan.end
        cause[decisions.owner[rows[inside]], day[inside]] = rows[inside]
    return cause[planned.owner, planned.day]


def _with_coupons(
    plan: SimulationPlan, people: HiddenPeople, orders: ShopVisits, decisions: OfferDecisions
) -> ShopVisits:
    """Orders that would be placed anyway, some of them with a coupon that is at hand."""
    row = coupons_at_hand(plan, people, decisions)[orders.owner, orders.day]
    draws = StoredDraws(plan.seed, "coupon", people.person[orders.owner], orders.key)
    used = np.flatnonzero((row >= 0) & (draws.uniform("uses") < COUPON_USE))
    offer, week, decision = orders.offer.copy(), orders.week.copy(), orders.decision.copy()
    offer[used], week[used] = decisions.offer[row[used]], decisions.week[row[used]]
    decision[used] = decisions.decision[row[used]]
    return replace(orders, offer=offer, week=week, decision=decision)


@dataclass(frozen=True)
class _AddedOrders:
    by: Ints  # row of the decision
    orders: ShopVisits


def _added_orders(plan: SimulationPlan, people: HiddenPeople, decisions: OfferDecisions) -> _AddedOrders:
    """The orders that offers bring."""
    rows = np.flatnonzero(decisions.adds_order)
    owner, week, offer = decisions.owner[rows], decisions.week[rows], decisions.offer[rows]
    person = people.person[owner]
    day = decisions.shown_day[rows] + StoredDraws(plan.seed, "reaction", person, week, offer).whole("days", 3)
    alive = (day < plan.end) & (day < people.churn_day[owner]) & (person < plan.people)
    rows, owner, week, offer, day = rows[alive], owner[alive], week[alive], offer[alive], day[alive]
    extra = order_visits(plan, people, owner, day, EXTRA_KEY + week * MOST_OFFERS + offer)
    return _AddedOrders(rows, replace(extra, offer=offer, week=week, decision=decisions.decision[rows]))


def event_columns(plan: SimulationPlan, block: int, assigned: AssignedDecisions = NOTHING_ASSIGNED) -> dict[str, Any]:
    """What the logs of web, app and mini program see, apart from purchases: a row an event."""
    made_of = block_of(plan, block, assigned)
    people, world = made_of.people, world_of(plan)
    orders, _, lines = made_of.lines(plan)
    visits = joined_visits(orders, made_of.browsing.take(made_of.browsing.day >= plan.since))
    offered = offer_events(plan, made_of.decisions, visits)
    parts = (
        (visits, events_of(plan, world, people, visits, assigned)),
        (orders, order_events(plan, people, orders, lines)),
        (visits, rows_of(offered, people.person[visits.owner[offered["visit"]]] < plan.people)),
    )
    of_people = [_event_rows(plan, people, of, events) for of, events in parts]
    bots = _bot_rows(plan, block)
    return _stacked([*of_people, rows_of(bots, bots["day"] >= plan.since)])


def _bot_rows(plan: SimulationPlan, block: int) -> dict[str, Any]:
    events = bot_events(plan, block)
    times = {
        "time": moments(plan, events["day"], events["second"]),
        "is_logged_in": np.zeros(len(events["day"]), dtype=bool),
        "number": (events["day"] << SLOT_BITS) + events["slot"],
    }
    return {name: values for name, values in events.items() if name not in {"second", "stage", "slot"}} | times


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
        "number": (visits.key[visit] << SLOT_BITS) + events["slot"],
        **{name: events[name] for name in events if name not in {"visit", "stage", "slot"}},
    }


def _stacked(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def line_columns(plan: SimulationPlan, block: int, assigned: AssignedDecisions = NOTHING_ASSIGNED) -> dict[str, Any]:
    """What people wanted to order: a row a line, with what becomes of its order and of itself, if there is stock."""
    made_of = block_of(plan, block, assigned)
    people = made_of.people
    orders, outcomes, lines = made_of.lines(plan)
    order, owner = lines.order, orders.owner[lines.order]
    of_line = {name: getattr(lines, name) for name in lines.__dataclass_fields__ if name not in {"order", "template"}}
    of_order = {name: getattr(outcomes, name)[order] for name in outcomes.__dataclass_fields__ if name != "template"}
    names = ("day", "channel", "device", "is_guest", "offer", "week", "decision")
    visit = {name: getattr(orders, name)[order] for name in names}
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
        **_phones(people, owner, orders.day[order]),
    }  # fmt: skip


def _phones(people: HiddenPeople, owner: Ints, day: Ints) -> dict[str, Any]:
    """Whose number, and which version of it, each row's person calls with; a new number may have been another's."""
    is_new = people.phone_change_day[owner] <= day
    former = people.takes_phone_of[owner]
    is_taken = is_new & (former >= 0)
    return {"phone_owner": np.where(is_taken, former, people.person[owner]), "phone_version": is_new & ~is_taken}


def people_columns(plan: SimulationPlan, block: int) -> dict[str, Any]:
    """The hidden people, a row each; matrices come as lists, effects of offers among them."""
    people = people_of(plan, block)
    kept = people.person < plan.people
    columns = {name: getattr(people, name) for name in people.__dataclass_fields__}
    columns |= {"offer_effects": offer_effects(plan, people)}
    return {name: values[kept] for name, values in columns.items()}


def decision_columns(
    plan: SimulationPlan, block: int, assigned: AssignedDecisions = NOTHING_ASSIGNED
) -> dict[str, Any]:
    """What was decided for whom, with the true effect and the draw that it is compared with, and the orders that it made.

    A row a decision that was taken, or reached its person, on a day that is written.
    """
    made_of = block_of(plan, block, assigned)
    decisions = made_of.decisions
    kept: Flags = made_of.people.person[decisions.owner] < plan.people
    kept &= np.maximum(decisions.day, decisions.shown_day) >= plan.since
    columns = {name: getattr(decisions, name)[kept] for name in decisions.__dataclass_fields__ if name != "owner"}
    shown = columns["shown_day"] >= 0
    times = moments(plan, np.where(shown, columns["shown_day"], 0), np.where(shown, columns["shown_second"], 0))
    return {
        "person": made_of.people.person[decisions.owner[kept]],
        **columns,
        "shown_time": np.where(shown, times, 0),
        "adds_order": decisions.adds_order[kept],
        "drops_orders": decisions.drops_orders[kept],
        "orders_added": made_of.orders_added[kept],
        "orders_lost": made_of.orders_lost[kept],
    }


def moments(plan: SimulationPlan, day: Ints, second: Floats | Ints) -> Ints:
    """Microseconds since 1970, UTC, of seconds of a day of the shop; whole milliseconds."""
    since: Ints = np.floor(np.asarray(second) * 1000.0).astype(np.int64) * 1000
    return _midnights(plan)[day] + since


@lru_cache(maxsize=2)
def _midnights(plan: SimulationPlan) -> Ints:
    return plan.midnights()
