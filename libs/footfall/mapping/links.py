"""What a mapping may say under `links`: which identifiers of a row name the same person. Pure; asks no Spark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Self

from pydantic import Field, model_validator

from footfall.mapping.words import Name, Sql
from footfall.mapping.yaml_file import Closed

WORDS = ("login", "email", "phone", "card", "visitor")  # what identifiers are, the strongest evidence first


class LinkedIdentifier(Closed):
    """One identifier of the row, and its kind as `actor` has it; without one it is called as the word above it."""

    identifier: Sql
    kind: Name | None = None
    country_code: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$")] | None = None


class Links(Closed):
    """Identifiers on one row that name one person, by what they are. Where `withdrawn` holds, the row takes the link back."""

    login: LinkedIdentifier | None = None
    email: LinkedIdentifier | None = None
    phone: LinkedIdentifier | None = None
    card: LinkedIdentifier | None = None
    visitor: LinkedIdentifier | None = None
    withdrawn: Sql | None = None

    @property
    def by_word(self) -> dict[str, LinkedIdentifier]:
        """The identifiers that are given, the strongest first."""
        return {word: linked for word in WORDS if (linked := getattr(self, word))}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.by_word) < 2:
            raise ValueError(f"a link is between two identifiers: give two or more of {', '.join(WORDS)}")
        wrong = [word for word, linked in self.by_word.items() if linked.country_code and word != "phone"]
        if wrong:
            raise ValueError(f"`country_code` is for phone, and stands under {', '.join(wrong)}")
        return self


def normal_sql(word: str, linked: LinkedIdentifier) -> str:
    """The identifier in SQL in the form in which equal ones are written alike; other expressions of it have to yield that form.

    E-mails are in small letters. Phones are `+` and digits where they begin with `+` or `00`, or a country code is given, in
    whose place a leading 0 stands; else digits only.
    """
    if word == "email":
        return f"lower(trim(CAST(({linked.identifier}) AS STRING)))"
    if word != "phone":
        return linked.identifier
    signs = f"regexp_replace(CAST(({linked.identifier}) AS STRING), '[(]0[)]|[^0-9+]', '')"
    world = f"regexp_replace(regexp_replace({signs}, '(?<=.)[+]', ''), '^00', '+')"
    return f"regexp_replace({world}, '^0?(?=[1-9])', '+{linked.country_code}')" if linked.country_code else world


def with_sql(links: Links, change: Callable[[str], str]) -> Links:
    """The links with each expression changed."""
    changed = {w: of.model_copy(update={"identifier": change(of.identifier)}) for w, of in links.by_word.items()}
    return links.model_copy(update={**changed, "withdrawn": links.withdrawn and change(links.withdrawn)})
