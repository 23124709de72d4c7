"""Hides what may name somebody in a text that a person wrote: addresses, numbers, accounts. Pure; reads nothing.

It knows forms, not names: a name written in plain words stays. So masked texts are still personal, and shown only where a
setting says so.
"""

from __future__ import annotations

import re
import unicodedata

HIDDEN = "…"
FORMS = re.compile(
    r"""
      [\w.+-]+@[\w-]+(?:\.[\w-]+)+                     # an e-mail address
    | (?:https?://|www\.)\S+                           # a link, which may carry an account
    | (?<!\w)@[\w.-]{2,}                               # an account
    | (?<!\d)[A-Z]{0,4}[-#]?(?:\+?\d[\s()-]?){5,}\d[Xx]?  # phones, cards, orders, identity and parcel numbers
    """,
    re.VERBOSE | re.ASCII,
)


def masked(text: str) -> str:
    """The text with e-mail addresses, links, accounts and numbers of six digits and more hidden.

    >>> masked("Call 138 0013 8000 or write to li@example.com, order HD-20171203, 15 euros")
    'Call … or write to …, order …, 15 euros'
    """
    plain = "".join(
        map(_folded, text)
    )  # character for character: what is found here lies at the same place in the text
    kept = [0, *(place for found in FORMS.finditer(plain) for place in found.span()), len(text)]
    return HIDDEN.join(text[start:end] for start, end in zip(kept[::2], kept[1::2], strict=True))


def _folded(character: str) -> str:
    """Full-width and other wide forms as the plain ones; the rest as it is."""
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character
