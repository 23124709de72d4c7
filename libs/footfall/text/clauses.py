"""Cuts a text into clauses, the pieces that can praise one thing and blame another. Plain Python, no Spark, no torch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_CLAUSES = 64
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\U00020000-\U0003ffff"  # with kana: written without blanks

# Boundaries of clauses. The first alternative that matches wins, so what must not be cut stands first.
BOUNDARY = re.compile(
    rf"""
    (?P<whole>https?://(?:[^\s,;。，；{HAN}]|,(?=\w))+ | (?<=\d)[.,:：~\-](?=\d) | \b(?:e\.g|i\.e|a\.m|p\.m|vs|mr|mrs|ms|dr|approx)\.)
  | (?P<item>(?:\A|(?<=[\n,.;:!?。~…])|(?<=[,.;:!?。~…]\s)|(?<=[{HAN}]\s)(?=.{{2,4}}[{HAN}]))
      (?:\(\d{{1,2}}\)|\d{{1,2}}[.、)](?!\d)|[一二三四五六七八九十][、.]))
  | (?P<strong>(?:\.(?!\w)|[。｡！!？?；;…؟؛।])[.。｡！!？?；;…~]*["'”’»)）\]】』」》]*
      | (?<=[{HAN}])\.(?!\d) | \.(?=[{HAN}]) | (?<=[a-z])\.(?=[A-Z][a-z]) | [\r\n\u2028\u2029]+)
  | (?P<comma>[,，،]+ | ~+ | ～+ | --+ | —+)
  | (?P<list>、 | (?<=[{HAN}])\s+(?=[{HAN}]))
  | (?P<turn>
      (?<![不非])但(?![愿凡]) | 可是 | 然而 | (?<![只好再最比打瞒])不过(?![如分来去敏瘾期关是身])
      | (?:(?<=[好错行以美亮棒快高大小轻意爱的了吧啊宜净服值适用])|(?<=好看))(?:就是|只是)
      | (?<!\w)(?<!nothing\ )(?<!anything\ )(?<!all\ )but(?!\w)
      | (?<!\w)(?<!as\ )(?<!even\ )(?:even\ though|although|though|however|whereas|except|unfortunately)(?!\w))
    """,
    re.VERBOSE | re.IGNORECASE,
)
WORDS = re.compile(rf"(?P<han>[{HAN}])|[^\W_{HAN}]+")
# Least weight before and after each kind of boundary; a Chinese character weighs 1, another word 2.
LEAST = {"strong": (2, 2), "item": (2, 0), "comma": (3, 2), "list": (4, 4), "turn": (3, 0)}


class Clause(NamedTuple):
    """A clause as half-open offsets into its text, without white space at its ends."""

    start: int
    end: int


def split_clauses(text: str, *, most: int = MOST_CLAUSES) -> list[Clause]:
    """The clauses of a text in order; together they hold all of it but white space between them.

    Sentence ends, commas, line breaks and list items end a clause; words of contrast begin one. A piece that is too
    short to have a meaning stays with its neighbour. The last of `most` clauses holds the rest of the text.

    >>> text = "房间很大,但是早餐差。 Cheap, but slow to arrive"
    >>> [text[start:end] for start, end in split_clauses(text)]
    ['房间很大,', '但是早餐差。', 'Cheap, but slow to arrive']
    """
    pieces: list[_Piece] = []
    for piece in _pieces(text):
        before, after = LEAST.get(piece.kind, (0, 0))
        if pieces and (len(pieces) == most or pieces[-1].weight < before or piece.weight < after):
            pieces[-1] = pieces[-1].joined(piece)
        else:
            pieces.append(piece)
    return [clause for piece in pieces if (clause := _trimmed(text, piece)).start < clause.end]


class _Piece(NamedTuple):
    """The text between two boundaries, and the kind of the first of them."""

    start: int
    end: int
    kind: str
    weight: int

    def joined(self, other: _Piece) -> _Piece:
        return _Piece(self.start, other.end, self.kind, self.weight + other.weight)


def _pieces(text: str) -> Iterator[_Piece]:
    start, kind = 0, ""
    for at, next_kind in (*_boundaries(text), (len(text), "")):
        if at > start:
            yield _Piece(start, at, kind, _weight(text, start, at))
            start = at
        kind = next_kind


def _boundaries(text: str) -> Iterator[tuple[int, str]]:
    """Where the next piece begins: after a mark, but before a word of contrast and before the number of a list item."""
    for match in BOUNDARY.finditer(text):
        kind = str(match.lastgroup)
        if kind != "whole":
            yield (match.start() if kind in ("turn", "item") else match.end()), kind


def _weight(text: str, start: int, end: int) -> int:
    return sum(1 if match.lastgroup else 2 for match in WORDS.finditer(text, start, end))


def _trimmed(text: str, piece: _Piece) -> Clause:
    start, end = piece.start, piece.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Clause(start, end)
