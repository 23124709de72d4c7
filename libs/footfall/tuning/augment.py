"""Variants of a text that keep its meaning, mostly: words deleted, neighbours swapped, synonyms. Pure; off by default.

After Wei and Zou 2019 (EDA), without its random insertion. A text without blanks is taken by character.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

FEWEST = 4  # words or characters; a shorter text has none to lose


def varied(
    text: str, *, strength: float, generator: np.random.Generator, synonyms: Mapping[str, Sequence[str]] | None = None
) -> str:
    """The text after synonyms, deletion and swaps, each meeting about `strength` of its words.

    `synonyms` maps a word, or for texts without blanks a run of characters, to what may stand in its place.
    """
    told = _with_synonyms(text, synonyms or {}, strength, generator)
    blank = " " if " " in told else ""
    words = told.split() if blank else list(told)
    if len(words) < FEWEST:
        return told
    kept = [word for word in words if generator.random() >= strength] or words
    for _ in range(round(strength * len(kept) / 2)):
        at = int(generator.integers(0, len(kept) - 1)) if len(kept) > 1 else 0
        kept[at : at + 2] = kept[at : at + 2][::-1]
    return blank.join(kept)


def _with_synonyms(text: str, synonyms: Mapping[str, Sequence[str]], strength: float, draw: np.random.Generator) -> str:
    """The longest word of the mapping first; each place by chance."""
    if " " in text:
        words = [_another(w, synonyms[w], strength, draw) if w in synonyms else w for w in text.split()]
        return " ".join(words)
    longest = max((len(word) for word in synonyms), default=0)
    told, at = [], 0
    while at < len(text):
        found = next((text[at : at + n] for n in range(longest, 0, -1) if text[at : at + n] in synonyms), "")
        told.append(_another(found, synonyms[found], strength, draw) if found else text[at])
        at += len(found) or 1
    return "".join(told)


def _another(word: str, others: Sequence[str], strength: float, draw: np.random.Generator) -> str:
    return str(others[int(draw.integers(0, len(others)))]) if others and draw.random() < strength else word
