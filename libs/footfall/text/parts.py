"""Splits a long text into overlapping parts that the encoder can read, and averages their vectors. tokenizers, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from footfall.errors import SettingsError

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Around:
    """Token ids around a text: the special ones at both ends, and the prefix after the first of them."""

    head: list[int]
    prefix: list[int]
    tail: list[int]

    @classmethod
    def of(cls, tokenizer: Tokenizer, prefix: str) -> Around:
        """As the tokenizer puts them around the prefix alone."""
        special = tokenizer.encode("a").special_tokens_mask
        start, end = special.index(0), len(special) - special[::-1].index(0)
        ids = tokenizer.encode(prefix).ids
        stop = len(ids) - (len(special) - end)
        return cls(ids[:start], ids[start:stop], ids[stop:])


@dataclass(frozen=True)
class Splitter:
    """Cuts the ids of a text into at most `most` parts of `longest` tokens, each beginning `overlap` tokens before the last's end.

    Every part has the special tokens, and the prefix that the encoder was trained with. Tokens beyond `most` parts are
    not read. Raises SettingsError where the overlap leaves no room for new tokens in a part.
    """

    around: Around
    longest: int
    overlap: int
    most: int

    def __post_init__(self) -> None:
        if self.most > 1 and self._room <= self.overlap:
            fixed = self.longest - self._room
            raise SettingsError(
                f"text.overlap_tokens is {self.overlap}, and a part of {self.longest} tokens has {fixed} fixed ones.",
                fix=f"Set text.overlap_tokens below {self._room}, or text.max_tokens higher.",
            )

    @property
    def _room(self) -> int:
        """Tokens of the text itself in a part that is not the first."""
        return self.longest - len(self.around.head) - len(self.around.prefix) - len(self.around.tail)

    @property
    def longest_text(self) -> int:
        """Tokens, special ones and prefix included, that all parts together can hold."""
        return self.longest + (self.most - 1) * (self._room - self.overlap)

    def parts(self, ids: list[int]) -> list[list[int]]:
        """The parts, in order; a text that fits is its own only part. `ids` is what the tokenizer made of prefix and text."""
        if len(ids) <= self.longest:
            return [ids]
        head, tail = self.around.head, self.around.tail
        body = ids[len(head) : len(ids) - len(tail)]
        first = self.longest - len(head) - len(tail)
        starts = range(first - self.overlap, len(body) - self.overlap, self._room - self.overlap)[: self.most - 1]
        later = [[*head, *self.around.prefix, *body[at : at + self._room], *tail] for at in starts]
        return [[*head, *body[:first], *tail], *later]


def joined(vectors: Vectors, *, tokens: Sequence[int], parts: Sequence[int]) -> Vectors:
    """float32[n_texts, dim] of float32[n_parts, dim]: the mean over each text's parts, weighted by their `tokens`.

    `parts` says how many parts each text has, one after the other. The vector of a text of one part stays as it is.
    """
    if len(parts) == len(vectors):
        return vectors
    starts = np.cumsum([0, *parts[:-1]])
    weights = np.asarray(tokens, dtype=np.float64)
    summed = np.add.reduceat(vectors * weights[:, None], starts, axis=0)
    return (summed / np.add.reduceat(weights, starts)[:, None]).astype(np.float32)
