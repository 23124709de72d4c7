"""The words that show an aspect, the shop's own beside footfall's. Reads only its own aspects.yaml; pure but for that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

import yaml

from footfall.errors import SettingsError, listed

LANGUAGES = ("zh", "en")
ASPECT_NAME = re.compile(r"[a-z][a-z0-9_]*")
ENDINGS = "(?:s|es|d|ed|ing|ly)?"


@dataclass(frozen=True)
class Words:
    """The words of one aspect: Chinese ones are found anywhere, English ones as whole words with the usual endings."""

    zh: tuple[str, ...]
    en: tuple[str, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds any of them; the longest of those that begin at one place."""
        english = rf"(?<![a-z])(?:{_any(self.en)}){ENDINGS}(?![a-z])" if self.en else ""
        return re.compile("|".join(part for part in (_any(self.zh), english) if part), re.IGNORECASE)


@dataclass(frozen=True)
class Lexicon:
    """Aspects in order, each with its words."""

    words: Mapping[str, Words]

    @property
    def aspects(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.words)

    def words_in(self, aspect: str, clause: str) -> tuple[str, ...]:
        """The words of the aspect that stand in a clause, each once, as they are written there."""
        return tuple(dict.fromkeys(match.group() for match in self.words[aspect].pattern.finditer(clause)))

    def with_own(self, entries: Mapping[str, Any], *, where: str) -> Lexicon:
        """With a shop's own aspects, or its words added to those that are there. `where` names their file in faults."""
        own = parsed(entries, where=where)
        both = {
            name: Words(*(tuple(dict.fromkeys(old + new)) for old, new in _pairs(self.words.get(name), words)))
            for name, words in own.words.items()
        }
        return Lexicon({**self.words, **both})

    def as_json(self) -> dict[str, Any]:
        """The form of the YAML file."""
        return {name: {"zh": list(words.zh), "en": list(words.en)} for name, words in self.words.items()}


def parsed(entries: Mapping[str, Any], *, where: str) -> Lexicon:
    """A lexicon from `aspect: {zh: [...], en: [...]}`; raises SettingsError with every fault."""
    faults = []
    for name, words in entries.items():
        if not ASPECT_NAME.fullmatch(str(name)):
            faults.append(f"'{name}' is no name for an aspect (small letters, digits and _)")
        if not isinstance(words, Mapping) or not set(words) <= set(LANGUAGES) or not any(words.values()):
            faults.append(f"{name}: expected lists of words under zh, en or both")
        elif not all(isinstance(w, str) and w.strip() for listed_words in words.values() for w in _list(listed_words)):
            faults.append(f"{name}: a word is empty or no string (quote what YAML takes for something else)")
    if faults:
        raise SettingsError(
            f"{where}: {listed(faults)}.", fix="Write them as in libs/footfall/models/aspects/aspects.yaml."
        )
    return Lexicon(
        {str(n): Words(*(tuple(_list(words.get(lang))) for lang in LANGUAGES)) for n, words in entries.items()}
    )


@cache
def builtin() -> Lexicon:
    """Footfall's own: quality, price, delivery, service, packaging, look, fit, taste, ease_of_use, place, content."""
    text = resources.files("footfall.models.aspects").joinpath("aspects.yaml").read_text(encoding="utf-8")
    return parsed(yaml.safe_load(text), where="aspects.yaml")


def _any(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _list(value: Any) -> Sequence[Any]:
    """A list as it is; nothing for none; anything else as a list that no word is in."""
    if value is None:
        return []
    return value if isinstance(value, list | tuple) else [None]


def _pairs(old: Words | None, new: Words) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(old.zh if old else (), new.zh), (old.en if old else (), new.en)]
