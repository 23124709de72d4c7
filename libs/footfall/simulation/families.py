"""On which days people order: three families of habits, none of which is one model's own assumption."""

from __future__ import annotations

import numpy as np

from footfall.simulation.draws import Floats, Ints, StoredDraws
from footfall.simulation.people import HiddenPeople
from footfall.simulation.plan import SimulationPlan

BURST_ORDERS = 4.0  # mean orders of a burst
BURST_GAP_DAYS = 1.2  # mean days between two of them
SEASON_STRENGTH = 1.2  # kappa of a von Mises distribution over the year


def order_counts(plan: SimulationPlan, people: HiddenPeople) -> Ints:
    """(people, days): how many orders each places on each day, before any offer; a function of seed, person and day."""
    makers = (_memoryless(plan, people), _habitual(plan, people), _bursty(plan, people))
    counts = np.choose(people.family[:, None], makers)
    return np.where(people.alive(plan.end), counts, 0)


def _memoryless(plan: SimulationPlan, people: HiddenPeople) -> Ints:
    """Poisson: each day is drawn by itself, at a rate that wanders from week to week."""
    weeks = -(-plan.end // 7)
    steps = 0.2 * StoredDraws(plan.seed, "wander", people.person[:, None], np.arange(weeks)).normal("step")
    wander = np.zeros_like(steps)
    for week in range(1, weeks):
        wander[:, week] = 0.95 * wander[:, week - 1] + steps[:, week]
    level = np.repeat(np.exp(wander), 7, axis=1)[:, : plan.end]
    return _daily(plan, people, "memoryless").poisson("orders", people.rate[:, None] * level)


def _daily(plan: SimulationPlan, people: HiddenPeople, stream: str) -> StoredDraws:
    return StoredDraws(plan.seed, stream, people.person[:, None], np.arange(plan.end))


def _habitual(plan: SimulationPlan, people: HiddenPeople) -> Ints:
    """A weekly rhythm: on fixed days of the week, or on one day every few weeks; few orders slip to the day after."""
    weekly = people.rate * 7
    wanted = np.clip(np.round(weekly), 1, 7)
    order = StoredDraws(plan.seed, "favourite days", people.person[:, None], np.arange(7)).uniform("order")
    ranks = order.argsort(axis=1).argsort(axis=1)
    weeks_between = np.maximum(np.round(1 / np.minimum(weekly, 1.0)), 1).astype(np.int64)
    phase = StoredDraws(plan.seed, "habitual", people.person).whole("phase", weeks_between)
    day = np.arange(plan.end)
    weekday = (plan.start.weekday() + day) % 7
    is_favourite = ranks[:, weekday] < wanted[:, None]
    is_week = (day[None, :] // 7 + phase[:, None]) % weeks_between[:, None] == 0
    chance = np.minimum(weekly / wanted, 1.0) * 0.95
    chance = np.where(weekly < 1, 0.95, chance)
    draws = _daily(plan, people, "habitual")
    placed = (draws.uniform("placed") < chance[:, None]) & is_favourite & is_week
    slips = placed & (draws.uniform("slips") < 0.1)
    counts: Ints = (placed & ~slips).astype(np.int64)
    counts[:, 1:] += slips[:, :-1]
    return counts


def _bursty(plan: SimulationPlan, people: HiddenPeople) -> Ints:
    """Bursts of orders a day or two apart, with long silence between them; most bursts in the person's own season."""
    starts = _daily(plan, people, "bursts").poisson(
        "starts", (people.rate / BURST_ORDERS)[:, None] * _season(plan, people)
    )
    burst_owner, burst_day = np.nonzero(starts)  # two that begin on one day are one
    sizes = 1 + StoredDraws(plan.seed, "burst", people.person[burst_owner], burst_day).counts("size", BURST_ORDERS - 1)
    burst = np.repeat(np.arange(len(sizes)), sizes)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = np.arange(len(burst)) - first
    owner, day = burst_owner[burst], burst_day[burst]
    share = StoredDraws(plan.seed, "burst", people.person[owner], day, place).uniform("gap")
    run = np.cumsum(np.where(place == 0, 0.0, -BURST_GAP_DAYS * np.log(1.0 - share)))
    days = np.floor(day + (run - run[first] if len(run) else run) + 0.5).astype(np.int64)
    inside = days < plan.end
    counts = np.zeros((len(people.rate), plan.end), dtype=np.int64)
    np.add.at(counts, (owner[inside], days[inside]), 1)
    return counts


def _season(plan: SimulationPlan, people: HiddenPeople) -> Floats:
    """(people, days) with mean 1 over a year: how much more often bursts begin in the person's season."""
    draws = StoredDraws(plan.seed, "season", people.person)
    shift = draws.normal("peak")
    peak = np.where(draws.uniform("which") < 0.6, 338 + 12 * shift, 135 + 20 * shift)
    day_of_year = plan.start.timetuple().tm_yday + np.arange(plan.end)
    angle = 2 * np.pi * (day_of_year[None, :] - peak[:, None]) / 365
    season: Floats = np.exp(SEASON_STRENGTH * np.cos(angle)) / np.i0(SEASON_STRENGTH)
    return season
