"""What identifies rows of a table, and in what rows with one key are compared; declarations and pure functions of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.steps.sorting import CONFLICT, FEED, FILE, POSITION, SOUND, TAKEN_AT

LINE, LINE_KEY, SOURCE_KEY, KNOWN, ARRIVED = "_line", "line_key", "_source_key", "_known", "arrived"
DIGITS = 30  # to which numbers in names of files are filled up, so that 9.csv comes before 10.csv


@dataclass(frozen=True)
class LineKey:
    """What identifies a line in its order: columns of the table, and names of the source's columns.

    The hash of the latter is kept in the table as `line_key`, since the columns are not.
    """

    columns: tuple[str, ...] = ()
    source: tuple[str, ...] = ()

    def hashed(self) -> Column:
        """The key of a mapped row, as a number; the source's columns are in `_source_key` by then."""
        return hash_of(F.lit(",".join((*self.columns, "", *self.source))), self._values())

    def known(self, existing: DataFrame) -> DataFrame:
        """The table's rows that can have this key, with `_line`."""
        if self.source:
            return existing.where(F.col(LINE_KEY).isNotNull()).withColumn(LINE, F.col(LINE_KEY))
        return existing.withColumn(LINE, self.hashed())

    def _values(self) -> list[str]:
        return [*self.columns, *((SOURCE_KEY,) if self.source else ())]


@dataclass(frozen=True)
class Matching:
    """How rows of one table are matched: by `group`, of an order say, and within it by `line_keys`; without them by `group` alone.

    `number` is the key column that numbers the lines of a group: new ones in the order of `order_by`, columns that are the same
    for all lines with one key, and of `then_by`, which are content; without `order_by` as they came.
    `content` are the columns in which rows with one key are compared; without any, all of them are duplicates but the first.
    `keyed` are feeds that give the number themselves, `latest` those whose conflicts replace a row, `aside` those whose
    conflicts go to quarantine, `in_place` those that are a table, read in place: all that was read at once is one delivery.
    """

    group: tuple[str, ...]
    line_keys: tuple[LineKey, ...] = ()
    number: str = ""
    order_by: tuple[str, ...] = ()
    then_by: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    keyed: tuple[str, ...] = ()
    latest: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    in_place: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether equal rows of a file are several lines, of any feed."""
        return bool(self.line_keys)

    def is_set_aside(self) -> Column:
        """Whether a marked row goes to quarantine since it is in conflict."""
        return F.col(CONFLICT) & F.col(FEED).isin(*self.aside) if self.aside else F.lit(False)

    def known(self, existing: DataFrame) -> DataFrame:
        """The table's rows as those of a batch that came before all others, once for each kind of key."""
        columns = dict.fromkeys((*self.group, *self.order_by, *self.content, *((self.number,) if self.number else ())))
        columns |= {ARRIVED: None} if self.latest and ARRIVED in existing.columns else {}
        frames = [key.known(existing).select(*columns, LINE) for key in self.line_keys] or [existing.select(*columns)]
        rows = reduce(DataFrame.unionByName, frames)
        place = F.col(self.number).cast("long") if self.number else F.lit(0).cast("long")
        return rows.withColumns({SOUND: F.lit(True), KNOWN: F.lit(True), POSITION: place})


def in_natural_order(file: Column) -> Column:
    """The name of a file, so that names sort by the numbers in them: 9.csv before 10.csv."""
    filled = F.regexp_replace(file, r"(\d+)", "0" * DIGITS + "$1")
    return F.regexp_replace(filled, rf"\d*(\d{{{DIGITS}}})", "$1")


def arrived() -> Column:
    """A row's place among those that came, as text in their order: when it was taken, its file, feed and place in the file."""
    moment, place = (
        F.lpad(number.cast("string"), DIGITS, "0") for number in (F.unix_micros(TAKEN_AT), F.col(POSITION))
    )
    return F.concat_ws(" ", moment, in_natural_order(F.col(FILE)), F.col(FEED), place)


def delivery_file(how: Matching) -> Column:
    """The name of what came at once."""
    if not how.in_place:
        return F.col(FILE)
    return F.when(F.col(FEED).isin(*how.in_place), delivery_in_place()).otherwise(F.col(FILE))


def delivery_in_place() -> Column:
    """The same of a table that is read in place: its files are no deliveries, the versions of its change feed are."""
    return F.when(F.startswith(F.col(FILE), F.lit("version ")), F.col(FILE)).otherwise("")


def hash_of(first: Column, columns: Sequence[str]) -> Column:
    """A hash of the values, which NULLs take part in: xxhash64 by itself passes over them."""
    return F.xxhash64(first, *(part for c in columns for part in (F.col(c), F.col(c).isNull())))
