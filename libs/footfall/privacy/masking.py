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
    plain = [unicodedata.normalize("NFKC", character) for character in text]  # full-width forms and ligatures
    places = [
        place for place, form in enumerate(plain) for _ in form
    ]  # in the text, of each character of the plain forms
    spans = [match.span() for match in FORMS.finditer("".join(plain))]
    kept = [0, *(place for start, end in spans for place in (places[start], places[end - 1] + 1)), len(text)]
    return HIDDEN.join(text[start:end] for start, end in zip(kept[::2], kept[1::2], strict=True))
