"""Whether features as of a date can exist: something happened before it, and was known before it. Pure, but for one row collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import DataError
from footfall.tables import COUPON_REDEMPTIONS, DAILY_ACTIVITY, EVENTS, ORDER_LINES, REFUND_LINES, REVIEWS

COUNTED = (ORDER_LINES, REFUND_LINES, EVENTS, COUPON_REDEMPTIONS, REVIEWS)  # the facts that daily_activity sums
FIRST_LOAD = (
    "for a first load of old files give such a feed `known: {delay: 0 hours}`, and load the logs into a new lake"
)


@dataclass(frozen=True)
class FirstDays:
    """The first day of daily_activity, and the first on which something had happened and was known; None where it is empty."""

    happened: date | None
    known: date | None


def first_days(activity: DataFrame) -> FirstDays:
    """The first days of rows of daily_activity."""
    happened, known = activity.agg(F.min("event_date"), F.min(F.greatest("event_date", "known_date"))).collect()[0]
    return FirstDays(happened, known)


def require_activity_before(as_of: date, first: FirstDays, *, feeds: Mapping[str, bool]) -> None:
    """Raises DataError unless something happened and was known before the as-of date.

    `feeds` are the feeds that bring what daily_activity sums: name -> whether the mapping declares `known`.
    """
    name = DAILY_ACTIVITY.full_name
    if not feeds:
        tables = ", ".join(table.name for table in COUNTED)
        raise DataError(
            f"no features as of {as_of}: no source of this shop says what people did.",
            fix=f"Map a log with an `actor` into one of {tables}; or run only stages that need no people, such as --stages ingest,refine.",
        )
    if first.happened is None or first.known is None:
        raise DataError(
            f"no features as of {as_of}: {name} is empty.",
            fix="Ingest and refine order lines or events first; raw.quarantine holds the rows that were set aside, with the reasons.",
        )
    if first.happened >= as_of:
        raise DataError(
            f"no features as of {as_of}: the first day in {name} is {first.happened}.",
            fix=f"Give --as-of a day after {first.happened}, or ingest older logs.",
        )
    if first.known >= as_of:
        raise DataError(
            f"no features as of {as_of}: what happened since {first.happened} was not known before {first.known}. "
            f"{without_known(feeds)}",
            fix=f"Give --as-of a day after {first.known}; or {FIRST_LOAD}.",
        )


def warning_before(dates: Sequence[date], first: FirstDays, *, feeds: Mapping[str, bool], has_consents: bool) -> str:
    """As `warning_of`, once it is sure that features as of the last date, the current one, can exist.

    Raises DataError where they cannot, unless the shop has consents. Then it may be that nobody consents any more, and what is
    kept of those who withdrew has to go, so that this is a warning too.
    """
    try:
        require_activity_before(dates[-1], first, feeds=feeds)
    except DataError as fault:
        if not (has_consents and feeds):
            raise
        why = "Of people who do not consent to analytics nothing is counted (docs/consent.md)."
        return f"{fault.what} {why} Fix, where people do consent: {fault.fix}"
    return warning_of(dates, first, feeds=feeds)


def unknown_dates(dates: Sequence[date], first: FirstDays) -> list[date]:
    """The dates before which something happened, but nothing was known: features as of them have no rows."""
    if first.happened is None or first.known is None:
        return []
    return [day for day in dates if first.happened < day <= first.known]


def warning_of(dates: Sequence[date], first: FirstDays, *, feeds: Mapping[str, bool]) -> str:
    """What the `unknown_dates` mean, in words; empty where there are none."""
    unknown = unknown_dates(dates, first)
    if not unknown:
        return ""
    days = ", ".join(day.isoformat() for day in unknown)
    return (
        f"no features as of {days}, so no model learns from these dates: what happened since {first.happened} was not known "
        f"before {first.known}. {without_known(feeds)} Fix: {FIRST_LOAD}."
    )


def without_known(feeds: Mapping[str, bool]) -> str:
    """Which feeds declare no `known`, in a sentence."""
    names = [name for name, has_known in feeds.items() if not has_known]
    if not names:
        return "The `known` of the mappings declares so long a delay."
    return f"No `known` in the mapping of {', '.join(names)}: such rows count as known from when they are taken."
