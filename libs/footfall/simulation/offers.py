"""Offers of the imagined shop: what they are, what each does to each person, and to whom they are shown, part of them by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from footfall.simulation.assigned import AssignedDecisions
from footfall.simulation.draws import Flags, Floats, Ints, Names, StoredDraws, no_names
from footfall.simulation.people import HiddenPeople
from footfall.simulation.plan import OFFERS, SimulationPlan
from footfall.simulation.world import CATEGORY_NAMES

MEDIA = ("onsite", "email", "text")
ONSITE, EMAIL, TEXT = range(3)
ANALYTICS, PROFILING, MARKETING, TEXT_PURPOSE = range(4)  # places in people.PURPOSES
RANDOM_SHARE = 0.3  # of decisions that are drawn by chance, with a known propensity
NONE_PROBABILITY = 0.3  # of showing nothing, in those
VALID_DAYS = 6  # so many days after its decision an offer can still be shown, and redeemed after it was shown
COUPON_USE = 0.4  # share of orders, placed anyway, that use a coupon at hand
UNFAIR_SKIP = 0.5  # the rule leaves out so many of the south's people
FEW_ORDERS, LOOK_BACK_DAYS = 1, 28  # the rule: people with at most so many orders in so many days
MOST_EFFECT, LEAST_EFFECT = 0.3, -0.08


@dataclass(frozen=True)
class ShopOffer:
    """One offer; days are numbers, both included."""

    name: str
    medium: int
    category: int  # -1: on everything
    discount: float  # share of the price
    first_day: int
    last_day: int
    base_effect: float  # how probable an extra order is, in a person of average sensitivity
    fixed_cost_cents: int  # of showing it once


def offers_of(plan: SimulationPlan) -> tuple[ShopOffer, ...]:
    """The offers, in the order of their numbers."""
    last, half = plan.end - 1, plan.days // 2
    named = {name: place for place, name in enumerate(CATEGORY_NAMES)}
    return (
        ShopOffer("10% off everything", ONSITE, -1, 0.10, 0, last, 0.06, 0),
        ShopOffer("20% off coffee", ONSITE, named["coffee"], 0.20, 0, last, 0.04, 0),
        ShopOffer("25% off shirts", EMAIL, named["shirts"], 0.25, 0, half, 0.03, 2),
        ShopOffer("15% off everything by e-mail", EMAIL, -1, 0.15, 0, last, 0.07, 2),
        ShopOffer("new garden things", EMAIL, named["garden"], 0.0, half, last, 0.01, 2),
        ShopOffer("20% off by text message", TEXT, -1, 0.20, 0, last, 0.09, 6),
        ShopOffer("30% off toys", ONSITE, named["toys"], 0.30, half, last, 0.05, 0),
        ShopOffer("reminder by text message", TEXT, -1, 0.0, 0, last, 0.0, 6),
    )


def offer_effects(plan: SimulationPlan, people: HiddenPeople) -> Floats:
    """(people, offers): by how much an offer changes the probability of an order, once it was shown.

    Greater than 0: an extra order within two days. Less: orders of the next three days do not happen.
    """
    effects = np.zeros((len(people.person), len(offers_of(plan))))
    sensitivity = people.price_sensitivity / 1.1
    for number, offer in enumerate(offers_of(plan)):
        liking = 1.0 if offer.category < 0 else 0.3 + 8.0 * people.taste[:, offer.category]
        annoyance = 0.03 * np.maximum(-people.responsiveness, 0.0) * (1.0 + (offer.medium == TEXT))
        gain = offer.base_effect * (0.4 + 0.6 * sensitivity) * liking * np.exp(0.3 * people.responsiveness)
        effects[:, number] = np.clip(gain - annoyance, LEAST_EFFECT, MOST_EFFECT)
    return effects


@dataclass(frozen=True)
class OfferDecisions:
    """One row a decision about a person: what was decided, and whether it reached the person."""

    owner: Ints  # row of the person in its block
    week: Ints
    day: Ints
    is_random: Flags
    offer: Ints  # -1: nothing
    propensity: Floats  # of what was decided; NaN where it is not known
    decision: Names  # its number, where it was taken elsewhere
    shown_day: Ints  # -1: it reached nobody
    shown_second: Ints
    effect: Floats  # true effect of the offer on this person; 0 where there is none
    reaction: Floats  # the draw, made beforehand, that the effect is compared with
    is_clicked: Flags
    click_probability: Floats

    @property
    def adds_order(self) -> Flags:
        """Where an extra order follows."""
        return (self.shown_day >= 0) & (self.reaction < self.effect)

    @property
    def drops_orders(self) -> Flags:
        """Where orders of the next days do not happen."""
        return (self.shown_day >= 0) & (self.reaction < -self.effect)


@dataclass(frozen=True)
class ChosenOffers:
    """What was decided, before anybody acts on it; the columns are those of OfferDecisions."""

    owner: Ints
    day: Ints
    is_random: Flags
    offer: Ints
    propensity: Floats
    decision: Names


def decide(
    plan: SimulationPlan, people: HiddenPeople, counts: Ints, first_visits: Ints, assigned: AssignedDecisions
) -> OfferDecisions:
    """The decisions of all weeks: the shop's own, and on the days on which it was decided elsewhere the others.

    `counts` (people, days) are the orders that people place by themselves; `first_visits` (people, days) the second of the
    first visit over web, app or mini program of each day, -1 where there is none.
    """
    own, others = own_offers(plan, people, counts), _assigned_offers(people, assigned)
    names = ("owner", "day", "is_random", "offer", "propensity", "decision")
    columns = {name: np.concatenate([getattr(own, name), getattr(others, name)]) for name in names}
    order = np.lexsort((columns["offer"], columns["day"], columns["owner"]))
    return _carried_out(plan, people, ChosenOffers(**{name: columns[name][order] for name in names}), first_visits)


def own_offers(plan: SimulationPlan, people: HiddenPeople, counts: Ints) -> ChosenOffers:
    """What the shop itself decides: once a week for each customer, on a day of the week of the person's own."""
    weeks = -(-plan.end // 7)
    owner, week = (grid.ravel() for grid in np.meshgrid(np.arange(len(people.person)), np.arange(weeks), indexing="ij"))
    person = people.person[owner]
    day = week * 7 + person % 7
    kept = (day < plan.end) & (day >= people.joined_day[owner]) & ~plan.is_assigned(OFFERS, day)
    owner, week, person, day = owner[kept], week[kept], person[kept], day[kept]
    draws = StoredDraws(plan.seed, "decision", person, week)
    active = _active(plan, day)
    is_random = draws.uniform("arm") < RANDOM_SHARE
    offer, propensity = _by_chance(active, draws)
    offer = np.where(is_random, offer, _by_rule(people, owner, day, counts, active, draws))
    return ChosenOffers(owner, day, is_random, offer, np.where(is_random, propensity, np.nan), no_names(len(day)))


def _assigned_offers(people: HiddenPeople, assigned: AssignedDecisions) -> ChosenOffers:
    is_offer = assigned.is_offer
    owner, propensity = (assigned.person - people.person[0])[is_offer], assigned.propensity[is_offer]
    return ChosenOffers(
        owner,
        assigned.day[is_offer],
        ~np.isnan(propensity),
        assigned.offer[is_offer],
        propensity,
        assigned.decision[is_offer],
    )


def _carried_out(
    plan: SimulationPlan, people: HiddenPeople, chosen: ChosenOffers, first_visits: Ints
) -> OfferDecisions:
    """What comes of the decisions, by draws that are a function of seed, person, week and offer."""
    owner, day, offer = chosen.owner, chosen.day, chosen.offer
    draws = StoredDraws(plan.seed, "reaction", people.person[owner], day // 7, offer)
    shown_day, shown_second = _shown(plan, people, (owner, day), offer, first_visits, draws)
    is_customer = (offer >= 0) & (np.maximum(shown_day, day) < people.churn_day[owner])  # who has left reacts no more
    effect = np.where(is_customer, offer_effects(plan, people)[owner, offer], 0.0)
    click = np.where(is_customer, np.clip(0.08 + 1.2 * effect + 0.02 * people.responsiveness[owner], 0.01, 0.6), 0.0)
    return OfferDecisions(
        owner, day // 7, day, chosen.is_random, offer, chosen.propensity, chosen.decision, shown_day, shown_second, effect,
        reaction=draws.uniform("reaction"), is_clicked=(shown_day >= 0) & (draws.uniform("click") < click),
        click_probability=click,
    )  # fmt: skip


def _active(plan: SimulationPlan, day: Ints) -> Flags:
    offers = offers_of(plan)
    first, last = np.array([o.first_day for o in offers]), np.array([o.last_day for o in offers])
    return (day[:, None] >= first) & (day[:, None] <= last)


def _by_chance(active: Flags, draws: StoredDraws) -> tuple[Ints, Floats]:
    """An active offer, each with the same probability, or nothing; and the probability of what came out."""
    number = active.sum(axis=1)
    share = draws.uniform("which")
    place = np.floor((share - NONE_PROBABILITY) / (1 - NONE_PROBABILITY) * number).astype(np.int64)
    nth = _nth_active(active, np.clip(place, 0, number - 1))
    is_none = share < NONE_PROBABILITY
    return np.where(is_none, -1, nth), np.where(is_none, NONE_PROBABILITY, (1 - NONE_PROBABILITY) / number)


def _by_rule(people: HiddenPeople, owner: Ints, day: Ints, counts: Ints, active: Flags, draws: StoredDraws) -> Ints:
    """An offer for people who ordered little of late: what a shop would do, and what confounds its logs."""
    before = np.concatenate([np.zeros((len(counts), 1), dtype=np.int64), np.cumsum(counts, axis=1)], axis=1)
    recent = before[owner, day] - before[owner, np.maximum(day - LOOK_BACK_DAYS, 0)]
    is_skipped = (people.group[owner] == 1) & (draws.uniform("unfair") < UNFAIR_SKIP)
    number = active.sum(axis=1)
    return np.where((recent <= FEW_ORDERS) & ~is_skipped, _nth_active(active, draws.whole("rule", number)), -1)


def _nth_active(active: Flags, place: Ints) -> Ints:
    nth: Ints = np.argmax(np.cumsum(active, axis=1) > place[:, None], axis=1)
    return nth


def _shown(
    plan: SimulationPlan,
    people: HiddenPeople,
    whom: tuple[Ints, Ints],
    offer: Ints,
    first_visits: Ints,
    draws: StoredDraws,
) -> tuple[Ints, Ints]:
    """Day and second on which an offer reached its person, -1 where it did not: by a visit, or by a message with consent."""
    owner, day = whom
    medium = np.array([o.medium for o in offers_of(plan)])[offer]
    visit_day, second = np.full(len(day), -1), np.full(len(day), -1)
    for later in range(VALID_DAYS, -1, -1):
        at = np.minimum(day + later, plan.end - 1)
        visit = np.where(day + later < plan.end, first_visits[owner, at], -1)
        visit_day, second = np.where(visit >= 0, at, visit_day), np.where(visit >= 0, visit, second)
    is_wanted = has_consent(people, owner, day, MARKETING)
    is_wanted &= (medium != TEXT) | has_consent(people, owner, day, TEXT_PURPOSE)
    shown = np.where(medium == ONSITE, visit_day, np.where(is_wanted, day, -1))
    at = np.where(medium == ONSITE, second + 4, 36_000 + draws.whole("sent", 7200))
    reached = (offer >= 0) & (shown >= 0)
    return np.where(reached, shown, -1), np.where(reached, at, -1)


def has_consent(people: HiddenPeople, owner: Ints, day: Ints, purpose: int) -> Flags:
    """Whether consent for the purpose stands on the day; a withdrawal holds from the day after it."""
    stands: Flags = (people.consent_day[owner, purpose] <= day) & (day <= people.withdrawn_day[owner, purpose])
    return stands


def coupons_at_hand(plan: SimulationPlan, people: HiddenPeople, decisions: OfferDecisions) -> Ints:
    """(people, days): the row of the decision whose offer a person could use on a day; -1 without one."""
    rows = np.full((len(people.person), plan.end), -1)
    is_coupon = np.array([o.discount > 0 for o in offers_of(plan)])[decisions.offer]
    shown = np.flatnonzero((decisions.shown_day >= 0) & is_coupon)
    for later in range(1, VALID_DAYS):
        day = decisions.shown_day[shown] + later
        inside = shown[day < plan.end]
        rows[decisions.owner[inside], decisions.shown_day[inside] + later] = inside
    return rows
