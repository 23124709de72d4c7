"""What a mapping may say under `with`: whose rows a feed's rows look up, and by which columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator

from footfall.mapping.sql_words import paths_in
from footfall.mapping.yaml_file import Key

if TYPE_CHECKING:
    from footfall.mapping.source import Feed

_NAME = r"(?:`(?:``|[^`])+`|\w+)"
_PAIR = re.compile(rf"\s*(?P<own>{_NAME}(?:\.{_NAME})*)\s*=\s*(?P<other>{_NAME})\s*")
_LOOKUP = re.compile(r"\s*(?P<feed>\w+)\s+on\s+(?P<pairs>.+?)\s*", re.IGNORECASE | re.DOTALL)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
FORM = "write `<feed> on <column> = <column of that feed>`, such as `orders on order_id = id`; several pairs with `and`"


@dataclass(frozen=True)
class Lookup:
    """Another feed of the source, a row of which belongs to each row: where each `own` column equals the `other` feed's.

    Both are names as SQL has them; `own` may be a column of a feed that was looked up before: `orders.customer_id`.
    """

    feed: str
    own: tuple[str, ...]
    other: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Lookup:
        """The lookup that a text such as `orders on order_id = id` describes, or ValueError."""
        whole = _LOOKUP.fullmatch(text)
        pairs = [_PAIR.fullmatch(pair) for pair in _AND.split(whole["pairs"])] if whole else []
        if whole is None or None in pairs:
            raise ValueError(FORM)
        sides = [(pair["own"], pair["other"]) for pair in pairs if pair is not None]
        return cls(whole["feed"], tuple(own for own, _ in sides), tuple(other for _, other in sides))

    def __str__(self) -> str:
        return f"{self.feed} on " + " and ".join(
            f"{own} = {other}" for own, other in zip(self.own, self.other, strict=True)
        )

    def by(self, *own: str) -> Lookup:
        """The same by own columns of other names."""
        return replace(self, own=own)


def _one_or_several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _parsable(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        Lookup.parse(text)
    return texts


Lookups = Annotated[tuple[str, ...], BeforeValidator(_one_or_several), AfterValidator(_parsable)]


def looked_up_columns(feed: Feed, name: str) -> set[str] | None:
    """The columns of a feed, in one case of letters, that another one's expressions, names and lookups use; None: all of them."""
    named = {path for _, sql in feed.expressions() for path in paths_in(sql)}
    named |= {
        path
        for target in feed.into.values()
        for names in target.passed.values()
        for kept in names
        for path in paths_in(kept)
    }
    named |= {path for lookup in feed.lookups for own in lookup.own for path in paths_in(own)}
    below = [path[1:] for path in named if path[0] == name.casefold()]
    return None if () in below else {path[0] for path in below}


def lookup_faults(feeds: Mapping[str, Feed]) -> list[tuple[Key, str]]:
    """What is wrong with the lookups of a source's feeds: key path below the source, and the fault in words."""
    used = {lookup.feed for feed in feeds.values() for lookup in feed.lookups}
    faults: list[tuple[Key, str]] = [
        (("feeds", name, "into"), "missing (only a feed that another one looks up by `with` does without)")
        for name, feed in feeds.items()
        if not feed.into and name not in used
    ]
    for name, feed in feeds.items():
        faults += [(("feeds", name, *key), words) for key, words in _faults_of(name, feed, feeds)]
    return faults


def _faults_of(name: str, feed: Feed, feeds: Mapping[str, Feed]) -> list[tuple[Key, str]]:
    faults: list[tuple[Key, str]] = []
    before: list[str] = []
    for i, lookup in enumerate(feed.lookups):
        other = feeds.get(lookup.feed)
        later = [
            own for own in lookup.own for path in paths_in(own) if len(path) > 1 and _is_later(path[0], feed, before)
        ]
        if other is None:
            faults.append((("with", i), f"no feed {lookup.feed} in this source (there are {', '.join(feeds)})"))
        elif lookup.feed in before:
            faults.append((("with", i), f"{lookup.feed} is looked up already"))
        elif lookup.feed == name:
            faults.append((("with", i), "a feed cannot look itself up"))
        elif (other.time_zone, other.timestamps) != (feed.time_zone, feed.timestamps):
            words = f"`time_zone` or `timestamps` of {lookup.feed} are others; give both feeds the same, as times are read by one"
            faults.append((("with", i), words))
        if later:
            faults.append((("with", i), f"{', '.join(later)}: of a feed that is looked up later; name that one first"))
        before.append(lookup.feed)
    return faults + _kept_identifiers(feed, feeds)


def _is_later(head: str, feed: Feed, before: Sequence[str]) -> bool:
    return head in {lookup.feed.casefold() for lookup in feed.lookups} - {name.casefold() for name in before}


def _kept_identifiers(feed: Feed, feeds: Mapping[str, Feed]) -> list[tuple[Key, str]]:
    """Names under `keep` and `features` of columns that the feed which is looked up takes identifiers from, or of its whole row."""
    secret = {
        (name.casefold(), *path)
        for name in {lookup.feed for lookup in feed.lookups} & feeds.keys()
        for sql in feeds[name].identifiers
        for path in paths_in(sql)
    }
    whole = {(lookup.feed.casefold(),) for lookup in feed.lookups}
    return [
        (("into", table, key, i), f"{kept} is an identifier, or holds one; these leave raw through the vault only")
        for table, target in feed.into.items()
        for key, names in target.passed.items()
        for i, kept in enumerate(names)
        if any(path in whole or any(path[: len(s)] == s for s in secret) for path in paths_in(kept))
    ]
