"""Two policies on the same people: what comes of a decision was drawn beforehand, so only whom they treat otherwise differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from footfall.simulation.assigned import AssignedDecisions
from footfall.simulation.block import decision_columns, event_columns, line_columns
from footfall.simulation.plan import ITEMS, OFFERS, SimulationPlan

FIRST = SimulationPlan(people=512, items=300, days=56, seed=5, start=date(2024, 1, 1))
LONGER = replace(FIRST, more=28)
BLOCKS = range(FIRST.blocks)


def offered(person: int, day: int, offer: int) -> dict[str, Any]:
    return {"person": person, "day": day, "offer": offer, "items": None, "propensity": None,
            "decision_id": f"{person}/{day}"}  # fmt: skip


def policy(block: int, choose: Any) -> AssignedDecisions:
    """One decision a week for each person of the block; `choose` gives the offer by person."""
    people = range(block * 256, (block + 1) * 256)
    rows = [offered(p, 56 + 7 * week, choose(p)) for p in people for week in range(4)]
    return AssignedDecisions.of([row for row in rows if row["offer"] >= 0])


def by_text(person: int) -> int:
    return 5 if person % 3 else 1


def mixed(person: int) -> int:
    return 5 if person % 3 and person % 2 else -1 if person % 3 else 1  # even ones of those who got 5 get nothing


PLAN = FIRST.continued(28, (OFFERS,))
NAMES = ("person", "order_key", "line", "item", "quantity", "amount_cents", "time", "day", "return_days", "decision")


def rows_of(columns: dict[str, Any], names: tuple[str, ...], kept: Any) -> list[tuple[Any, ...]]:
    return sorted(zip(*(columns[name][kept].tolist() for name in names), strict=True), key=repr)


def test_a_longer_run_has_the_days_of_a_shorter_one_and_the_days_that_are_played_on() -> None:
    events = ("person", "visit", "day", "time", "kind", "item", "number", "offer", "position")
    for block in BLOCKS:
        for make, names in ((line_columns, NAMES), (event_columns, events)):
            longer, first, later = make(LONGER, block), make(FIRST, block), make(FIRST.continued(28, ()), block)
            assert rows_of(longer, names, longer["day"] < 56) == rows_of(first, names, slice(None))
            assert rows_of(longer, names, longer["day"] >= 56) == rows_of(later, names, slice(None))
            assert len(later["day"]) > 1000


def test_whom_two_policies_treat_alike_have_equal_logs_and_the_others_do_not() -> None:
    events = ("person", "visit", "day", "time", "kind", "item", "number", "offer", "decision")
    for block in BLOCKS:
        one, other = policy(block, by_text), policy(block, mixed)
        for make, names in ((line_columns, NAMES), (event_columns, events)):
            first, second = make(PLAN, block, one), make(PLAN, block, other)
            alike = [(c["person"] % 3 == 0) | (c["person"] % 2 == 1) for c in (first, second)]
            assert rows_of(first, names, alike[0]) == rows_of(second, names, alike[1])
            assert rows_of(first, names, ~alike[0]) != rows_of(second, names, ~alike[1])


def test_the_difference_in_orders_is_the_sum_of_the_effects_that_were_drawn() -> None:
    orders, drawn = [], []
    for choose in (by_text, mixed):
        pairs = [(block, policy(block, choose)) for block in BLOCKS]
        lines = [line_columns(PLAN, *pair) for pair in pairs]
        orders.append(sum(len({*zip(c["person"].tolist(), c["order_key"].tolist(), strict=True)}) for c in lines))
        columns = [decision_columns(PLAN, *pair) for pair in pairs]
        assigned = [c["day"] >= 56 for c in columns]
        drawn.append(
            sum(
                int(c["orders_added"][g].sum() - c["orders_lost"][g].sum())
                for c, g in zip(columns, assigned, strict=True)
            )
        )
    assert orders[0] - orders[1] == drawn[0] - drawn[1]
    assert drawn[0] > drawn[1] > 0


def test_reactions_are_those_of_the_draw_with_whom_effects_are_compared() -> None:
    for block in BLOCKS:
        columns = decision_columns(PLAN, block, policy(block, by_text))
        shown, effect, reaction = columns["shown_day"] >= 0, columns["effect"], columns["reaction"]
        assert (columns["adds_order"] == (shown & (reaction < effect))).all()
        assert (columns["drops_orders"] == (shown & (reaction < -effect))).all()
        assert not (columns["orders_added"] & ~columns["adds_order"]).any()
        assert (columns["orders_lost"][~columns["drops_orders"]] == 0).all()


@pytest.mark.parametrize("item", [7, 123])
def test_recommended_items_are_shown_at_visits_with_their_decision_and_clicked_alike(item: int) -> None:
    """Everybody gets two items on the first day; a second policy shows the first of them alone."""
    plan = FIRST.continued(7, (ITEMS,))
    both, alone = (
        AssignedDecisions.of([
            {"person": p, "day": 56, "offer": -1, "items": items, "decision_id": f"r{p}", "propensity": 0.5} for p in range(256)
        ])
        for items in ([item, 200], [item])
    )  # fmt: skip
    clicks = []
    for assigned in (both, alone):
        events = event_columns(plan, 0, assigned)
        slate = (events["kind"] == 0) & (events["position"] > 0)
        assert set(events["item"][slate]) == set(assigned.items[0][assigned.items[0] >= 0])
        assert (events["propensity"][slate] == 0.5).all()
        assert all(name == f"r{p}" for name, p in zip(events["decision"][slate], events["person"][slate], strict=True))
        clicked = (events["kind"] == 1) & (events["item"] == item) & (events["position"] > 0)
        clicks.append({*zip(events["person"][clicked].tolist(), events["visit"][clicked].tolist(), strict=True)})
    assert clicks[0] == clicks[1]
    assert len(clicks[0]) > 0


def test_an_offer_of_a_policy_is_shown_as_the_shop_s_own_would_be() -> None:
    """With the shop's own choices given back as a table, nothing changes but the number of the decision."""
    own = FIRST.continued(28, ())
    names = ("person", "day", "offer", "shown_day", "reaction", "effect", "is_clicked", "orders_added", "orders_lost")
    for block in BLOCKS:
        mine = decision_columns(own, block)
        later = mine["day"] >= 56
        rows = [
            offered(*values)
            for values in zip(*(mine[n][later].tolist() for n in ("person", "day", "offer")), strict=True)
        ]
        again = decision_columns(PLAN, block, AssignedDecisions.of(rows))
        assert rows_of(mine, names, later) == rows_of(again, names, again["day"] >= 56)
