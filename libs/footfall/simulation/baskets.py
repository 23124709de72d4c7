"""What is in an order: items, units and prices as wanted, and all that becomes of it later if there is stock. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from footfall.simulation.draws import Flags, Floats, Ints, StoredDraws
from footfall.simulation.offers import offers_of
from footfall.simulation.people import STAPLES, HiddenPeople
from footfall.simulation.plan import STORE, SimulationPlan
from footfall.simulation.visits import ShopVisits
from footfall.simulation.world import ShopWorld

MOST_LINES = 100
STAPLE_SHARE = 0.4  # of lines that are one of the person's staples
FRAUD_SHARE = 0.003  # of orders
STORES = 12
METHODS = ("card", "wallet", "transfer", "cash", "invoice")
RETURN_REASONS = (
    "changed my mind",
    "does not fit",
    "broken",
    "not as described",
    "arrived too late",
    "parcel was empty",
)
EMPTY_PARCEL = 5
INTENTS = ("where_is_my_parcel", "refund", "exchange", "defect", "invoice", "coupon", "account", "complaint")
NOTHING = -1


@dataclass(frozen=True)
class OrderOutcomes:
    """One row an order: what was drawn beforehand about it; days count from the order, -1: it does not happen."""

    store: Ints
    method: Ints
    failures: Ints  # payments that fail before one succeeds
    delivery_days: Ints
    is_fraud: Flags
    ticket_days: Ints
    intent: Ints
    survey_days: Ints
    score: Ints  # 0 to 10
    template: Ints  # any whole number: which of the templates a text takes
    in_chinese: Flags


@dataclass(frozen=True)
class BasketLines:
    """One row a line that somebody wanted."""

    order: Ints  # row of the order
    line: Ints  # from 1
    item: Ints
    quantity: Ints
    list_cents: Ints  # price of a unit
    amount_cents: Ints  # of the line, after discounts
    discount_cents: Ints
    return_days: Ints
    return_quantity: Ints
    return_reason: Ints
    review_days: Ints
    rating: Ints
    template: Ints


def outcomes_of(plan: SimulationPlan, people: HiddenPeople, orders: ShopVisits) -> OrderOutcomes:
    """What becomes of each order."""
    person = people.person[orders.owner]
    draws = StoredDraws(plan.seed, "order", person, orders.key)
    in_store = orders.channel == STORE
    is_late_group = people.group[orders.owner] == 1
    delivery = np.where(in_store, 0, 1 + draws.counts("delivery", 1.0) + 2 * is_late_group)
    is_late = delivery >= 4
    asks = draws.uniform("ticket") < np.where(in_store, 0.004, 0.015 + 0.06 * is_late)
    intent = np.where(is_late & (draws.uniform("about parcel") < 0.7), 0, draws.whole("intent", len(INTENTS)))
    answers = draws.uniform("survey") < np.where(in_store, 0.01, 0.06)
    score = np.clip(np.round(8.2 - 0.9 * np.maximum(delivery - 2, 0) + 1.6 * draws.normal("score")), 0, 10)
    method = np.where(in_store, np.where(draws.uniform("cash") < 0.3, 3, 0), draws.whole("method", 3))
    return OrderOutcomes(
        store=np.where(in_store, person % STORES, NOTHING),
        method=method,
        failures=np.where(in_store, 0, np.minimum(draws.counts("failures", 0.06), 3)),
        delivery_days=delivery,
        is_fraud=(draws.uniform("fraud") < FRAUD_SHARE) & ~in_store,
        ticket_days=np.where(asks, np.maximum(delivery, 1) + draws.counts("ticket days", 1.5), NOTHING),
        intent=intent,
        survey_days=np.where(answers, delivery + 1 + draws.counts("survey days", 2.0), NOTHING),
        score=score.astype(np.int64),
        template=draws.whole("template", 1 << 20),
        in_chinese=StoredDraws(plan.seed, "language", person).uniform("language") < 0.2,
    )


def lines_of(
    plan: SimulationPlan, world: ShopWorld, people: HiddenPeople, orders: ShopVisits, outcomes: OrderOutcomes
) -> BasketLines:
    """The lines of all orders: a line that the person thinks too dear is left out, unless it is the first."""
    of_order = StoredDraws(plan.seed, "basket", people.person[orders.owner], orders.key)
    size = np.exp(people.lines_mean[orders.owner] + 1.05 * of_order.normal("size"))
    size = np.minimum(1 + np.floor(size * np.where(orders.channel == STORE, 1.15, 0.85)), MOST_LINES).astype(np.int64)
    order = np.repeat(np.arange(len(size)), size)
    line = np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size)
    owner, day = orders.owner[order], orders.day[order]
    draws = StoredDraws(plan.seed, "line", people.person[owner], orders.key[order], line)
    item = _items(world, people, owner, day, draws)
    price = world.price_cents[item, day].astype(np.int64)
    offers = offers_of(plan)
    offer = orders.offer[order]
    category = np.array([o.category for o in offers])[offer]
    applies = (offer >= 0) & ((category < 0) | (category == world.category[item]))
    discount = np.where(applies, np.array([o.discount for o in offers])[offer], 0.0)
    relative = price * (1.0 - discount) / world.regular_cents[item]
    is_kept = draws.uniform("too dear") < np.minimum(0.85 * relative ** -people.price_sensitivity[owner], 1.0)
    is_kept |= line == 0
    quantity = 1 + np.minimum(draws.counts("quantity", 0.35), 11)
    quantity = np.where(outcomes.is_fraud[order], quantity + 4, quantity)
    off = np.floor(price * quantity * discount + 0.5).astype(np.int64)
    back = _returns(world, item, quantity, outcomes, order, orders.channel[order] == STORE, draws)
    reviewed = draws.uniform("review") < 0.025
    rating = np.round(1.0 + 4.2 * world.quality[item] + 0.9 * draws.normal("rating"))
    columns = {
        "order": order, "line": line + 1, "item": item, "quantity": quantity, "list_cents": price,
        "amount_cents": price * quantity - off, "discount_cents": off, **back,
        "review_days": np.where(reviewed, outcomes.delivery_days[order] + 1 + draws.counts("review days", 4.0), NOTHING),
        "rating": np.clip(rating, 1, 5).astype(np.int64), "template": draws.whole("template", 1 << 20),
    }  # fmt: skip
    return BasketLines(**{name: values[is_kept] for name, values in columns.items()})


def _items(world: ShopWorld, people: HiddenPeople, owner: Ints, day: Ints, draws: StoredDraws) -> Ints:
    """A staple, or one of two items of a category to the person's taste: the cheaper one by its usual price more often."""
    category = people.category_at(owner, draws.uniform("category"))
    place = draws.whole("staple", STAPLES)
    staple = world.pick(people.staple_category[owner, place], people.staple_share[owner, place])
    first, second = world.pick(category, draws.uniform("first")), world.pick(category, draws.uniform("second"))
    dearness = _dearness(world, first, day) - _dearness(world, second, day)
    takes_second = draws.uniform("choice") < 1.0 / (1.0 + np.exp(-4.0 * people.price_sensitivity[owner] * dearness))
    item = np.where(takes_second, second, first)
    item = np.where(draws.uniform("is staple") < STAPLE_SHARE, staple, item)
    return world.there_on(item, day)


def _dearness(world: ShopWorld, item: Ints, day: Ints) -> Floats:
    dearness: Floats = np.log(world.price_cents[item, day] / world.regular_cents[item])
    return dearness


def _returns(
    world: ShopWorld,
    item: Ints,
    quantity: Ints,
    outcomes: OrderOutcomes,
    order: Ints,
    in_store: Flags,
    draws: StoredDraws,
) -> dict[str, Ints]:
    """What comes back: more of what is of little quality, and nearly all that was ordered to be claimed."""
    is_fraud = outcomes.is_fraud[order]
    chance = np.where(in_store, 0.006, 0.015) + 0.25 * (1.0 - world.quality[item]) ** 3
    comes_back = draws.uniform("return") < np.where(is_fraud, 0.8, chance)
    reason = draws.whole("reason", EMPTY_PARCEL)
    part = 1 + draws.whole("part", quantity)
    return {
        "return_days": np.where(
            comes_back, outcomes.delivery_days[order] + 2 + draws.counts("return days", 6.0), NOTHING
        ),
        "return_quantity": np.where(draws.uniform("all") < 0.7, quantity, part),
        "return_reason": np.where(is_fraud, EMPTY_PARCEL, reason),
    }
