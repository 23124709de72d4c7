"""Normalises a text before its text_id is hashed and before it is encoded. No torch, no Spark."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

MARKS_IN_A_ROW = 30
GRAPHEME_JOINER = "\u034f"  # invisible, and no mark is sorted past it
_LONG_RUN = re.compile(rf"[^\w\s]{{{MARKS_IN_A_ROW + 1},}}")  # marks are neither letters nor blanks


def normalise_text(texts: pd.Series) -> pd.Series:
    r"""Each text normalised; NULL stays NULL.

    >>> normalise_text(pd.Series([" Ｇｏｏｄ  tea\n", None])).tolist()
    ['Good tea', None]
    """
    return pd.Series([None if pd.isna(text) else normalise(text) for text in texts], index=texts.index, dtype=object)


def normalise(text: str) -> str:
    """NFKC (full-width letters become plain ones), no white space at the ends, one blank for any run of it inside."""
    return " ".join(unicodedata.normalize("NFKC", stream_safe(repaired(text))).split())


def stream_safe(text: str) -> str:
    """The text with U+034F inserted into runs of combining marks longer than any language has (UAX 15, Stream-Safe Text).

    Normalising sorts such a run in quadratic time in Python: a megabyte of marks would block a task for minutes.
    """
    if len(text) <= MARKS_IN_A_ROW or text.isascii():
        return text
    return _LONG_RUN.sub(lambda match: _broken_up(match[0]), text)


def _broken_up(marks: str) -> str:
    parts, run = [], 0
    for character in marks:
        size = len(unicodedata.normalize("NFKD", character)) if unicodedata.combining(character) else 0
        if run + size > MARKS_IN_A_ROW:
            parts.append(GRAPHEME_JOINER)
            run = 0
        parts.append(character)
        run = run + size if size else 0
    return "".join(parts)


def repaired(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which cannot be encoded; surrogate pairs become their character."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
