"""The names and functions that an expression of a mapping uses, read from its text. Pure; asks no Spark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PATTERN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
      | (?P<literal>[rR](?:'[^']*'|"[^"]*")|'(?:\\.|''|[^'\\])*'|"(?:\\.|""|[^"\\])*")
      | `(?P<quoted>(?:``|[^`])*)`
      | (?P<word>\w+)
      | (?P<sign>\S)""",
    re.VERBOSE | re.DOTALL,
)
_CLOCKS = {"now", "current_timestamp", "current_date", "curdate", "current_time", "localtimestamp"}
_CHANCE = {"rand", "random", "randn", "randstr", "uniform", "uuid", "shuffle", "aes_encrypt"}
_PLACES = {
    "monotonically_increasing_id", "spark_partition_id", "input_file_name", "input_file_block_start",
    "input_file_block_length", "current_user", "session_user", "user", "current_catalog", "current_database",
    "current_schema", "current_path", "current_timezone", "version", "reflect", "java_method", "try_reflect",
}  # fmt: skip
_CALLS = _CLOCKS | _CHANCE | _PLACES
# Spark takes these words for functions without brackets too; `user` only where no column has the name.
_BARE = {
    "current_timestamp", "current_date", "current_time", "localtimestamp", "current_user", "session_user",
    "current_catalog", "current_database", "current_schema", "current_path", "_metadata",
}  # fmt: skip
_MOMENTS = re.compile(r"\W*(now|today|tomorrow|yesterday)\b", re.IGNORECASE)
_TIME_TYPES = {"date", "timestamp", "timestamp_ntz", "timestamp_ltz", "time"}
_TIME_CASTS = _TIME_TYPES | {
    "cast", "try_cast", "to_date", "to_timestamp", "to_timestamp_ntz", "to_timestamp_ltz", "try_to_date", "try_to_timestamp",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A word, a name in backticks, a literal or a sign, and where it stands in the expression."""

    kind: str
    text: str
    start: int = 0
    end: int = 0

    @property
    def name(self) -> str:
        """The name in the form in which names are compared; empty for literals and signs."""
        return self.text.casefold() if self.kind in {"word", "quoted"} else ""


_NOTHING = Token("sign", "")


def names_in(sql: str) -> set[str]:
    """Every name in the expression, in one case since Spark resolves names without regard to it; no words of literals."""
    return {token.name for token in tokens_in(sql) if token.name}


def paths_in(sql: str) -> set[tuple[str, ...]]:
    """Every column or field that the expression names, in one case: `User.id` is ("user", "id"). Functions are left out."""
    paths: set[tuple[str, ...]] = set()
    path: tuple[str, ...] = ()
    for before, token, after in _neighbours(sql):
        if token.name:
            path = (*path, token.name) if path and before.text == "." else (token.name,)
            if after.text not in {".", "("}:
                paths.add(path)
        elif token.text != ".":
            path = ()
    return paths


def bare_names_in(sql: str) -> set[str]:
    """The names that stand neither behind a dot nor before a bracket: a column's, or a word's of SQL."""
    return {
        word.name for before, word, after in _neighbours(sql) if word.name and before.text != "." != after.text != "("
    }


def unrepeatable(sql: str) -> str:
    """Why the expression need not give the same value when the row is read again, in words; empty where nothing shows it."""
    tokens = list(tokens_in(sql))
    for i, (before, token, after) in enumerate(_neighbours(sql)):
        if token.kind == "word" and token.name == "select":
            return "a query within an expression reads other rows; a mapping makes one row of each by itself"
        if after.text == "(":
            is_clock = token.name == "unix_timestamp" and [t.text for t in tokens[i + 2 : i + 3]] == [")"]
            if token.name in _CALLS or is_clock:
                return _refusal(f"{token.text}()")
        elif token.kind == "word" and token.name in _BARE and before.text != ".":
            return _refusal(token.text) + f"; where it is a column, write it as `{token.text}` in backticks"
        if token.kind == "literal" and _MOMENTS.match(token.text.lstrip("rR")) and _is_time(tokens, i):
            return _refusal(token.text)
    return ""


def _refusal(function: str) -> str:
    return f"{function} gives another value when the row is read again, and a repeated run must give the same rows"


def _is_time(tokens: list[Token], i: int) -> bool:
    """Whether the literal is read as a date or time: DATE'today', CAST('now' AS ...), 'now'::timestamp."""
    before = tokens[max(i - 2, 0) : i]
    is_cast = len(before) == 2 and before[1].text == "(" and before[0].name in _TIME_CASTS
    is_typed = bool(before) and before[-1].name in _TIME_TYPES
    return is_cast or is_typed or [t.text for t in tokens[i + 1 : i + 3]] == [":", ":"]


def _neighbours(sql: str) -> Iterator[tuple[Token, Token, Token]]:
    tokens = list(tokens_in(sql))
    yield from zip([_NOTHING, *tokens], tokens, [*tokens[1:], _NOTHING], strict=False)


def tokens_in(sql: str) -> Iterator[Token]:
    """The parts of the expression in order, comments and white space left out."""
    for match in _PATTERN.finditer(sql):
        kind = match.lastgroup or "sign"
        if kind != "comment":
            text = match[kind]
            plain = text.replace("``", "`") if kind == "quoted" else text
            yield Token(kind, plain, match.start(), match.end())
