"""Fields of columns that hold JSON as text, within the expressions of a mapping: `props.sku` reads what the text has there. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from footfall.mapping.sql_words import Token, tokens_in

_SIMPLE = re.compile(r"\w+")
_WRITTEN = re.compile(r"get_json_object\((\w+|`(?:``|[^`])*`), '\$((?:\.\w+|\[\d+\]|\[\\'(?:[^'\\])*\\'\])+)'\)")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[\\'([^'\\]*)\\'\]")


def with_json_paths(sql: str, others: Collection[str]) -> str:
    """The expression with `get_json_object(props, '$.sku')` for `props.sku`; heads of paths that are among `others` stay.

    `others` are columns that are no text, in one case of letters. Parameters of lambda functions stay too.
    """
    tokens = list(tokens_in(sql))
    plain = {*others, *_parameters(tokens)}
    parts, end, i = [], 0, 0
    while i < len(tokens):
        last, path = _path(tokens, i)
        if path and tokens[i].name not in plain and (i == 0 or tokens[i - 1].text != "."):
            head = sql[tokens[i].start : tokens[i].end]
            parts += [sql[end : tokens[i].start], f"get_json_object({head}, '${path}')"]
            end = tokens[last].end
        i = last + 1
    return "".join([*parts, sql[end:]])


def below(column: str, path: str) -> str:
    """What stands below a column of JSON text, in SQL: `path` is what a person writes behind its name, such as `.id` or nothing."""
    _, steps = _path(list(tokens_in(f"_{path}")), 0)
    return f"get_json_object({column}, '${steps}')" if steps else f"{column}{path}"


def without_json_paths(sql: str) -> str:
    """The expression as a person writes it: `props.sku` for `get_json_object(props, '$.sku')`."""

    def path(match: re.Match[str]) -> str:
        steps = (
            f".{name}" if name else f"[{place}]" if place else f".`{quoted.replace('`', '``')}`"
            for name, place, quoted in _STEP.findall(match[2])
        )
        return match[1] + "".join(steps)

    return _WRITTEN.sub(path, sql)


def _parameters(tokens: list[Token]) -> Iterator[str]:
    """The names in front of each arrow: those of lambda functions."""
    for i in range(1, len(tokens) - 1):
        if tokens[i].text != "-" or tokens[i + 1].text != ">":
            continue
        before = i - 1
        if tokens[before].text != ")":
            yield tokens[before].name
            continue
        while before >= 0 and tokens[before].text != "(":
            yield tokens[before].name
            before -= 1


def _path(tokens: list[Token], i: int) -> tuple[int, str]:
    """The number of the last token of the path that begins there, and its steps in JSON's notation; empty where there is none."""
    if not tokens[i].name or tokens[i].text[:1].isdigit():
        return i, ""
    path, last = "", i
    while True:
        signs = [token.text for token in tokens[last + 1 : last + 4]]
        step = tokens[last + 2] if len(signs) > 1 else None
        if step and signs[0] == "." and step.name:
            path, last = path + _named(step.text), last + 2
        elif step and len(signs) == 3 and signs[0] == "[" and signs[2] == "]" and step.text.isdigit():
            path, last = f"{path}[{step.text}]", last + 3
        elif step and len(signs) == 3 and signs[0] == "[" and signs[2] == "]" and step.kind == "literal":
            path, last = path + _named(step.text[1:-1]), last + 3
        else:
            is_call = signs[:1] == ["("]
            return last, "" if is_call or "?" in path else path


def _named(name: str) -> str:
    """One step by name; `?` where JSON's notation cannot write it."""
    if _SIMPLE.fullmatch(name):
        return f".{name}"
    return "?" if re.search(r"['?\\]", name) else f"[\\'{name}\\']"
