"""The JSON objects of a line of text: delivery streams write several without a line break, or a list of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder

_BLANK = re.compile(r"[ \t\r\n\ufeff]*")
_SEVERAL = r"^\s*\[|\}\s*[\{\[]"
_DECODER = JSONDecoder(parse_float=str, parse_int=str, strict=False)  # only the places of values matter


def may_hold_several() -> str:
    """Pattern of Java of the lines that have to be looked at by `objects_of`; on all others stands one object, or none."""
    return _SEVERAL


def objects_of(line: str) -> list[str]:
    """The texts of the objects of a line, or of a list of objects on it, as they are written.

    Where anything else stands on it, or it breaks off, the line itself is the only one.
    """
    try:
        return list(_objects(line)) or [line]
    except (ValueError, RecursionError):
        return [line]


def _objects(line: str) -> Iterator[str]:
    """Raises ValueError where something else than objects stands on the line."""
    at = _after_blanks(line, 0)
    while at < len(line):
        if line[at] == "[":
            at = _after_blanks(line, at + 1)
            while line[at : at + 1] != "]":
                text, at = _object(line, at)
                yield text
                sign = line[at : at + 1]
                if sign not in {",", "]"}:
                    raise ValueError("a list of objects breaks off")
                at = _after_blanks(line, at + 1) if sign == "," else at
            at = _after_blanks(line, at + 1)
        else:
            text, at = _object(line, at)
            yield text


def _object(line: str, start: int) -> tuple[str, int]:
    """The text of the object that begins there, and where what follows it begins."""
    value, end = _DECODER.raw_decode(line, start)
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 - the text is at fault, no caller
    return line[start:end], _after_blanks(line, end)


def _after_blanks(line: str, start: int) -> int:
    match = _BLANK.match(line, start)
    return match.end() if match else start
