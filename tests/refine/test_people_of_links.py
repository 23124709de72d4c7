"""Who was whom among identifiers of one component, as known day by day, and what is never made one person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from footfall.mapping.links import WORDS
from footfall.refine.people import OWN, TOO_MANY, LinkDay, Membership, Pair, Stay, StitchRules, histories

RULES = StitchRules(window_days=30, established_days=2, max_identifiers=5)


def pair(
    actor: str,
    linked: str,
    *days: int | tuple[int, int] | tuple[int, int, bool],
    until: int | None = None,
    called: tuple[str, str] | None = None,
) -> Pair:
    """A pair, called as its identifiers without digits unless stated; a day is both clocks, or (happened, known), or (.., withdrawn)."""
    full = [(day, day) if isinstance(day, int) else day for day in days]
    words = called or (actor.rstrip("0123456789"), linked.rstrip("0123456789"))
    return Pair(actor, linked, [LinkDay(day[1], day[0], len(day) > 2, *words) for day in full], until)


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


def test_rows_that_name_two_the_other_way_round_say_one_thing() -> None:
    """The shop's app logs in by phone, its orders have an address and a phone: the login claims the address by both."""
    app, order = pair("p", "e", 3, called=("login", "email")), pair("e", "p", 1, called=("email", "phone"))
    assert people_at(2, app, order) == {"p": "e", "e": "e"}
    assert people_at(3, app, order) == people_at(3, order, app) == {"p": "e", "e": "e"}
    assert people_at(3, replace(app, other="card1"), order) == {"p": "e", "e": "e", "card1": "e"}
    now = [row for row in histories([app, order], RULES) if row.known_to is None]
    assert sorted(now, key=str) == [
        Membership("e", Stay("e", None, None, "email"), 3, None),
        Membership("p", Stay("e", None, None, OWN), 3, None),
    ]


def test_who_proves_to_be_a_login_claims_what_rows_called_the_stronger_one() -> None:
    """By its second day the first login is established, and the other one a slip of the hand."""
    named = [pair("email1", "n1", 1, 9, called=("email", "phone")), pair("email1", "n2", 5, called=("email", "phone"))]
    logins = [pair(login, f"card{login}", 2, called=("login", "card")) for login in ("n1", "n2")]
    parted, joined = (people_at(day, *named, *logins) for day in (8, 9))
    assert len({parted["email1"], parted["n1"], parted["n2"]}) == 3
    assert joined["email1"] == joined["n1"] != joined["n2"]


@pytest.mark.parametrize("day", [1, 3], ids=["a login before", "a login later"])
def test_a_login_is_nobody_elses_whatever_other_rows_call_it(day: int) -> None:
    contact = pair("b@x", "a@x", 2, 4, called=("login", "email"))
    own = pair("a@x", "card1", day, called=("login", "card"))
    assert people_at(2, contact, own)["a@x"] == ("a@x" if day == 1 else "b@x")
    people = people_at(4, contact, own)
    assert people["a@x"] == people["card1"] != people["b@x"]


def test_evidence_is_what_rows_call_an_identifier_from_the_day_on_which_that_is_known() -> None:
    """Numbers are a card first, as one feed calls them; then the phone of the same login, at last that of another."""
    called = replace(
        pair("login1", "n", 1), days=[LinkDay(1, 1, False, "login", "card"), LinkDay(5, 4, False, "login", "phone")]
    )
    moved = pair("login2", "n", 60, 61, called=("login", "card"))

    def of_number(*pairs: Pair) -> list[Membership]:
        return sorted((row for row in histories(pairs, RULES) if row.actor == "n"), key=lambda row: row.known_from or 0)

    first = [
        Membership("n", Stay("n", None, None, OWN), None, 1),
        Membership("n", Stay("login1", None, None, "card"), 1, 5),
    ]
    assert of_number(called) == [*first, Membership("n", Stay("login1", None, None, "phone"), 5, None)]
    assert of_number(called, moved) == [
        *first,
        Membership("n", Stay("login1", None, None, "phone"), 5, 60),
        Membership("n", Stay("login1", None, 60, "phone"), 60, None),
        Membership("n", Stay("login2", 60, None, "card"), 60, None),
    ]


def test_a_device_moves_on_the_day_on_which_its_address_brings_it_to_another_login() -> None:
    links = [pair("login1", "email1", 1), pair("email1", "visitor1", 5, 65), pair("login2", "email1", 60)]
    later = [*links, pair("login2", "visitor1", 90)]
    for pairs in (links, later):
        assert people_at(64, *pairs)["visitor1"] == "login1"
        assert [people_at(65, *pairs, happened=day)["visitor1"] for day in (64, 65)] == ["login1", "login2"]


def _links_by_chance(seed: int) -> list[Pair]:
    """Pairs of a few identifiers, in either direction, each day under any two words, some known late or taken back."""
    chance, pairs = np.random.default_rng(seed), dict[tuple[str, str], Pair]()
    names = [f"{word}{number}" for word in WORDS for number in range(2)]
    for _ in range(8):
        two = chance.choice(len(names), 2, replace=False)
        is_wild = seed % 2 and chance.random() < 0.3
        actor, linked = (names[place] for place in (two if is_wild else sorted(two)))
        happened = chance.integers(1, 121, 3).tolist()
        late, withdrawn = chance.choice([0, 0, 5, 40], 3).tolist(), (chance.random(3) < 0.03).tolist()
        days = set[LinkDay]()
        for day, delay, is_back in zip(happened, late, withdrawn, strict=True):
            by_chance = [WORDS[place] for place in sorted(chance.choice(len(WORDS), 2, replace=False))]
            anchor, evidence = by_chance if is_wild else (actor[:-1], linked[:-1])
            days.add(LinkDay(day + delay, day, is_back, anchor, evidence))
        until = int(chance.integers(60, 131)) if chance.random() < 0.1 else None
        if actor[:-1] != linked[:-1]:
            pairs[actor, linked] = Pair(actor, linked, sorted(days), until)
    return list(pairs.values())


def _known_at(day: int, pairs: list[Pair]) -> list[Pair]:
    """What was known of the pairs at the end of a day."""
    return [
        Pair(p.actor, p.other, days, p.until if p.until is not None and p.until <= day else None)
        for p in pairs
        if (days := [d for d in p.days if d.known <= day])
    ]


def _held_at(day: int, pairs: list[Pair], rules: StitchRules) -> set[Membership]:
    """What was held at the end of a day, and before."""
    rows = (row for row in histories(pairs, rules) if (row.known_from or 0) <= day)
    return {replace(row, known_to=None) if row.known_to and row.known_to > day else row for row in rows}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_links_each_identifier_is_one_persons_and_what_was_held_stays(seed: int) -> None:
    pairs, rules = _links_by_chance(seed), StitchRules(window_days=30, established_days=2, max_identifiers=4)
    held = list(histories(pairs, rules))
    keys = [(row.actor, row.stay.since, row.known_from) for row in held]
    assert len(keys) == len(set(keys))
    actors = {actor for pair in pairs for actor in (pair.actor, pair.other)}
    logins = {
        of
        for p in pairs
        for d in p.days
        for of, word in ((p.actor, d.word), (p.other, d.other_word))
        if word == "login"
    }
    for day in (0, 60, 200):
        for happened in (0, 60, 120):
            people = people_at(day, *pairs, happened=happened, rules=rules)
            assert people.keys() == actors
            assert day < 200 or len({people[login] for login in logins}) == len(logins)
    for day in range(0, 165, 15):
        known = _known_at(day, pairs)
        own = {Membership(a, Stay(a, None, None, OWN), None, None) for a in actors}
        before = _held_at(day, known, rules)
        later = own - {row for row in own if row.actor in {r.actor for r in before}}
        assert _held_at(day, pairs, rules) == before | later
