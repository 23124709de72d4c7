"""Which as-of dates a row counts for, as bits of a number, so that rows are not copied for each date. Column functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

MOST_DATES = 60  # bits that a bigint has for them
YEAR = 365  # days of the longest window
BITS, KNOWN_BITS = "bits", "_known_bits"


@dataclass(frozen=True)
class Calendar:
    """At most MOST_DATES as-of dates, earliest first; the cut of a date is its 00:00 in the shop's time zone.

    Bit i of a row's bits stands for date i.
    """

    dates: tuple[date, ...]
    time_zone: str

    @classmethod
    def of(cls, dates: Sequence[date], time_zone: str) -> Calendar:
        """The calendar of these dates, in any order."""
        if not 0 < len(dates) <= MOST_DATES:
            raise ValueError(f"{len(dates)} dates: a calendar has 1 to {MOST_DATES}")
        return cls(tuple(sorted(dates)), time_zone)

    def frame(self, rows: DataFrame) -> DataFrame:
        """Rows (as_of_date, position, bit), in the session of `rows`; positions count from 0."""
        listed = ", ".join(f"(DATE'{day.isoformat()}', {i}, {1 << i}L)" for i, day in enumerate(self.dates))
        return rows.sparkSession.sql(f"SELECT * FROM VALUES {listed} AS calendar (as_of_date, position, bit)")  # noqa: S608 - dates

    @property
    def all_bits(self) -> int:
        """The bits of all dates."""
        return (1 << len(self.dates)) - 1

    def known(self, instant: Column) -> Column:
        """Bits of the dates before whose cut the instant lies; none where it is NULL."""
        return self._from(lambda i: instant < self._cut(self.dates[i]))

    def past(self, day: Column) -> Column:
        """Bits of the dates after the day."""
        return self._from(lambda i: day < F.lit(self.dates[i]))

    def window(self, day: Column, *, days: int) -> Column:
        """Bits of the dates before which the day is one of the last so many."""
        upto = reduce(
            lambda bits, i: F.when(day >= F.lit(self.dates[i] - timedelta(days=days)), (2 << i) - 1).otherwise(bits),
            range(len(self.dates)),
            F.lit(0),
        )
        return self.past(day).bitwiseAND(upto.cast("bigint"))

    def reaches(self, day: Column, *, days: int | None) -> Column:
        """Whether the day is before any date and at most so many days before the first one; files are skipped by it."""
        before = day < F.lit(self.dates[-1])
        return before if days is None else before & (day >= F.lit(self.first(days)))

    def first(self, days: int) -> date:
        """So many days before the first date."""
        return self.dates[0] - timedelta(days=days)

    def _from(self, is_before: Callable[[int], Column]) -> Column:
        """The bits from the first date on of which `is_before` holds: it holds of all later ones."""
        bits = F.lit(0)
        for i in reversed(range(len(self.dates))):
            bits = F.when(is_before(i), self.all_bits & ~((1 << i) - 1)).otherwise(bits)
        return bits.cast("bigint")

    def _cut(self, day: date) -> Column:
        return F.to_utc_timestamp(F.lit(day).cast("timestamp"), self.time_zone)


def people_known(identities: DataFrame, calendar: Calendar) -> DataFrame:
    """The rows of identities, with the bits of the dates just before whose cuts they were held to be true."""
    known = calendar.known(F.col("known_from")).bitwiseAND(F.bitwise_not(calendar.known(F.col("known_to"))))
    columns = ("actor_id", "user_id", "valid_from", "valid_to")
    return identities.select(*columns, known.alias(KNOWN_BITS)).where(f"{KNOWN_BITS} != 0")


def of_people(facts: DataFrame, identities: DataFrame, calendar: Calendar, *, days: int | None = YEAR) -> DataFrame:
    """Facts of the last `days` before any date, with `user_id` and `bits`: the dates before which they were known to be theirs.

    Without `days`, all facts before any date. A fact belongs to the person who its actor was when it happened, as known just
    before the date.
    """
    day = F.col("event_date")
    in_time = calendar.past(day) if days is None else calendar.window(day, days=days)
    bits = in_time.bitwiseAND(calendar.known(F.col("known_at")))
    recent = facts.where(calendar.reaches(day, days=days)).withColumn(BITS, bits)
    return _joined(recent, identities, calendar, instant="event_time")


def days_of_people(activity: DataFrame, identities: DataFrame, calendar: Calendar, *, days: int | None) -> DataFrame:
    """Rows of daily_activity with `user_id` and `bits`, as `of_people`; the start of a day decides whose it is.

    With `days`, those of so many days before the first date, and all later ones.
    """
    day = F.col("event_date")
    bits = calendar.past(day).bitwiseAND(calendar.past(F.col("known_date")))
    begun = F.to_utc_timestamp(day.cast("timestamp"), calendar.time_zone)
    recent = activity.where(calendar.reaches(day, days=days)).withColumns({BITS: bits, "_begun": begun})
    return _joined(recent, identities, calendar, instant="_begun").drop("_begun")


def _joined(rows: DataFrame, identities: DataFrame, calendar: Calendar, *, instant: str) -> DataFrame:
    joined = rows.join(people_known(identities, calendar), "actor_id", "inner")
    theirs = joined.where(f"{instant} >= valid_from AND (valid_to IS NULL OR {instant} < valid_to)")
    bits = F.col(BITS).bitwiseAND(
        F.col(KNOWN_BITS)
    )  # rows without any stay: to test them would work the bits out twice
    return theirs.withColumn(BITS, bits).drop("actor_id", "valid_from", "valid_to", KNOWN_BITS)
