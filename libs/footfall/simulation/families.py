"""On which days people order: three families of habits, none of which is one model's own assumption."""

from __future__ import annotations

import numpy as np

from footfall.simulation.draws import Floats, Ints
from footfall.simulation.people import HiddenPeople
from footfall.simulation.plan import SimulationPlan

BURST_ORDERS = 4.0  # mean orders of a burst
BURST_GAP_DAYS = 1.2  # mean days between two of them
SEASON_STRENGTH = 1.2  # kappa of a von Mises distribution over the year


def order_counts(plan: SimulationPlan, people: HiddenPeople, rng: np.random.Generator) -> Ints:
    """(people, days): how many orders each places on each day, before any offer."""
    makers = (_memoryless(plan, people, rng), _habitual(plan, people, rng), _bursty(plan, people, rng))
    counts = np.choose(people.family[:, None], makers)
    return np.where(people.alive(plan.days), counts, 0)


def _memoryless(plan: SimulationPlan, people: HiddenPeople, rng: np.random.Generator) -> Ints:
    """Poisson: each day is drawn by itself, at a rate that wanders from week to week."""
    weeks = -(-plan.days // 7)
    steps = rng.normal(0.0, 0.2, (len(people.rate), weeks))
    wander = np.zeros_like(steps)
    for week in range(1, weeks):
        wander[:, week] = 0.95 * wander[:, week - 1] + steps[:, week]
    level = np.repeat(np.exp(wander), 7, axis=1)[:, : plan.days]
    counts: Ints = rng.poisson(people.rate[:, None] * level)
    return counts


def _habitual(plan: SimulationPlan, people: HiddenPeople, rng: np.random.Generator) -> Ints:
    """A weekly rhythm: on fixed days of the week, or on one day every few weeks; few orders slip to the day after."""
    weekly = people.rate * 7
    wanted = np.clip(np.round(weekly), 1, 7)
    ranks = rng.random((len(weekly), 7)).argsort(axis=1).argsort(axis=1)
    weeks_between = np.maximum(np.round(1 / np.minimum(weekly, 1.0)), 1).astype(np.int64)
    phase = rng.integers(0, 1 << 30, len(weekly)) % weeks_between
    day = np.arange(plan.days)
    weekday = (plan.start.weekday() + day) % 7
    is_favourite = ranks[:, weekday] < wanted[:, None]
    is_week = (day[None, :] // 7 + phase[:, None]) % weeks_between[:, None] == 0
    chance = np.minimum(weekly / wanted, 1.0) * 0.95
    chance = np.where(weekly < 1, 0.95, chance)
    placed = (rng.random(is_week.shape) < chance[:, None]) & is_favourite & is_week
    slips = placed & (rng.random(placed.shape) < 0.1)
    counts: Ints = (placed & ~slips).astype(np.int64)
    counts[:, 1:] += slips[:, :-1]
    return counts


def _bursty(plan: SimulationPlan, people: HiddenPeople, rng: np.random.Generator) -> Ints:
    """Bursts of orders a day or two apart, with long silence between them; most bursts in the person's own season."""
    starts = rng.poisson((people.rate / BURST_ORDERS)[:, None] * _season(plan, rng, len(people.rate)))
    owner, day = np.nonzero(starts)
    repeats = starts[owner, day]
    owner, day = np.repeat(owner, repeats), np.repeat(day, repeats)
    sizes = rng.geometric(1 / BURST_ORDERS, len(owner))
    gaps = rng.exponential(BURST_GAP_DAYS, int(sizes.sum()))
    burst = np.repeat(np.arange(len(owner)), sizes)
    first = np.cumsum(sizes) - sizes
    run = np.cumsum(gaps)
    since = run - run[first][burst] if len(gaps) else run
    days = np.floor(day[burst] + since + 0.5).astype(np.int64)
    inside = days < plan.days
    counts = np.zeros((len(people.rate), plan.days), dtype=np.int64)
    np.add.at(counts, (owner[burst][inside], days[inside]), 1)
    return counts


def _season(plan: SimulationPlan, rng: np.random.Generator, people: int) -> Floats:
    """(people, days) with mean 1 over a year: how much more often bursts begin in the person's season."""
    peak = np.where(rng.random(people) < 0.6, rng.normal(338, 12, people), rng.normal(135, 20, people))
    day_of_year = plan.start.timetuple().tm_yday + np.arange(plan.days)
    angle = 2 * np.pi * (day_of_year[None, :] - peak[:, None]) / 365
    season: Floats = np.exp(SEASON_STRENGTH * np.cos(angle)) / np.i0(SEASON_STRENGTH)
    return season
