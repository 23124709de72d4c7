"""Wraps the prose of a generated page; tables and code stay as they are. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

WIDTH = 120


def wrapped(page: str) -> str:
    """The page with every line of prose of at most 120 characters; a list item goes on below its text.

    >>> print(wrapped("- " + "word " * 30), end="")
    - word word word word word word word word word word word word word word word word word word word word word word word
      word word word word word word word
    """
    return "\n".join(_lines(page)) + "\n"


def _lines(page: str) -> Iterator[str]:
    is_code = False
    for line in page.rstrip("\n").split("\n"):
        is_code ^= line.startswith("```")
        if is_code or len(line) <= WIDTH or line.startswith(("|", "#")):
            yield line
        else:
            indent = "  " if line.startswith("- ") else ""
            yield from textwrap.wrap(
                line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
