"""The words that a mapping may hold: names, SQL, zones, patterns. Types and their checks only."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from footfall.tables.raw import WAITING

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


def zone(name: str) -> str:
    """The IANA zone name, if there is such a zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, such as America
        raise ValueError(f"no such time zone: {name} (write an IANA name such as Asia/Shanghai)") from None
    return name


TimeZone = Annotated[str, AfterValidator(zone)]
Sql = Annotated[
    str, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value), Field(min_length=1)
]


def word(value: object) -> object:
    """The value, if YAML read it as text."""
    if not isinstance(value, str):
        raise ValueError("write each word in quotes: YAML reads it as something else than text")  # noqa: TRY004 - pydantic's way
    return value


def with_a_group(pattern: str) -> str:
    """The regular expression, if it is one with a group."""
    try:
        groups = re.compile(pattern).groups
    except re.error as fault:
        raise ValueError(f"not a regular expression ({fault})") from None
    if not groups:
        raise ValueError(r"put the day into brackets, such as dump_(\d{8})")
    return pattern


def below_the_root(pattern: str) -> str:
    """The pattern of a feed's files, if it stays below `sources.root`."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", pattern):
        raise ValueError("write a pattern below `sources.root` (--raw), such as till/*.csv, and no absolute path")
    if ".." in pattern.split("/"):
        raise ValueError(
            "`..` leads out of `sources.root` (--raw); set that folder higher, and write all feeds below it"
        )
    return pattern


def no_own_name(source: str) -> str:
    """The name of a source, if footfall does not use it itself."""
    if source == WAITING:
        raise ValueError(f"{WAITING} is footfall's own name; take another one")
    return source
