"""Texts and wall clocks as instants and days: zones, hours that summer time skips or repeats, open ends. Pure.

A text that names its zone or offset is that instant; a text without one is a wall clock of the zone of its feed. A wall
clock that summer time skips is read with the offset before the change, and of an hour that comes twice the first is taken.
The session's time zone is UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from pyspark.sql import Column
from pyspark.sql import functions as F

# A day, and a time of day with one or two digits each, as Spark's cast takes them.
_DAY = r"^\s*\d{4}-\d{1,2}-\d{1,2}"
_MINUTES = r"[ T]\d{1,2}:\d{1,2}"
_CLOCK = rf"{_MINUTES}(?::\d{{1,2}}(?:\.\d*)?)?"
# Of the short names only those that stand for one zone: Spark takes CST for Chicago, IST for India, BST for Bangladesh.
_ONE_ZONE = "UTC|GMT|UT|UCT|CET|EET|MET|WET|GB|NZ|PRC|ROK|Cuba|Egypt|Eire|Iran|Japan|Libya|Zulu"
_NO_HALF = r"(?![AaPp][Mm]\s*$)"
_SHORT = rf"(?!(?:{_ONE_ZONE})\s*$)[A-Za-z]{{2,5}}\s*$"
_SHORT_NAME = rf"{_DAY}{_CLOCK}\s*{_NO_HALF}{_SHORT}"
# Whatever else stands behind a time of day Spark's cast would read as a zone; what it does not know is NULL there.
_REST = rf"\s*{_NO_HALF}(?!{_SHORT})[^\s\d.:].*"
_ZONED = rf"{_DAY}{_CLOCK}{_REST}$"
_WITHOUT_SECONDS = rf"({_DAY}{_MINUTES})({_REST})$"
_WITHOUT_ZONE = rf"{_DAY}(?:[ T]\d{{1,2}}|{_CLOCK})?\s*$"
NUMBER = r"^\s*[+-]?\d+(?:\.\d+)?\s*$"

FIRST_YEAR, LAST_YEAR = 1970, 2100  # for which hours that summer time skips or repeats are looked for
_LONGEST_CHANGE_S = 3 * 3600
OLDEST_DAY = "DATE'1900-01-01'"
OPEN_END = "DATE'2200-01-01'"  # from here on a date means "for ever", such as 9999-12-31


def has_day(text: Column) -> Column:
    """Whether the text begins with a day: Spark reads digits alone as years, and a time of day as one of today."""
    return F.rlike(text, F.lit(rf"{_DAY}(?!\d)"))


def names_zone(text: Column) -> Column:
    """Whether the text goes on after its day and time of day: with a zone or an offset, or with what is none of both.

    Not where it goes on with AM, PM or a name that several zones have: then its day is known, and its instant is not.
    """
    return F.rlike(text, F.lit(_ZONED))


def names_ambiguous_zone(text: Column) -> Column:
    """Whether the text ends with a short name that several zones have, such as CST."""
    return F.rlike(text, F.lit(_SHORT_NAME))


def zoned_instant(text: Column) -> Column:
    """The instant of a text that names its zone; NULL where it cannot be read."""
    with_seconds = F.regexp_replace(text, F.lit(_WITHOUT_SECONDS), F.lit("$1:00$2"))
    return F.when(names_zone(text), with_seconds.try_cast("timestamp"))


def wall_clock(text: Column) -> Column:
    """The wall clock of a text without a zone, as if it were UTC; NULL where it is none."""
    return F.when(F.rlike(text, F.lit(_WITHOUT_ZONE)), text.try_cast("timestamp"))


def text_instant(text: Column, zone: str) -> Column:
    """The instant of a text; NULL where it cannot be read."""
    return F.coalesce(zoned_instant(text), F.to_utc_timestamp(wall_clock(text), zone))


def text_day(text: Column, zone: str) -> Column:
    """The day of a text: of an instant the day in the zone; NULL where there is none."""
    of_instant = F.to_date(F.from_utc_timestamp(zoned_instant(text), zone))
    return F.when(names_zone(text), of_instant).otherwise(F.when(has_day(text), text.try_cast("date")))


def is_skipped(clock: Column, zone: str) -> Column:
    """Whether summer time skips the hour of this wall clock (given as if it were UTC)."""
    there_and_back = F.from_utc_timestamp(F.to_utc_timestamp(clock, zone), zone)
    return _is_near_change(clock, zone) & (there_and_back != clock)


def is_repeated(clock: Column, zone: str) -> Column:
    """Whether the hour of this wall clock (given as if it were UTC) comes twice."""
    instant = F.to_utc_timestamp(clock, zone)
    later = F.from_utc_timestamp(_plus(instant, F.lit(_LONGEST_CHANGE_S)), zone)
    set_back_s = F.unix_seconds(clock) + _LONGEST_CHANGE_S - F.unix_seconds(later)
    again = F.from_utc_timestamp(_plus(instant, set_back_s), zone)
    return _is_near_change(clock, zone) & (set_back_s > 0) & (again == clock)


def _plus(instant: Column, seconds: Column) -> Column:
    return F.timestamp_micros(F.unix_micros(instant) + seconds.cast("bigint") * 1_000_000)


def _is_near_change(clock: Column, zone: str) -> Column:
    """Whether clocks of the zone ever changed near such a weekday of such a month: most rows need no closer look.

    As few numbers: a thousand days would each be handed to the JVM, which takes a second and more.
    """
    months_and_weekdays = {day.month * 10 + day.weekday() for day in days_of_changes(zone)}
    if not months_and_weekdays:
        return F.lit(False)
    return (F.month(clock) * 10 + F.weekday(clock)).isin(*sorted(months_and_weekdays))


@cache
def days_of_changes(zone: str) -> tuple[date, ...]:
    """The days on which clocks of the zone change, and the days beside them."""
    place = ZoneInfo(zone)
    start, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
    noons = (start + timedelta(days=n, hours=12) for n in range((end - start).days))
    days: set[date] = set()
    before = start.astimezone(place).utcoffset()
    for noon in noons:
        offset = noon.astimezone(place).utcoffset()
        if offset != before:
            days |= {(noon + timedelta(days=n)).date() for n in (-2, -1, 0, 1)}
        before = offset
    return tuple(sorted(days))
