"""Who was whom, as known day by day, among identifiers that links connect: plain Python over one component of them. Pure.

Each identifier belongs to one stronger one at a time, at most: so two logins never become one person. The links of one
component are gone through in the order in which they became known; what is held to be so after a day depends on nothing
that became known later. Days are numbers since 1970-01-01.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from footfall.mapping.links import WORDS

OWN, TOO_MANY = "own actor", "too many identifiers"
DEVICE = "visitor"
_RANK = {word: rank for rank, word in enumerate(WORDS)}


@dataclass(frozen=True)
class StitchRules:
    """Against over-merging: see conf/base.yaml, `identities`."""

    window_days: int
    established_days: int
    max_identifiers: int


@dataclass(frozen=True)
class Pair:
    """Two identifiers that stood on rows together; `days` are (known, happened, is_withdrawn).

    `until` is the day from which on one of the two is known to be shared by too many.
    """

    actor: str
    linked: str
    anchor: str
    evidence: str
    days: Sequence[tuple[int, int, bool]]
    until: int | None = None

    @property
    def is_ever_withdrawn(self) -> bool:
        """Whether any row takes the link back."""
        return any(is_withdrawn for *_, is_withdrawn in self.days)


@dataclass(frozen=True)
class Claim:
    """The days on which an identifier was used as one person's, as far as they count."""

    person: str
    days: frozenset[int]

    @property
    def first(self) -> int:
        """The first of them."""
        return min(self.days)

    @property
    def last(self) -> int:
        """The last of them."""
        return max(self.days)


@dataclass(frozen=True)
class Stay:
    """An identifier is a person's from a day on until another, exclusive; None: ever."""

    person: str
    since: int | None
    until: int | None
    evidence: str


@dataclass(frozen=True)
class Membership:
    """A stay, and from which day on until which it was held to be so; None: from the first, or still."""

    actor: str
    stay: Stay
    known_from: int | None
    known_to: int | None


def histories(pairs: Sequence[Pair], rules: StitchRules) -> Iterator[Membership]:
    """All that was ever held of the identifiers of one component; each was its own person at first."""
    ranks: dict[str, int] = {}
    for pair in pairs:
        for actor, word in ((pair.actor, pair.anchor), (pair.linked, pair.evidence)):
            ranks[actor] = min(ranks.get(actor, len(WORDS)), _RANK[word])
    held: dict[str, dict[Stay, int | None]] = {actor: {Stay(actor, None, None, OWN): None} for actor in ranks}
    stays: dict[str, list[Stay]] = {}
    for day, news in sorted(_news(pairs).items()):
        if stays and all(_says_nothing_new(pair, day, stays) for pair in news):
            continue
        stays = _stays(pairs, ranks, rules, day)
        names = _names(stays, held, ranks, day)
        for actor, of_actor in stays.items():
            now = {Stay(names[s.person], s.since, s.until, s.evidence): day for s in of_actor}
            for stay in [stay for stay in held[actor] if stay not in now]:
                yield Membership(actor, stay, held[actor].pop(stay), day)
            held[actor] = held[actor] | {stay: since for stay, since in now.items() if stay not in held[actor]}
    yield from (Membership(actor, stay, since, None) for actor, of in held.items() for stay, since in of.items())


def _news(pairs: Sequence[Pair]) -> dict[int, list[Pair]]:
    """Day -> the pairs of which something became known by which people may be others."""
    claims = Counter(pair.linked for pair in pairs)
    news: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        known = {day[0] for day in pair.days}
        is_plain = claims[pair.linked] == 1 and not pair.is_ever_withdrawn
        for day in ({min(known)} if is_plain else known) | ({pair.until} if pair.until is not None else set()):
            news[day].append(pair)
    return news


def _says_nothing_new(pair: Pair, day: int, stays: Mapping[str, Sequence[Stay]]) -> bool:
    """Whether the two were seen together before, and are one person's ever: to be seen together again changes nothing."""
    is_first = min(known for known, *_ in pair.days) == day
    if is_first or pair.until == day or pair.is_ever_withdrawn:
        return False
    of_both = [*stays[pair.actor], *stays[pair.linked]]
    return (
        len({(stay.person, stay.since, stay.until) for stay in of_both}) == 1
        and of_both[0].since is of_both[0].until is None
    )


def _stays(pairs: Sequence[Pair], ranks: Mapping[str, int], rules: StitchRules, day: int) -> dict[str, list[Stay]]:
    """Whose each identifier is, by the strongest identifier of the person, as known at the end of a day."""
    claimed: dict[str, list[tuple[Pair, frozenset[int]]]] = defaultdict(list)
    for pair in pairs:
        if days := _counting_days(pair, day):
            claimed[pair.linked].append((pair, days))
    stays: dict[str, list[Stay]] = {}
    for linked in sorted(claimed, key=lambda actor: (ranks[actor], actor)):
        days_of: dict[str, set[int]] = defaultdict(set)
        for pair, days in claimed[linked]:
            for happened in days if pair.actor in stays else ():
                days_of[_person(pair.actor, stays, happened)].add(happened)
            if pair.actor not in stays:
                days_of[pair.actor] |= days
        days_of.pop(linked, None)
        claims = [Claim(person, frozenset(days)) for person, days in days_of.items()]
        stays[linked] = _settled(claims, WORDS[ranks[linked]], rules)
    of_roots = {
        actor: [
            Stay(_person(s.person, stays, s.since or 0), s.since, s.until, s.evidence) for s in stays.get(actor, ())
        ]
        for actor in ranks
    }
    sizes = Counter(person for of in of_roots.values() for person in {s.person for s in of})
    for of in of_roots.values():
        if any(sizes[s.person] >= rules.max_identifiers for s in of):
            of.clear()
    own = (OWN, TOO_MANY)
    return {actor: of or [Stay(actor, None, None, own[bool(stays.get(actor))])] for actor, of in of_roots.items()}


def _counting_days(pair: Pair, day: int) -> frozenset[int]:
    """The days that speak for the pair, as known at the end of a day: those after the last that was taken back."""
    if pair.until is not None and pair.until <= day:
        return frozenset()
    known = [(happened, is_withdrawn) for known, happened, is_withdrawn in pair.days if known <= day]
    last = max((happened for happened, is_withdrawn in known if is_withdrawn), default=None)
    return frozenset(d for d, is_withdrawn in known if not is_withdrawn and (last is None or d > last))


def _person(actor: str, stays: Mapping[str, Sequence[Stay]], day: int) -> str:
    """The strongest identifier of the person whose the actor was on a day."""
    while of_actor := stays.get(actor):
        actor = next(stay.person for stay in of_actor if stay.until is None or day < stay.until)
    return actor


def _settled(claims: Sequence[Claim], word: str, rules: StitchRules) -> list[Stay]:
    """Whose an identifier is, in time: nobody's where two people used it within the window; a slip of the hand counts for nothing."""
    window = rules.window_days
    in_time = sorted(claims, key=lambda claim: (claim.first, claim.person))
    if word != DEVICE:
        firm = [claim for claim in in_time if len(claim.days) >= rules.established_days]
        in_time = [
            claim
            for claim in in_time
            if claim in firm or not any(o.first - window < claim.first < o.last + window for o in firm)
        ]
    ends = [later.first for later in in_time[1:]]
    if any(end - claim.last < window for claim, end in zip(in_time, ends, strict=False)):
        return []
    starts = [None, *ends]
    return [
        Stay(claim.person, since, until, word)
        for claim, since, until in zip(in_time, starts, [*ends, None], strict=True)
    ]


def _names(
    stays: Mapping[str, Sequence[Stay]],
    held: Mapping[str, Mapping[Stay, int | None]],
    ranks: Mapping[str, int],
    day: int,
) -> dict[str, str]:
    """The id of each person, by their strongest identifier: that of the former person of whom most identifiers are here.

    Of equals that of the strongest identifier. Each id is one person's: who has none left is called by the strongest
    identifier, or where that is another's id already, by a hash of it.
    """
    votes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for actor, of_actor in stays.items():
        former = max(held[actor], key=lambda stay: -1 if stay.since is None else stay.since).person
        votes[former, of_actor[-1].person].append(ranks[actor])
    names: dict[str, str] = {}
    taken: set[str] = set()
    for former, root in sorted(votes, key=lambda vote: (-len(votes[vote]), min(votes[vote]), vote)):
        if root not in names and former not in taken:
            names[root] = former
            taken.add(former)
    for root in sorted({stay.person for of in stays.values() for stay in of} - names.keys()):
        name = root if root not in taken else hashlib.sha256(f"{root}/{day}".encode()).hexdigest()
        names[root] = name
        taken.add(name)
    return names
