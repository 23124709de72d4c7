"""The JSON objects of a line of text: delivery streams write several without a line break, or a list of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder

Fields = dict[str, str | None]  # text as it is, null as None, all other values as they are written
SEVERAL = r"\}\s*[\{\[]"  # of a line that may hold several objects, or one in whose text a brace follows another
_BLANK = re.compile(r"[ \t\r\n\ufeff]*")
_DECODER = JSONDecoder(parse_float=str, parse_int=str, strict=False)  # values are cut out of the text


def objects_of(line: str) -> list[Fields] | None:
    """The fields of the objects of a line, or of a list of objects on it; None where anything else stands there, or it breaks off.

    An empty list has no objects; nothing at all is no list.
    """
    try:
        objects = list(_objects(line))
        return objects if objects or line.strip(" \t\r\n\ufeff") else None
    except (ValueError, RecursionError):
        return None


def _objects(line: str) -> Iterator[Fields]:
    """Raises ValueError where something else than objects stands on the line."""
    at = _after_blanks(line, 0)
    while at < len(line):
        if line[at] == "[":
            at = _after_blanks(line, at + 1)
            while line[at : at + 1] != "]":
                fields, at = _object(line, at)
                yield fields
                at = _next(line, at, "]")
            at = _after_blanks(line, at + 1)
        else:
            fields, at = _object(line, at)
            yield fields


def _object(line: str, start: int) -> tuple[Fields, int]:
    """The fields of the object that begins there, and where what follows it begins."""
    _require(line, start, "{")
    fields: Fields = {}
    at = _after_blanks(line, start + 1)
    while line[at : at + 1] != "}":
        _require(line, at, '"')
        name, end = _DECODER.raw_decode(line, at)
        colon = _after_blanks(line, end)
        _require(line, colon, ":")
        begin = _after_blanks(line, colon + 1)
        value, end = _DECODER.raw_decode(line, begin)
        is_text = isinstance(value, str) and line[begin] == '"'
        fields[name] = value if is_text or value is None else line[begin:end]
        at = _next(line, _after_blanks(line, end), "}")
    return fields, _after_blanks(line, at + 1)


def _next(line: str, at: int, last: str) -> int:
    """Where the next value begins, or the sign stands that ends them."""
    if line[at : at + 1] == last:
        return at
    _require(line, at, ",")
    begin = _after_blanks(line, at + 1)
    if line[begin : begin + 1] == last:
        raise ValueError("a value is missing")
    return begin


def _require(line: str, at: int, sign: str) -> None:
    if line[at : at + 1] != sign:
        raise ValueError(f"no {sign} here")


def _after_blanks(line: str, start: int) -> int:
    match = _BLANK.match(line, start)
    return match.end() if match else start
