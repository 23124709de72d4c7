"""Kinds of values that settings may have: shares, counts, days, texts that are filled. Declarations only."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

Share = Annotated[float, Field(ge=0, le=1, strict=False)]
Count = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=0, le=3650)]  # ten years: a greater number of days is a slip, and dates would overflow
SomeDays = Annotated[int, Field(ge=1, le=3650)]


def filled(value: str) -> str:
    """The text, if there is one."""
    if not value.strip():
        raise ValueError("the value is empty; write one, or leave the key out to take that of conf/base.yaml")
    return value


def _day(value: object) -> object:
    """The day of an ISO date, as settings hold it that travel to a cluster."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("write a day such as 2015-01-31") from None


def file_path(value: str) -> str:
    """The path or URI, if it ends with the name of a file."""
    if value.endswith("/") or PurePath(value).name in {"", ".."}:
        raise ValueError("this is a folder; write the path of a file, such as build/report/index.html")
    return value


def address(value: str) -> str:
    """The URI, if it can be parsed."""
    try:
        parts = urlsplit(value)
        is_whole = parts.port is not None or bool(parts.hostname) or parts.scheme not in {"http", "https"}
    except ValueError as fault:
        raise ValueError(f"this is no address: {str(fault).lower()}") from None
    if not is_whole:
        raise ValueError("this address names no server; write one such as https://mlflow.example.com")
    return value


Filled = Annotated[str, AfterValidator(filled)]
Day = Annotated[date, BeforeValidator(_day)]
