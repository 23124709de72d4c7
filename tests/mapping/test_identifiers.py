"""No mapping hands an identifier on in clear, or takes one from names of files; questions about it, and hashes, may stay."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from footfall.mapping.identifiers import hands_on
from footfall.mapping.source import Feed


def _feed(identifier: str = "lower(mail)", **keys: Any) -> dict[str, Any]:
    columns = {"event_time": "at", "event_type": "'view'", **keys.pop("columns", {})}
    into = {"events": {"actor": {"kind": "mail", "identifier": identifier}, "columns": columns}}
    return {"files": "a.csv", "format": "csv", "into": into, **keys}


@pytest.mark.parametrize(
    "sql",
    [
        "mail",
        "upper(trim(mail))",
        "concat(shop, ':', MAIL)",
        "substr(mail, 1, 5)",
        "coalesce(mail, '')",
        "CAST(`Mail` AS STRING)",
    ],
)
def test_an_identifier_in_clear_is_refused(sql: str) -> None:
    with pytest.raises(ValidationError, match="would hand the identifier on in clear"):
        Feed.model_validate(_feed(columns={"query": sql}))


@pytest.mark.parametrize(
    "sql",
    [
        "sha2(mail, 256)",
        "CASE WHEN mail IS NULL THEN 'store' ELSE 'web' END",
        "mail LIKE '%@bots.example'",
        "email",
        "'mail'",
        "split(mail, '@')[1]",
    ],
)
def test_questions_about_it_and_hashes_of_it_may_stay(sql: str) -> None:
    assert not hands_on(sql, ("lower(mail)",))


def test_a_field_beside_the_identifier_is_none() -> None:
    assert hands_on("user.contact.mail", ("user.contact.mail",))
    assert not hands_on("user.contact.city", ("user.contact.mail",))


def test_the_number_of_an_order_may_be_all_that_a_till_knows() -> None:
    Feed.model_validate(_feed("receipt", columns={"order_id": "receipt"}))
    Feed.model_validate(_feed("visit", columns={"session_key": "visit"}))  # becomes the pseudonym
    Feed.model_validate(_feed("at", columns={"event_time": "CAST(at AS TIMESTAMP_NTZ)"}))  # a time holds none


@pytest.mark.parametrize(
    ("identifier", "keys"), [("mail", {"partitions": ["Mail"]}), ("regexp_extract(_file, '([^/]+)/', 1)", {})]
)
def test_names_of_files_hold_no_identifier(identifier: str, keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="is taken from names of files and folders"):
        Feed.model_validate(_feed(identifier, **keys))
