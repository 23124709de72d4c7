"""Who is hidden behind the customers of a block: family, rates, tastes, churn, devices, consents. Nobody in it is real."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from footfall.simulation.draws import Flags, Floats, Ints, StoredDraws, generator
from footfall.simulation.plan import BLOCK_PEOPLE, CHANNELS, SimulationPlan
from footfall.simulation.world import CATEGORY_WEIGHTS, drift_day

FAMILIES = ("memoryless", "habitual", "bursty")
FAMILY_SHARES = (0.4, 0.35, 0.25)
GROUPS = ("north", "south")
UNFAIR_HAZARD = 1.6  # the south's parcels come late, so more of its people leave: this many times as many
DRIFT_HAZARD = 1.5  # from the drift's day on
PURPOSES = ("analytics", "profiling", "marketing", "text")
CONSENT_SHARES = (0.92, 0.8, 0.6, 0.7)  # of people who give consent when they join
NEVER = 1_000_000  # a day that does not come
STAPLES = 15  # items that a person buys again and again
AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
GENDERS = ("female", "male", "")
TASTE_KINDS = 8
# from and to: how probable the step is on average; each person's own probability lies around it
TRANSITIONS = {("visit", "slate"): 0.6, ("view", "favourite"): 0.04, ("visit", "cart left behind"): 0.15,
               ("cart left behind", "checkout"): 0.3, ("visit", "complaint"): 0.003}  # fmt: skip
TO_SLATE, TO_FAVOURITE, TO_LEFT_CART, TO_CHECKOUT, TO_COMPLAINT = range(len(TRANSITIONS))


@dataclass(frozen=True)
class HiddenPeople:
    """Arrays of one row a person; days are numbers of days since the first one, and may lie before or after all."""

    person: Ints
    family: Ints
    rate: Floats  # orders a day while the person is a customer
    hazard: Floats  # of leaving, a day, before the drift
    joined_day: Ints
    churn_day: Ints  # the first day on which the person comes no more
    price_sensitivity: Floats  # elasticity: 1% dearer, so many % fewer lines
    taste_kind: Ints
    taste: Floats  # share of each category
    lines_mean: Floats  # log of the usual number of lines an order
    channel_share: Floats
    staple_share: Floats  # uniform draws that staples are picked by
    staple_category: Ints
    group: Ints
    age_band: Ints
    gender: Ints
    household_size: Ints
    has_card: Flags
    has_phone_browser: Flags
    has_work_computer: Flags
    responsiveness: Floats  # to offers
    consent_day: Ints  # by purpose; NEVER: not given
    withdrawn_day: Ints  # by purpose
    transition: Floats  # probability of each of TRANSITIONS
    takes_phone_of: Ints  # the person who had the new number before, and has left; -1: nobody had it
    phone_change_day: Ints
    email_change_day: Ints

    def alive(self, days: int) -> Flags:
        """(people, days): whether each is a customer on each day."""
        day = np.arange(days)
        return (day >= self.joined_day[:, None]) & (day < self.churn_day[:, None])

    @cached_property
    def _taste_ends(self) -> Floats:
        return np.cumsum(self.taste, axis=1) + np.arange(len(self.taste))[:, None]

    def category_at(self, owner: Ints, share: Floats) -> Ints:
        """The category on which each uniform draw falls, by the taste of its owner."""
        ends = self._taste_ends
        place = np.searchsorted(ends.ravel(), owner + np.minimum(share, 1 - 1e-9), side="left") - owner * ends.shape[1]
        category: Ints = np.clip(place, 0, ends.shape[1] - 1)
        return category


def people_of(plan: SimulationPlan, block: int) -> HiddenPeople:
    """The people of a block, BLOCK_PEOPLE of them; the last block's surplus is drawn too, and cut off by `block.py`."""
    rng, count = generator(plan.seed, "people", block), BLOCK_PEOPLE
    categories = len(CATEGORY_WEIGHTS)
    kinds = _taste_kinds(plan)
    taste_kind = rng.integers(0, TASTE_KINDS, count)
    taste = rng.standard_gamma(kinds[taste_kind] * 12.0 + 0.02, (count, categories))
    taste /= taste.sum(axis=1, keepdims=True)
    family = rng.choice(len(FAMILIES), count, p=FAMILY_SHARES)
    group = (rng.random(count) < 0.35).astype(np.int64)
    joined = np.where(rng.random(count) < 0.75, -rng.integers(1, 700, count), rng.integers(0, plan.days, count))
    hazard = rng.lognormal(np.log(0.0012), 0.6, count) * np.array([1.3, 0.6, 1.1])[family]
    hazard *= np.where(group == 1, UNFAIR_HAZARD, 1.0)
    consents = rng.random((count, len(PURPOSES))) < np.array(CONSENT_SHARES)
    given_day = np.where(consents, np.maximum(joined, -1)[:, None], NEVER)
    stays = rng.exponential(900.0, (count, len(PURPOSES))).astype(np.int64) + 1
    churn = _churn_days(plan, joined, hazard, rng)
    phone_change = np.where(rng.random(count) < 0.08, rng.integers(0, plan.days, count), NEVER)
    return HiddenPeople(
        person=block * BLOCK_PEOPLE + np.arange(count),
        family=family,
        rate=np.minimum(rng.lognormal(np.log(50 / 365), 1.0, count), 2.0),
        hazard=hazard,
        joined_day=joined,
        churn_day=churn,
        price_sensitivity=rng.lognormal(np.log(1.1), 0.5, count),
        taste_kind=taste_kind,
        taste=taste,
        lines_mean=rng.normal(np.log(5.4), 0.5, count),
        channel_share=rng.dirichlet(_channel_weights(), count),
        staple_share=rng.random((count, STAPLES)),
        staple_category=_staple_categories(taste, rng),
        group=group,
        age_band=rng.integers(0, len(AGE_BANDS), count),
        gender=rng.choice(len(GENDERS), count, p=(0.45, 0.4, 0.15)),
        household_size=rng.integers(1, 6, count),
        has_card=rng.random(count) < 0.85,
        has_phone_browser=rng.random(count) < 0.6,
        has_work_computer=rng.random(count) < 0.25,
        responsiveness=rng.normal(0.0, 1.0, count),
        consent_day=given_day,
        withdrawn_day=np.where(consents, np.maximum(joined, 0)[:, None] + stays, NEVER),
        transition=_transitions(plan, block * BLOCK_PEOPLE + np.arange(count)),
        takes_phone_of=_former_owners(plan, block, churn, phone_change),
        phone_change_day=phone_change,
        email_change_day=np.where(rng.random(count) < 0.05, rng.integers(0, plan.days, count), NEVER),
    )


def _transitions(plan: SimulationPlan, person: Ints) -> Floats:
    draws = StoredDraws(plan.seed, "transition", person[:, None], np.arange(len(TRANSITIONS)))
    chance: Floats = np.minimum(np.array([*TRANSITIONS.values()]) * np.exp(0.3 * draws.normal("own")), 0.95)
    return chance


def _taste_kinds(plan: SimulationPlan) -> Floats:
    """(kinds, categories): shares that add up to 1, each kind around the shop's own."""
    rng = generator(plan.seed, "taste kinds")
    share = CATEGORY_WEIGHTS / CATEGORY_WEIGHTS.sum() * rng.lognormal(0.0, 0.8, (TASTE_KINDS, len(CATEGORY_WEIGHTS)))
    kinds: Floats = share / share.sum(axis=1, keepdims=True)
    return kinds


def _channel_weights() -> Floats:
    weights = dict(zip(CHANNELS, (1.6, 1.4, 0.7, 2.4, 0.15), strict=True))
    return np.array([weights[channel] for channel in CHANNELS])


def _staple_categories(taste: Floats, rng: np.random.Generator) -> Ints:
    share = rng.random((len(taste), STAPLES))
    below: Ints = (np.cumsum(taste, axis=1)[:, None, :] < share[:, :, None]).sum(axis=2)
    category: Ints = np.minimum(below, taste.shape[1] - 1)
    return category


def _former_owners(plan: SimulationPlan, block: int, churn: Ints, phone_change: Ints) -> Ints:
    """Numbers are given away again: whose neighbour in number left a month before gets the neighbour's."""
    row = np.arange(len(churn))
    neighbour = row ^ 1
    is_free = (churn[neighbour] + 30 <= phone_change) & (phone_change[neighbour] == NEVER) & (phone_change < plan.days)
    return np.where(is_free, block * BLOCK_PEOPLE + neighbour, -1)


def _churn_days(plan: SimulationPlan, joined: Ints, hazard: Floats, rng: np.random.Generator) -> Ints:
    """Days by a hazard that is constant until the drift, and DRIFT_HAZARD times as great from it on."""
    budget = rng.exponential(1.0, len(joined))
    before = np.maximum(drift_day(plan) - np.maximum(joined, 0), 0)
    used = hazard * before
    stay = np.where(budget < used, budget / hazard, before + (budget - used) / (hazard * DRIFT_HAZARD))
    return np.maximum(joined, 0) + np.minimum(np.floor(stay), NEVER).astype(np.int64)
