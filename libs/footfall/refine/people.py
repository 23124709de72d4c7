"""Who was whom, as known day by day, among identifiers that links connect: plain Python over one component of them. Pure.

Each identifier belongs to one stronger one at a time, at most, and a login to none: so two logins never become one person.
The links of one component are gone through in the order in which they became known; what is held to be so after a day
depends on nothing that became known later, nor does how strong an identifier is. Days are numbers since 1970-01-01.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

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


class LinkDay(NamedTuple):
    """A day on which two identifiers stood on a row together, the day on which that was known, and what they were called there."""

    known: int
    happened: int
    is_withdrawn: bool
    word: str
    other_word: str


@dataclass(frozen=True)
class Pair:
    """Two identifiers that stood on rows together, whichever the rows have first: on each day `actor` is called by `word`.

    `until` is the day from which on one of the two is known to be shared by too many.
    """

    actor: str
    other: str
    days: Sequence[LinkDay]
    until: int | None = None

    @cached_property
    def is_ever_withdrawn(self) -> bool:
        """Whether any row takes the link back."""
        return any(day.is_withdrawn for day in self.days)

    @cached_property
    def named_on(self) -> dict[tuple[str, str], int]:
        """(word, other word) -> the first day on which it was known that the two are called so."""
        first: dict[tuple[str, str], int] = {}
        for day in self.days:
            words = day.word, day.other_word
            first[words] = min(first.get(words, day.known), day.known)
        return first


@dataclass(frozen=True)
class Claim:
    """The days on which an identifier was used as one person's, as far as they count; `word` is the strongest that it was called then."""

    person: str
    days: frozenset[int]
    word: str

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
    actors = dict.fromkeys(actor for pair in pairs for actor in (pair.actor, pair.other))
    held: dict[str, dict[Stay, int | None]] = {actor: {Stay(actor, None, None, OWN): None} for actor in actors}
    stays: dict[str, list[Stay]] = {}
    for day, news in sorted(_news(pairs).items()):
        if stays and all(_says_nothing_new(pair, day, stays) for pair in news):
            continue
        ranks = _ranks(pairs, day)
        stays = _stays(pairs, ranks, rules, day)
        names = _names(stays, held, ranks, day)
        for actor, of_actor in stays.items():
            now = {Stay(names[s.person], s.since, s.until, s.evidence): day for s in of_actor}
            for stay in [stay for stay in held[actor] if stay not in now]:
                yield Membership(actor, stay, held[actor].pop(stay), day)
            held[actor] = held[actor] | {stay: since for stay, since in now.items() if stay not in held[actor]}
    yield from (Membership(actor, stay, since, None) for actor, of in held.items() for stay, since in of.items())


def _news(pairs: Sequence[Pair]) -> dict[int, list[Pair]]:
    """Day -> the pairs of which something became known by which people may be others.

    Of two that nobody else ever claims it matters only that they were seen together, and what they are called.
    """
    best, claims = _ranks(pairs, None), Counter[str]()
    for pair in pairs:
        weakest, other_weakest = (max(_RANK[word] for word in words) for words in zip(*pair.named_on, strict=True))
        claims[pair.actor] += best[pair.other] <= weakest  # the other is stronger, or may prove to be
        claims[pair.other] += best[pair.actor] <= other_weakest
    news: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        is_plain = claims[pair.actor] + claims[pair.other] == 1 and not pair.is_ever_withdrawn
        known = set(pair.named_on.values()) if is_plain else {day.known for day in pair.days}
        for day in known | ({pair.until} if pair.until is not None else set()):
            news[day].append(pair)
    return news


def _says_nothing_new(pair: Pair, day: int, stays: Mapping[str, Sequence[Stay]]) -> bool:
    """Whether the two were seen together before, and are one person's ever: to be seen together again changes nothing."""
    if day in pair.named_on.values() or pair.until == day or pair.is_ever_withdrawn:
        return False
    of_both = [*stays[pair.actor], *stays[pair.other]]
    return (
        len({(stay.person, stay.since, stay.until) for stay in of_both}) == 1
        and of_both[0].since is of_both[0].until is None
    )


def _ranks(pairs: Sequence[Pair], day: int | None) -> dict[str, int]:
    """Identifier -> how strong it is, 0 the strongest, by all that it is known to be called at the end of a day; None: ever."""
    ranks: dict[str, int] = {}
    for pair in pairs:
        for words, known in pair.named_on.items():
            if day is None or known <= day:
                for actor, word in zip((pair.actor, pair.other), words, strict=True):
                    ranks[actor] = min(ranks.get(actor, len(WORDS)), _RANK[word])
    return ranks


def _stays(pairs: Sequence[Pair], ranks: Mapping[str, int], rules: StitchRules, day: int) -> dict[str, list[Stay]]:
    """Whose each identifier is, by the strongest identifier of the person, as known at the end of a day.

    Of a pair the stronger one claims the other; equals go by their pseudonyms. So whose the stronger one is stands before.
    """

    def strength(actor: str) -> tuple[int, str]:
        return ranks[actor], actor

    claimed: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for pair in pairs:
        days = _counting_days(pair, day)
        stronger, weaker = sorted((pair.actor, pair.other), key=strength) if days else ("", "")
        if days and ranks[weaker] > 0:
            claimed[weaker] += [(stronger, d.happened, d.word if weaker == pair.actor else d.other_word) for d in days]
    stays: dict[str, list[Stay]] = {}
    for actor in sorted(claimed, key=strength):
        claims = _claims((_person(by, stays, happened), happened, word) for by, happened, word in claimed[actor])
        stays[actor] = _settled(claims, rules, is_device=WORDS[ranks[actor]] == DEVICE)
    sizes = Counter(person for of in stays.values() for person in {stay.person for stay in of})
    too_many = {person for person, size in sizes.items() if size >= rules.max_identifiers}

    def of_actor(actor: str) -> list[Stay]:
        of = stays.get(actor, [])
        is_fine = not any(stay.person in too_many for stay in of)
        return of if of and is_fine else [Stay(actor, None, None, OWN if is_fine else TOO_MANY)]

    return {actor: of_actor(actor) for actor in ranks}


def _counting_days(pair: Pair, day: int) -> list[LinkDay]:
    """The days that speak for the pair, as known at the end of a day: those after the last that was taken back."""
    if pair.until is not None and pair.until <= day:
        return []
    known = [d for d in pair.days if d.known <= day]
    if not pair.is_ever_withdrawn:
        return known
    last = max((d.happened for d in known if d.is_withdrawn), default=None)
    return [d for d in known if not d.is_withdrawn and (last is None or d.happened > last)]


def _person(actor: str, stays: Mapping[str, Sequence[Stay]], day: int) -> str:
    """The strongest identifier of the person whose the actor was on a day."""
    while of_actor := stays.get(actor):
        actor = next(stay.person for stay in of_actor if stay.until is None or day < stay.until)
    return actor


def _claims(days: Iterable[tuple[str, int, str]]) -> list[Claim]:
    """The claim of each person on an identifier, from rows (person, day, what the identifier was called)."""
    of_person: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for person, happened, word in days:
        of_person[person].append((happened, word))
    return [
        Claim(person, frozenset(day for day, _ in of), min((word for _, word in of), key=_RANK.__getitem__))
        for person, of in of_person.items()
    ]


def _settled(claims: Sequence[Claim], rules: StitchRules, *, is_device: bool) -> list[Stay]:
    """Whose an identifier is, in time: nobody's where two people used it within the window; a slip of the hand counts for nothing."""
    window = rules.window_days
    in_time = sorted(claims, key=lambda claim: (claim.first, claim.person))
    if not is_device:
        firm = [claim for claim in in_time if len(claim.days) >= rules.established_days]
        in_time = [
            claim
            for claim in in_time
            if claim in firm or not any(o.first - window < claim.first < o.last + window for o in firm)
        ]
    ends = [later.first for later in in_time[1:]]
    if any(end - claim.last < window for claim, end in zip(in_time, ends, strict=False)):
        return []
    return [
        Stay(claim.person, since, until, claim.word)
        for claim, since, until in zip(in_time, [None, *ends], [*ends, None], strict=True)
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
