"""Visits to the imagined shop: over which channel and device, when, how quickly, and from when on the visitor is logged in."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from footfall.simulation.draws import Flags, Floats, Ints, Names, StoredDraws, no_names
from footfall.simulation.people import HiddenPeople
from footfall.simulation.plan import APP, CALL, MINI, STORE, WEB, SimulationPlan
from footfall.simulation.world import drift_day

DIGITAL = (WEB, APP, MINI)
COMPUTER, PHONE_BROWSER, PHONE, MINI_PHONE, WORK_COMPUTER, KIOSK = range(6)  # devices; a kiosk stands in a store
DEVICES = ("computer", "phone_browser", "phone", "mini_program_phone", "work_computer", "kiosk")
BROWSING = 1.3  # visits that order nothing, for each order
BROWSING_MOST = 0.6  # orders a day of which this follows
APP_DRIFT = 1.6  # from the drift's day on, the app's share of visits is so many times as great
STAGES = 6.0  # a visit's parts: slates, searches, views, carts, the checkout, the purchase
NEVER_LOGGED_IN = 99.0
EXTRA_KEY = (
    1 << 20
)  # keys of orders that follow an offer, plus week * 16 and the offer; the others are day * 16 and a number
MOST_OFFERS = 16
BROWSING_KEY = 1 << 24


@dataclass(frozen=True)
class ShopVisits:
    """One row a visit; a visit over the store or the phone has an order."""

    owner: Ints  # row of the person in its block
    day: Ints
    key: Ints  # with the person's number, what the visit is known by
    channel: Ints
    device: Ints
    second: Ints  # of the day, when it begins
    pace: Floats  # seconds that each of its STAGES takes
    login_stage: Floats  # from which stage on the visitor is logged in
    has_order: Flags
    is_guest: Flags  # orders without an account
    offer: Ints  # that the order uses, -1: none
    week: Ints  # of the decision that brought the offer, -1: none
    decision: Names  # the number of that decision, where it was taken elsewhere; else None

    def take(self, rows: Any) -> ShopVisits:
        """Some of the rows."""
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @property
    def is_digital(self) -> Flags:
        """Over web, app or mini program."""
        return self.channel <= MINI


def joined_visits(*parts: ShopVisits) -> ShopVisits:
    """All rows, in the order of the parts."""
    columns = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(ShopVisits)}
    return ShopVisits(**columns)


def order_visits(plan: SimulationPlan, people: HiddenPeople, owner: Ints, day: Ints, key: Ints) -> ShopVisits:
    """A visit for each order; all that is drawn is a function of person and key."""
    return _visits(plan, people, (owner, day, key), has_order=True)


def keyed_orders(counts: Ints) -> tuple[Ints, Ints, Ints]:
    """Owner, day and key of the orders that a (people, days) matrix counts."""
    owner, day = np.nonzero(counts)
    repeats = counts[owner, day]
    first = np.cumsum(repeats) - repeats
    number = np.arange(int(repeats.sum())) - np.repeat(first, repeats)
    owner, day = np.repeat(owner, repeats), np.repeat(day, repeats)
    return owner, day, day * 16 + number


def browsing_visits(plan: SimulationPlan, people: HiddenPeople) -> ShopVisits:
    """Visits that order nothing."""
    rate = np.minimum(people.rate, BROWSING_MOST)[:, None] * BROWSING
    draws = StoredDraws(plan.seed, "browsing", people.person[:, None], np.arange(plan.end))
    counts = np.where(people.alive(plan.end), draws.poisson("visits", rate), 0)
    owner, day, key = keyed_orders(counts)
    return _visits(plan, people, (owner, day, key + BROWSING_KEY), has_order=False)


def _visits(
    plan: SimulationPlan, people: HiddenPeople, rows: tuple[Ints, Ints, Ints], *, has_order: bool
) -> ShopVisits:
    owner, day, key = rows
    draws = StoredDraws(plan.seed, "visit", people.person[owner], key)
    share = people.channel_share[owner].copy()
    share[:, APP] *= np.where(day >= drift_day(plan), APP_DRIFT, 1.0)
    if not has_order:
        share[:, [STORE, CALL]] = 0.0
    limits = np.cumsum(share, axis=1)
    channel = (limits < (draws.uniform("channel") * limits[:, -1])[:, None]).sum(axis=1)
    second = 25_200 + (27_000 * (draws.uniform("morning") + draws.uniform("evening"))).astype(np.int64)
    ones = np.full(len(owner), -1)
    is_guest = has_order & (channel == WEB) & (draws.uniform("guest") < 0.08)
    return ShopVisits(
        owner=owner, day=day, key=key, channel=channel, device=_devices(people, owner, channel, draws), second=second,
        pace=np.minimum(45.0 * np.exp(0.6 * draws.normal("pace")), 480.0),
        login_stage=_login_stages(channel, is_guest, draws, has_order=has_order),
        has_order=np.full(len(owner), has_order), is_guest=is_guest, offer=ones, week=ones, decision=no_names(len(owner)),
    )  # fmt: skip


def _devices(people: HiddenPeople, owner: Ints, channel: Ints, draws: StoredDraws) -> Ints:
    share = draws.uniform("device")
    on_web = np.where(people.has_phone_browser[owner] & (share < 0.45), PHONE_BROWSER, COMPUTER)
    on_web = np.where(people.has_work_computer[owner] & (share > 0.8), WORK_COMPUTER, on_web)
    on_web = np.where(draws.uniform("kiosk") < 0.01, KIOSK, on_web)
    return np.select([channel == WEB, channel == APP, channel == MINI], [on_web, PHONE, MINI_PHONE], -1)


def _login_stages(channel: Ints, is_guest: Flags, draws: StoredDraws, *, has_order: bool) -> Floats:
    """The app knows nearly everybody at once; on the web many log in late, or not at all, and guests never."""
    share, moment = draws.uniform("login"), draws.uniform("login stage")
    late = np.where(has_order, 0.5 + 3.5 * moment, np.where(moment < 0.5, 6 * moment, NEVER_LOGGED_IN))
    at_once = np.select([channel == WEB, channel == APP], [0.35, 0.95], 0.8)
    return np.where(is_guest, NEVER_LOGGED_IN, np.where(share < at_once, 0.0, late))


def first_digital_visits(plan: SimulationPlan, people: HiddenPeople, visits: ShopVisits) -> Ints:
    """(people, days): the second at which the first visit over web, app or mini program begins, -1 where there is none."""
    first = np.full((len(people.person), plan.end), 1 << 30)
    rows = visits.is_digital
    np.minimum.at(first, (visits.owner[rows], visits.day[rows]), visits.second[rows])
    return np.where(first == 1 << 30, -1, first)
