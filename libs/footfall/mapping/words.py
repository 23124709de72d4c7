"""The words that a mapping may hold: names, SQL, zones, patterns. Types and their checks only."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from footfall.mapping.yaml_file import COMMAS
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


def sql_text(value: object) -> object:
    """A number as text; refuses nothing at all, and `no`, `yes`, `on` and `off`, which YAML reads as true or false."""
    if isinstance(value, bool):
        words = 'read by YAML as true or false; for a column of that name put it in quotes: "no"'
        raise ValueError(words)  # noqa: TRY004 - pydantic's way
    if value is None:
        raise ValueError(f"nothing stands here; {COMMAS}")
    return str(value) if isinstance(value, int | float) else value


Sql = Annotated[str, BeforeValidator(sql_text), Field(min_length=1)]


def word(value: object) -> object:
    """The value, if YAML read it as text."""
    if not isinstance(value, str):
        raise ValueError("write each word in quotes: YAML reads it as something else than text")  # noqa: TRY004 - pydantic's way
    return value


SourceName = Annotated[str, BeforeValidator(word), Field(min_length=1)]  # of a column, or of a field below one


def java_fault(pattern: str) -> str:
    """What of the regular expression Python knows and Java, which reads it in Spark, does not; empty where nothing is."""
    if construct := re.search(r"\(\?(?:P[<=>]|\(|#)", pattern):
        return f"`{construct[0]}` is Python's, and Spark reads patterns as Java does: brackets without a name count as groups"
    return ""


def with_a_group(pattern: str) -> str:
    """The regular expression, if it is one with a group."""
    try:
        groups = re.compile(pattern).groups
    except re.error as fault:
        raise ValueError(f"not a regular expression ({fault})") from None
    if fault_of_java := java_fault(pattern):
        raise ValueError(fault_of_java)
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
