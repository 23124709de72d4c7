"""Calls, casts and conditions within an expression of a mapping, read from its text. Pure; asks no Spark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from footfall.mapping.sql_words import Token, tokens_in

_CLOSED_BY = {"(": ")", "[": "]", "case": "end"}
_CASE_WORDS = {"when", "then", "else"}
_TYPED_LITERALS = {"timestamp", "timestamp_ltz"}


@dataclass(frozen=True)
class Call:
    """A function by its name in small letters, and the SQL of its arguments.

    `cast` (also of try_cast, `::` and TIMESTAMP'...') has the value and the type, `case` the values that it may have, and
    `()` what stands in brackets. `sql` is the whole of it, with the fields and elements that are taken of it.
    """

    name: str
    arguments: tuple[str, ...]
    sql: str


def calls_in(sql: str) -> list[Call]:
    """The outermost calls, in order: those within their arguments are found there."""
    return list(_Calls(sql))


def terms_in(sql: str) -> list[str]:
    """What is added and subtracted at the top of the expression; one term where nothing is."""
    tokens = list(tokens_in(sql))
    ends = [i for i in _at_top(tokens) if tokens[i].text in {"+", "-"} and not _is_arrow(tokens, i)]
    return [part for part in _between(sql, tokens, ends) if part]


def literal_in(sql: str) -> str | None:
    """The text of an expression that is one literal; None of any other."""
    tokens = list(tokens_in(sql))
    if len(tokens) != 1 or tokens[0].kind != "literal":
        return None
    text = tokens[0].text
    if text[0] in "rR":
        return text[2:-1]
    return re.sub(r"\\(.)", r"\1", text[1:-1].replace(text[0] * 2, text[0]))


class _Calls:
    """Goes through an expression from left to right, one operand after the other."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = list(tokens_in(sql))

    def __iter__(self) -> Iterator[Call]:
        i = 0
        while i < len(self._tokens):
            call, i = self._operand(i)
            if call is not None:
                yield call

    def _operand(self, start: int) -> tuple[Call | None, int]:
        """The call that begins there, None where a plain name, value or sign stands there; and where the next operand begins."""
        tokens = self._tokens
        token, end = tokens[start], start + 1
        call: Call | None = None
        if token.kind == "word" and token.name == "case":
            end = _closing(tokens, start) + 1
            call = Call("case", tuple(self._values(start, end)), self._text(start, end))
        elif token.kind == "word" and token.name in _TYPED_LITERALS and self._kind(end) == "literal":
            call = Call("cast", (tokens[end].text, token.text), self._text(start, end + 1))
            end += 1
        elif token.name or token.text == "(":
            while token.name and self._at(end) == "." and self._name(end + 1):
                end += 2
            if token.text == "(" or self._at(end) == "(":
                opens = end - 1 if token.text == "(" else end
                name = "()" if token.text == "(" else tokens[end - 1].name
                end = _closing(tokens, opens) + 1
                call = self._call(name, start, opens, end)
        elif token.kind == "sign" and token.text == "[":
            return None, end  # an element's number, or a list's
        return self._with_what_follows(call, start, end)

    def _with_what_follows(self, call: Call | None, start: int, end: int) -> tuple[Call | None, int]:
        """The operand with the fields and elements that are taken of it, and with the types that it is cast to by `::`."""
        while True:
            before = end
            if self._at(end) == "." and self._name(end + 1):
                end += 2
            elif self._at(end) == "[":
                end = _closing(self._tokens, end) + 1
            elif self._at(end) == self._at(end + 1) == ":":
                of = self._text(start, end)
                kind_end = self._type_end(end + 2)
                call = Call("cast", (of, self._text(end + 2, kind_end)), self._text(start, kind_end))
                end = kind_end
                continue
            if end == before:
                return call, end
            call = call and Call(call.name, call.arguments, self._text(start, end))

    def _call(self, name: str, start: int, opens: int, end: int) -> Call:
        parts = self._parts(opens + 1, end - 1)
        sql = self._text(start, end)
        if name not in {"cast", "try_cast"}:
            return Call(name, tuple(parts), sql)
        inside = self._tokens[opens + 1 : end - 1]
        of_type = [i for i in _at_top(inside) if inside[i].name == "as"]
        return Call("cast", tuple(_between(self._sql, inside, of_type[-1:])), sql)

    def _parts(self, start: int, end: int) -> list[str]:
        """The arguments between two brackets, without the names that they may begin with (`zone => ...`, `x -> ...`)."""
        inside = self._tokens[start:end]
        commas = [i for i in _at_top(inside) if inside[i].text == ","]
        parts = _between(self._sql, inside, commas) if inside else []
        return [_without_name(part) for part in parts]

    def _values(self, start: int, end: int) -> Iterator[str]:
        """What stands behind THEN and ELSE of a CASE."""
        inside = self._tokens[start + 1 : end - 1]
        words = [i for i in _at_top(inside) if inside[i].kind == "word" and inside[i].name in _CASE_WORDS]
        parts = _between(self._sql, inside, words)[1:]
        yield from (p for i, p in zip(words, parts, strict=True) if inside[i].name in {"then", "else"} and p)

    def _type_end(self, start: int) -> int:
        """Where the name of a type ends: `DECIMAL(18, 4)`, `ARRAY<TIMESTAMP>`."""
        end, depth = start + 1, 0
        if self._at(end) == "(":
            return _closing(self._tokens, end) + 1
        while end < len(self._tokens) and (depth or self._at(end) == "<"):
            depth += (self._at(end) == "<") - (self._at(end) == ">")
            end += 1
        return end

    def _text(self, start: int, end: int) -> str:
        last = min(end, len(self._tokens)) - 1
        return self._sql[self._tokens[start].start : self._tokens[last].end] if last >= start else ""

    def _at(self, i: int) -> str:
        return self._tokens[i].text if i < len(self._tokens) and self._tokens[i].kind == "sign" else ""

    def _kind(self, i: int) -> str:
        return self._tokens[i].kind if i < len(self._tokens) else ""

    def _name(self, i: int) -> str:
        return self._tokens[i].name if i < len(self._tokens) else ""


def _closing(tokens: Sequence[Token], opens: int) -> int:
    """Where the bracket or CASE that opens there is closed; the last token where it is not."""
    return next((opens + i for i, depth in enumerate(_depths(tokens[opens:])) if depth == 0), len(tokens) - 1)


def _depths(tokens: Sequence[Token]) -> Iterator[int]:
    """Within how many brackets and CASEs the expression is after each token. A column may be called `end`."""
    open_words: list[str] = []
    for token in tokens:
        word = token.name if token.kind == "word" else token.text if token.kind == "sign" else ""
        if word in _CLOSED_BY:
            open_words.append(word)
        elif open_words and word == _CLOSED_BY[open_words[-1]]:
            open_words.pop()
        yield len(open_words)


def _at_top(tokens: Sequence[Token]) -> Iterator[int]:
    """The tokens that stand within no bracket and no CASE."""
    depths = list(_depths(tokens))
    yield from (i for i, depth in enumerate(depths) if depth == 0 == (depths[i - 1] if i else 0))


def _between(sql: str, tokens: Sequence[Token], ends: Sequence[int]) -> list[str]:
    """The SQL of what stands before, between and behind the tokens at `ends`; empty where nothing does."""
    edges = [-1, *ends, len(tokens)]
    inside = (tokens[a + 1 : b] for a, b in pairwise(edges))
    return [sql[part[0].start : part[-1].end] if part else "" for part in inside]


def _without_name(sql: str) -> str:
    tokens = list(tokens_in(sql))
    arrows = [i for i in _at_top(tokens) if tokens[i].text in {"=", "-"} and _is_arrow(tokens, i)]
    return sql[tokens[arrows[0] + 2].start :] if arrows and arrows[0] + 2 < len(tokens) else sql


def _is_arrow(tokens: Sequence[Token], i: int) -> bool:
    """Whether the sign belongs to `->`, of a function without a name, or to `=>`, behind the name of an argument."""
    is_arrow = i + 1 < len(tokens) and tokens[i + 1].text == ">" and tokens[i + 1].start == tokens[i].end
    return is_arrow and (i == 0 or tokens[i - 1].text != "<")  # `<=>` compares
