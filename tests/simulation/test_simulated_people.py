"""What people of the imagined shop do, block by block, without Spark: the three families, the offers, draws made beforehand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from footfall.errors import SettingsError
from footfall.simulation import block, offers
from footfall.simulation.block import block_of, event_columns, line_columns
from footfall.simulation.bots import FIRST_BOT
from footfall.simulation.browsing import VIEW
from footfall.simulation.draws import StoredDraws, generator
from footfall.simulation.families import order_counts
from footfall.simulation.people import FAMILIES, people_of
from footfall.simulation.plan import SimulationPlan

YEAR = SimulationPlan(people=1024, items=300, days=364, seed=3, start=date(2024, 1, 1))
BLOCKS = range(YEAR.blocks)


def test_draws_are_a_function_of_their_numbers_in_whatever_order_they_come() -> None:
    person, order = np.arange(1000), np.arange(1000) * 7
    draws = StoredDraws(1, "order", person, order).uniform("fraud")
    backwards = StoredDraws(1, "order", person[::-1], order[::-1]).uniform("fraud")
    assert (draws == backwards[::-1]).all()
    assert abs(draws.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 1000)
    for other in (StoredDraws(2, "order", person, order), StoredDraws(1, "line", person, order)):
        assert abs(np.corrcoef(draws, other.uniform("fraud"))[0, 1]) < 4 / np.sqrt(1000)
    assert abs(np.corrcoef(draws, StoredDraws(1, "order", person, order).uniform("store"))[0, 1]) < 4 / np.sqrt(1000)


def test_counts_have_the_mean_that_was_asked_for() -> None:
    counts = StoredDraws(1, "x", np.arange(20_000)).counts("days", 2.0)
    assert abs(counts.mean() - 2.0) < 4 * np.sqrt(2.0 * 3.0 / 20_000)  # a geometric count's variance is m (m + 1)


def test_streams_and_blocks_do_not_move_each_other() -> None:
    streams = [
        generator(7, "people", 0),
        generator(7, "people", 1),
        generator(7, "world", 0),
        generator(8, "people", 0),
    ]
    assert len({stream.integers(1 << 62) for stream in streams}) == 4
    assert generator(7, "people", 1).integers(1 << 62) == generator(7, "people", 1).integers(1 << 62)


def test_the_same_plan_makes_the_same_block_and_a_larger_shop_the_same_people() -> None:
    first = event_columns(YEAR, 2)
    block_of.cache_clear()
    again = event_columns(YEAR, 2)
    assert all(np.array_equal(first[name], again[name], equal_nan=first[name].dtype.kind == "f") for name in first)
    larger = SimulationPlan(people=2048, items=300, days=364, seed=3, start=date(2024, 1, 1))
    assert (people_of(larger, 2).churn_day == people_of(YEAR, 2).churn_day).all()
    assert (people_of(larger, 2).churn_day != people_of(larger, 3).churn_day).any()


@pytest.fixture(scope="module")
def gaps() -> dict[str, list[np.ndarray]]:
    """Family -> days between orders, of each person with 20 of them and more."""
    of_family: dict[str, list[np.ndarray]] = {name: [] for name in FAMILIES}
    for number in BLOCKS:
        people = people_of(YEAR, number)
        counts = order_counts(YEAR, people)
        for row, family in enumerate(people.family):
            days = np.repeat(np.arange(YEAR.days), counts[row])
            if len(days) > 20:
                of_family[FAMILIES[family]].append(np.diff(days))
    return of_family


def test_the_families_differ_in_how_regular_their_gaps_are(gaps: dict[str, list[np.ndarray]]) -> None:
    """Beside its mean a gap varies by 1 where each day is drawn by itself, by less with a habit, by more in bursts."""
    variation = {family: np.median([of.std() / of.mean() for of in people]) for family, people in gaps.items()}
    assert variation["habitual"] < 0.85
    assert 0.95 < variation["memoryless"] < 1.35
    assert variation["bursty"] > 1.7


def test_only_habits_keep_to_the_days_of_the_week() -> None:
    kept = {name: [] for name in FAMILIES}
    for number in BLOCKS:
        people = people_of(YEAR, number)
        counts = order_counts(YEAR, people)
        by_weekday = counts.reshape(len(counts), -1, 7).sum(axis=1)
        for row in np.flatnonzero((by_weekday.sum(axis=1) >= 20) & (people.rate < 2 / 7)):
            kept[FAMILIES[people.family[row]]].append(np.sort(by_weekday[row])[-2:].sum() / by_weekday[row].sum())
    assert np.mean(kept["habitual"]) > 0.85  # two days of the week have nearly all orders of somebody with two a week
    assert np.mean(kept["memoryless"]) < 0.6


def test_nobody_orders_before_joining_or_after_leaving() -> None:
    for number in BLOCKS:
        made = block_of(YEAR, number)
        day, owner = made.orders.day, made.orders.owner
        assert (day >= np.maximum(made.people.joined_day[owner], 0)).all()
        assert (day < made.people.churn_day[owner]).all()


def test_the_planted_unfairness_is_there() -> None:
    people = [people_of(YEAR, number) for number in BLOCKS]
    hazard, group = (np.concatenate([getattr(p, name) for p in people]) for name in ("hazard", "group"))
    ratio = np.log(hazard[group == 1]).mean() - np.log(hazard[group == 0]).mean()
    error = np.log(hazard).std() * np.sqrt(1 / (group == 1).sum() + 1 / (group == 0).sum())
    assert abs(ratio - np.log(1.6)) < 4 * error


@pytest.fixture(scope="module")
def decisions() -> dict[str, np.ndarray]:
    columns = [block.decision_columns(YEAR, number) for number in BLOCKS]
    return {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}


def test_offers_drawn_by_chance_come_as_often_as_their_propensity_says(decisions: dict[str, np.ndarray]) -> None:
    """Of each offer, and of none: the number of draws lies within four standard errors of the sum of probabilities."""
    by_chance = decisions["is_random"]
    assert np.isnan(decisions["propensity"][~by_chance]).all()
    offer, day = decisions["offer"][by_chance], decisions["day"][by_chance]
    active = np.array([(day >= o.first_day) & (day <= o.last_day) for o in offers.offers_of(YEAR)])
    for number in range(-1, 8):
        chance = np.full(len(day), 0.3) if number < 0 else np.where(active[number], 0.7 / active.sum(axis=0), 0.0)
        drawn = offer == number
        assert abs(drawn.sum() - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())
        assert decisions["propensity"][by_chance][drawn] == pytest.approx(chance[drawn])


def test_extra_orders_come_as_often_as_the_true_effects_say(decisions: dict[str, np.ndarray]) -> None:
    shown = decisions["shown_day"] >= 0
    for sign, column in ((1, "adds_order"), (-1, "drops_orders")):
        chance = np.maximum(sign * decisions["effect"][shown], 0)
        assert chance.sum() > 5
        assert abs(decisions[column][shown].sum() - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())
    assert not (decisions["adds_order"] & ~shown).any()


def test_no_message_goes_to_whom_consent_is_missing() -> None:
    for number in BLOCKS:
        made = block_of(YEAR, number)
        people, chosen = made.people, made.decisions
        medium = np.array([o.medium for o in offers.offers_of(YEAR)])[chosen.offer]
        sent = np.flatnonzero((chosen.shown_day >= 0) & (medium != offers.ONSITE))
        owner, day = chosen.owner[sent], chosen.shown_day[sent]
        assert len(sent) > 0
        assert (people.consent_day[owner, offers.MARKETING] <= day).all()
        assert (people.withdrawn_day[owner, offers.MARKETING] >= day).all()


def test_what_people_would_do_without_an_offer_does_not_hang_on_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every decision by rule other orders use coupons and other orders are added; all others stay, line by line."""

    def lines() -> dict[tuple[int, ...], tuple[int, ...]]:
        block_of.cache_clear()
        made = line_columns(YEAR, 1)
        plain = made["offer"] < 0
        rows = np.column_stack(
            [made[name][plain] for name in ("person", "order_key", "line", "item", "quantity", "time")]
        )
        return {tuple(row[:3]): tuple(row[3:]) for row in rows.tolist()}

    logged = lines()
    monkeypatch.setattr(offers, "RANDOM_SHARE", 0.0)
    other = lines()
    block_of.cache_clear()
    shared = logged.keys() & other.keys()
    assert logged.keys() != other.keys()
    assert len(shared) > 0.9 * len(logged)
    assert {key: logged[key] for key in shared} == {key: other[key] for key in shared}


def test_dearer_items_are_bought_less_by_the_sensitive() -> None:
    """Promoted lines (20% off) are wanted more often by people of great price sensitivity than by those of little."""
    shares = []
    for is_sensitive in (False, True):
        promoted = total = 0
        for number in BLOCKS:
            made = block_of(YEAR, number)
            orders, _, lines = made.lines(YEAR)
            rows = (made.people.price_sensitivity[orders.owner[lines.order]] > 1.1) == is_sensitive
            usual = block.world_of(YEAR).regular_cents[lines.item[rows]]
            promoted += int((lines.list_cents[rows] < 0.85 * usual).sum())
            total += int(rows.sum())
        shares.append(promoted / total)
    assert shares[1] > 1.05 * shares[0]


def test_a_telephone_number_is_given_away_a_month_after_its_owner_left() -> None:
    taken = 0
    for number in BLOCKS:
        people = people_of(YEAR, number)
        rows = np.flatnonzero(people.takes_phone_of >= 0)
        owner = people.takes_phone_of[rows] - people.person[0]
        assert (people.churn_day[owner] + 30 <= people.phone_change_day[rows]).all()
        assert (owner != rows).all()
        taken += len(rows)
    assert taken > 0


def test_bots_look_at_many_pages_and_are_never_logged_in() -> None:
    rows = [event_columns(YEAR, number) for number in BLOCKS]
    person, logged_in, kind = (np.concatenate([r[name] for r in rows]) for name in ("person", "is_logged_in", "kind"))
    is_bot = person >= FIRST_BOT
    assert 0 < is_bot.mean() < 0.2
    assert not logged_in[is_bot].any()
    assert set(kind[is_bot]) == {VIEW}
    assert (person[~is_bot] < YEAR.people).all()


@pytest.mark.parametrize("wrong", [{"people": 0}, {"items": 3}, {"days": 0}, {"seed": -1}])
def test_a_plan_out_of_bounds_is_refused_in_words(wrong: dict[str, int]) -> None:
    numbers = {"people": 10, "items": 100, "days": 5, "seed": 1} | wrong
    with pytest.raises(SettingsError, match=f"--{next(iter(wrong))}"):
        SimulationPlan(**numbers, start=date(2024, 1, 1))


def test_the_days_of_the_shop_begin_at_midnight_of_its_clock_in_summer_and_winter() -> None:
    plan = SimulationPlan(people=1, items=50, days=200, seed=1, start=date(2024, 1, 1))
    midnights = plan.midnights() // 1_000_000
    assert midnights[0] == 1_704_085_200  # 2024-01-01T05:00Z
    assert midnights[182] == 1_719_806_400  # 2024-07-01T04:00Z
