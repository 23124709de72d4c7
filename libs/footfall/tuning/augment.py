"""Variants of a text that mostly keep its meaning: words deleted, neighbours swapped. Pure; off by default.

After Wei and Zou 2019 (EDA), without its random insertion and its synonyms. A text without blanks is taken by character.
"""

from __future__ import annotations

import numpy as np

FEWEST = 4  # words or characters; a shorter text stays as it is


def varied(text: str, *, strength: float, generator: np.random.Generator) -> str:
    """The text after deletion and swaps, each meeting about `strength` of its words."""
    blank = " " if " " in text else ""
    words = text.split() if blank else list(text)
    if len(words) < FEWEST:
        return text
    kept = [word for word in words if generator.random() >= strength] or words
    for _ in range(round(strength * len(kept) / 2)):
        at = int(generator.integers(0, len(kept) - 1)) if len(kept) > 1 else 0
        kept[at : at + 2] = kept[at : at + 2][::-1]
    return blank.join(kept)
