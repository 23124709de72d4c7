"""Who was whom among identifiers of one component, as known day by day, and what is never made one person."""

from __future__ import annotations

import numpy as np
import pytest

from footfall.mapping.links import WORDS
from footfall.refine.people import OWN, TOO_MANY, Membership, Pair, Stay, StitchRules, histories

RULES = StitchRules(window_days=30, established_days=2, max_identifiers=5)


def pair(
    actor: str, linked: str, *days: int | tuple[int, int] | tuple[int, int, bool], until: int | None = None
) -> Pair:
    """A pair whose words are its identifiers without digits; a day is when it happened and was known, or both, or both and withdrawn."""
    full = [(day, day) if isinstance(day, int) else day for day in days]
    of_days = [(day[1], day[0], len(day) > 2) for day in full]
    return Pair(actor, linked, actor.rstrip("0123456789"), linked.rstrip("0123456789"), of_days, until)


def people_at(day: int, *pairs: Pair, happened: int = 10_000, rules: StitchRules = RULES) -> dict[str, str]:
    """Identifier -> person on a day, as it was held after another day."""
    people: dict[str, str] = {}
    for held in histories(pairs, rules):
        stay, first, last = held.stay, held.known_from, held.known_to
        is_held = (first is None or first <= day) and (last is None or day < last)
        if is_held and (stay.since or 0) <= happened and (stay.until is None or happened < stay.until):
            assert held.actor not in people
            people[held.actor] = stay.person
    return people


def test_a_link_joins_from_the_day_on_which_it_is_known_and_says_nothing_of_days_before() -> None:
    held = list(histories([pair("login1", "visitor1", (3, 5))], RULES))
    assert held == [
        Membership("visitor1", Stay("visitor1", None, None, OWN), None, 5),
        Membership("login1", Stay("login1", None, None, OWN), None, None),
        Membership("visitor1", Stay("login1", None, None, "visitor"), 5, None),
    ]


def test_identifiers_of_one_person_join_over_several_steps() -> None:
    links = [
        pair("login1", "email1", 1),
        pair("email1", "visitor1", 2),
        pair("email1", "phone1", 3),
        pair("phone1", "visitor2", 4),
    ]
    assert set(people_at(4, *links).values()) == {"login1"}
    assert people_at(2, *links) == {
        "login1": "login1", "email1": "login1", "visitor1": "login1", "phone1": "phone1", "visitor2": "visitor2",
    }  # fmt: skip


def test_a_computer_of_two_logins_is_nobodys_and_never_makes_them_one() -> None:
    links = [pair("login1", "visitor1", 1, 9), pair("login2", "visitor1", 5)]
    assert people_at(4, *links)["visitor1"] == "login1"
    assert people_at(5, *links) == {"login1": "login1", "login2": "login2", "visitor1": "visitor1"}


@pytest.mark.parametrize(("days", "is_moved"), [(30, True), (29, False)], ids=["a window later", "a day too early"])
def test_a_number_that_moves_is_the_firsts_until_then_and_the_seconds_from_then_on(days: int, is_moved: bool) -> None:
    links = [pair("login1", "phone1", 1), pair("login2", "phone1", 1 + days)]
    assert people_at(days, *links)["phone1"] == "login1"
    before, after = (people_at(100, *links, happened=day)["phone1"] for day in (days, 1 + days))
    assert (before, after) == (("login1", "login2") if is_moved else ("phone1", "phone1"))


def test_what_a_moved_address_linked_before_it_moved_stays_with_the_first() -> None:
    links = [
        pair("login1", "email1", 1),
        pair("email1", "visitor1", 5),
        pair("login2", "email1", 60),
        pair("email1", "visitor2", 61),
    ]
    people = people_at(61, *links)
    assert (people["visitor1"], people["visitor2"]) == ("login1", "login2")


def test_a_slip_of_the_hand_takes_nothing_from_an_established_login() -> None:
    slip = [pair("login1", "email1", 1, 8), pair("login2", "email1", 5)]
    assert people_at(9, *slip) == {"login1": "login1", "login2": "login2", "email1": "login1"}
    again = [pair("login1", "email1", 1, 8), pair("login2", "email1", 5, 6)]
    assert people_at(9, *again)["email1"] == "email1"


def test_a_link_that_is_taken_back_parts_the_person_by_closing_and_opening_rows() -> None:
    links = [pair("login1", "email1", 1), pair("login1", "card1", 1, (7, 7, True)), pair("card1", "visitor1", 2)]
    assert set(people_at(6, *links).values()) == {"login1"}
    assert people_at(7, *links) == {"login1": "login1", "email1": "login1", "card1": "card1", "visitor1": "card1"}
    joined_again = [links[0], pair("login1", "card1", 1, (7, 7, True), 9), links[2]]
    assert people_at(6, *joined_again) == people_at(6, *links)
    assert people_at(7, *joined_again) == people_at(7, *links)
    assert set(people_at(9, *joined_again).values()) == {"login1"}


def test_what_is_known_later_changes_nothing_that_was_held_before() -> None:
    links = [pair("login1", "visitor1", 1, 4), pair("login1", "email1", 2), pair("login2", "email1", 60)]
    later = [*links, pair("login2", "visitor1", (3, 61)), pair("login1", "phone1", (1, 62))]
    for day in range(61):
        held = people_at(day, *later)
        assert {actor: held[actor] for actor in ("login1", "visitor1", "email1", "login2")} == people_at(day, *links)


def test_a_guest_keeps_the_id_when_a_login_comes_and_when_devices_go() -> None:
    guest = [pair("email1", "visitor1", 1), pair("email1", "visitor2", 2)]
    with_login = [*guest, pair("login1", "email1", 3)]
    assert set(people_at(2, *guest).values()) == {"email1"}
    assert set(people_at(3, *with_login).values()) == {"email1"}
    gone = [*with_login, pair("login2", "visitor1", 4)]
    assert people_at(4, *gone) == {
        "login1": "email1", "email1": "email1", "visitor2": "email1", "visitor1": "visitor1", "login2": "login2",
    }  # fmt: skip


def test_two_people_never_have_one_id() -> None:
    """The e-mail whose pseudonym is the person's id leaves: the person keeps the id, and the e-mail gets another."""
    links = [pair("email1", "visitor1", 1), pair("email1", "visitor2", 1), pair("login1", "email1", 2, (4, 4, True)),
             pair("login1", "phone1", 3), pair("login1", "card1", 3), pair("login1", "visitor3", 3)]  # fmt: skip
    assert set(people_at(3, *links, rules=StitchRules(30, 2, 50)).values()) == {"email1"}
    after = people_at(4, *links, rules=StitchRules(30, 2, 50))
    assert after["login1"] == after["phone1"] == after["card1"] == "email1"
    assert after["email1"] == after["visitor1"] == after["visitor2"]
    assert after["email1"] not in {"email1", "login1"}


def test_an_identifier_that_too_many_share_links_nobody_from_then_on() -> None:
    links = [pair("login1", "visitor1", 1, until=3), pair("login1", "email1", 1)]
    assert people_at(2, *links)["visitor1"] == "login1"
    assert people_at(3, *links) == {"login1": "login1", "email1": "login1", "visitor1": "visitor1"}


def test_more_identifiers_than_the_limit_are_not_made_one_person_and_said_to_be_so() -> None:
    four = [pair("login1", f"visitor{n}", 1) for n in range(4)]
    assert set(people_at(1, *four).values()) == {"login1"}
    five = [*four, pair("login1", "visitor9", 2)]
    assert people_at(2, *five) == {actor: actor for actor in people_at(2, *five)}
    evidence = {held.stay.evidence for held in histories(five, RULES) if held.known_to is None}
    assert evidence == {OWN, TOO_MANY}


def _links_by_chance(seed: int) -> list[Pair]:
    chance, pairs = np.random.default_rng(seed), dict[tuple[str, str], Pair]()
    names = [f"{word}{number}" for word in WORDS for number in range(3)]
    for _ in range(12):
        actor, linked = (names[place] for place in sorted(chance.choice(len(names), 2, replace=False)))
        happened = chance.integers(1, 121, 3).tolist()
        late, withdrawn = chance.choice([0, 0, 5, 40], 3).tolist(), (chance.random(3) < 0.07).tolist()
        days = sorted(
            {(day + delay, day, is_back) for day, delay, is_back in zip(happened, late, withdrawn, strict=True)}
        )
        until = int(chance.integers(60, 131)) if chance.random() < 0.25 else None
        if actor[:-1] != linked[:-1]:
            pairs[actor, linked] = Pair(actor, linked, actor[:-1], linked[:-1], days, until)
    return list(pairs.values())


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_links_each_identifier_is_one_persons_at_any_time(seed: int) -> None:
    pairs = _links_by_chance(seed)
    rules = StitchRules(window_days=30, established_days=2, max_identifiers=4)
    held = list(histories(pairs, rules))
    keys = [(row.actor, row.stay.since, row.known_from) for row in held]
    assert len(keys) == len(set(keys))
    actors = {actor for pair in pairs for actor in (pair.actor, pair.linked)}
    for day in (0, 60, 200):
        for happened in (0, 60, 120):
            assert people_at(day, *pairs, happened=happened, rules=rules).keys() == actors
