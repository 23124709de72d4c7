"""Where a record of a CSV file begins and ends, as RFC 4180 has it. Pure; the patterns mean the same to Python and to Java."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

MOST_SIGNS = 1 << 20  # of a value that goes over several lines
BLANKS = "".join(map(chr, range(33)))  # what Spark takes for white space: a line of it alone is no row
_ESCAPES = {"t": "\t", "b": "\b", "f": "\f", "r": "\r", "n": "\n"}
_END = r"(?![\s\S])"


@dataclass(frozen=True)
class Grammar:
    """How values of a line are told apart. `quote` may be empty: then a quote is a sign like any other.

    Where `escape` is the quote itself, two quotes within quotes are one; else the sign after an escape counts as itself.
    All patterns are anchored at both ends of what they are looked for in, without its line break.
    """

    separator: str = ","
    quote: str = '"'
    escape: str = '"'
    blanks_before: bool = False
    blanks_after: bool = False

    @property
    def sound(self) -> str:
        """Pattern of a line that is whole by itself: values between separators, quotes only around them or within unquoted ones."""
        return f"^{self._field}(?:{self._separator}{self._field})*+{_END}"

    @cached_property
    def is_sound(self) -> re.Pattern[str]:
        """`sound`, compiled."""
        return re.compile(self.sound)

    @cached_property
    def opens(self) -> re.Pattern[str]:
        """A line whose last value is in quotes that do not end on it."""
        return re.compile(f"(?:{self._field}{self._separator})*+{self._before}{self._open}{_END}")

    @cached_property
    def stays(self) -> re.Pattern[str]:
        """A line within quotes that do not end on it."""
        return re.compile(f"{self._inside}{self._split_escape}{_END}")

    @cached_property
    def reopens(self) -> re.Pattern[str]:
        """A line on which quotes end, and the last value is in others that do not."""
        return re.compile(f"{self._rest}{self._separator}{self._before}{self._open}{_END}")

    @cached_property
    def closes(self) -> re.Pattern[str]:
        """A line on which quotes end, and which is sound from there on."""
        return re.compile(f"{self._rest}{_END}")

    def values(self, record: str) -> list[str]:
        """The values of a record, without the quotes around them; one that is not sound is cut at its separators."""
        pieces, at = [], 0
        while True:
            match = self._piece.match(record, at)
            if match is None:
                return record.split(self.separator)
            pieces.append(self._value(match[0]))
            at = match.end()
            if not record.startswith(self.separator, at):
                return pieces if at == len(record) else record.split(self.separator)
            at += len(self.separator)

    def _value(self, piece: str) -> str:
        value = piece
        if self.blanks_before:
            value = value.lstrip(BLANKS)
        if self.blanks_after:
            value = value.rstrip(BLANKS)
        if not (self.quote and value.startswith(self.quote)):
            return value
        inner = value[1:-1]
        if self.escape == self.quote:
            return inner.replace(self.quote * 2, self.quote)
        return re.sub(f"{self._escape}([\\s\\S])", r"\1", inner) if self.escape else inner

    @cached_property
    def _piece(self) -> re.Pattern[str]:
        return re.compile(self._field)

    @property
    def _separator(self) -> str:
        return re.escape(self.separator)

    @property
    def _quote(self) -> str:
        return re.escape(self.quote)

    @property
    def _escape(self) -> str:
        return re.escape(self.escape)

    @property
    def _before(self) -> str:
        return r"[ \t]*+" if self.blanks_before else ""

    @property
    def _split_escape(self) -> str:
        """An escape may stand right before the line break."""
        return f"(?:{self._escape})?+" if self.escape not in {"", self.quote} else ""

    @property
    def _inside(self) -> str:
        if self.escape == self.quote:
            return f"(?:[^{self._quote}]++|{self._quote}{self._quote})*+"
        if not self.escape:
            return f"[^{self._quote}]*+"
        return rf"(?:[^{self._quote}{self._escape}]++|{self._escape}[\s\S])*+"

    @property
    def _open(self) -> str:
        return f"{self._quote}{self._inside}{self._split_escape}"

    @property
    def _rest(self) -> str:
        after = r"[ \t]*+" if self.blanks_after else ""
        return f"{self._inside}{self._quote}{after}(?:{self._separator}{self._field})*+"

    @property
    def _field(self) -> str:
        is_single = len(self.separator) == 1
        unquoted = f"[^{self._separator}]*+" if is_single else rf"(?:(?!{self._separator})[\s\S])*+"
        if not self.quote:
            return unquoted
        after = r"[ \t]*+" if self.blanks_after else ""
        quoted = f"{self._before}{self._quote}{self._inside}{self._quote}{after}"
        return f"(?:{quoted}|(?!{self._before}{self._quote}){unquoted})"


def grammar_of(options: Mapping[str, str]) -> Grammar:
    """The grammar that a mapping's reader options of CSV stand for."""
    quote = options.get("quote", '"')
    return Grammar(
        separator=_plain(options.get("sep", options.get("delimiter", ","))),
        quote=quote,
        escape=options.get("escape", quote),
        blanks_before=options.get("ignoreLeadingWhiteSpace", "").lower() == "true",
        blanks_after=options.get("ignoreTrailingWhiteSpace", "").lower() == "true",
    )


def _plain(separator: str) -> str:
    r"""The separator as Spark reads it: `\t` of two signs is a tab."""
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), separator)


@dataclass(frozen=True)
class _Line:
    text: str
    end: str  # the line break after it


def records(lines: Iterable[str], grammar: Grammar, *, width: int = 0) -> Iterator[tuple[str, bool]]:
    r"""The records of a file, each as text, and whether it is broken. `lines` are in order, without the `\n` between them.

    Lines are joined where a value in quotes goes over them, if the record has `width` values then (0: any number). A quote
    that nothing closes within MOST_SIGNS, or that text follows, breaks the line on which it opens, and no other. Lines of
    white space alone are left out, unless they are in quotes.
    """
    rest, ahead = _lines(lines), deque[_Line]()
    while (line := ahead.popleft() if ahead else next(rest, None)) is not None:
        if not line.text.strip(BLANKS):
            continue
        if not grammar.quote or grammar.is_sound.match(line.text):
            yield line.text, False
        elif grammar.opens.match(line.text) and (record := _joined(line, ahead, rest, grammar, width)):
            yield record, False
        else:
            yield line.text, True


def _joined(first: _Line, ahead: deque[_Line], rest: Iterator[_Line], grammar: Grammar, width: int) -> str:
    """The record that begins with this line, its other lines being taken away; empty where its quotes do not close."""
    parts, signs = [first.text, first.end], len(first.text)
    for number in range(MOST_SIGNS):
        if number == len(ahead):
            line = next(rest, None)
            if line is None:
                return ""
            ahead.append(line)
        line = ahead[number]
        parts.append(line.text)
        signs += len(line.text) + 1
        if signs > MOST_SIGNS:
            return ""
        if grammar.closes.match(line.text):
            record = "".join(parts)
            if width and len(grammar.values(record)) != width:
                return ""
            for _ in range(number + 1):
                ahead.popleft()
            return record
        if not (grammar.stays.match(line.text) or grammar.reopens.match(line.text)):
            return ""
        parts.append(line.end)
    return ""


def _lines(lines: Iterable[str]) -> Iterator[_Line]:
    r"""The lines with their breaks: `\r\n`, `\n`, or a `\r` by itself."""
    for line in lines:
        *pieces, last = line.split("\r")
        if not pieces:
            yield _Line(last, "\n")
            continue
        yield from (_Line(piece, "\r") for piece in pieces[:-1])
        if last:
            yield _Line(pieces[-1], "\r")
            yield _Line(last, "\n")
        else:
            yield _Line(pieces[-1], "\r\n")
