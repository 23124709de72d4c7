"""The one spelling of a text, taken before its text_id is hashed and before it is encoded. No torch, no Spark."""

from __future__ import annotations

import unicodedata

import pandas as pd


def normalise_text(texts: pd.Series) -> pd.Series:
    r"""Each text in its one spelling; NULL stays NULL.

    >>> normalise_text(pd.Series([" Ｇｏｏｄ  tea\n", None])).tolist()
    ['Good tea', None]
    """
    return pd.Series([None if pd.isna(text) else normalise(text) for text in texts], index=texts.index, dtype=object)


def normalise(text: str) -> str:
    """NFKC (full-width letters become plain ones), no white space at the ends, one blank for any run of it inside."""
    return " ".join(unicodedata.normalize("NFKC", repaired(text)).split())


def repaired(text: str) -> str:
    """The text with lone surrogates, which no encoding can carry, as U+FFFD; surrogate pairs become their character."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
