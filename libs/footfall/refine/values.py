"""One mapped value in the type of its column: how it is read, and the name of the rule that an unusable one breaks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import Table
from footfall.refine import clocks
from footfall.refine.numbers import is_changed, is_not_finite, plain_number, plain_text, read_number

REPLACEMENT = "\ufffd"  # stands where bytes did not fit the file's encoding


@dataclass(frozen=True)
class MappedValue:
    """One expression of a mapping: its SQL, the type that it yields, the type that the contract wants.

    `zone` is the IANA zone of wall clocks, `read` the column that holds the typed value where it was computed before.
    `between` are the instants between which the time of an event lies. Other times and days, which speak of plans,
    lives and validity, lie after 1899, and from 2200 on they mean "for ever", which is NULL. `decimal` is the sign before
    decimals in text, where the mapping gives one.
    """

    sql: Column
    yields: T.DataType
    wanted: T.DataType
    zone: str
    read: Column | None = None
    between: tuple[Column, Column] | None = None
    decimal: str | None = None

    @property
    def typed(self) -> Column:
        """The value in the wanted type; NULL where it cannot be read."""
        if self.read is not None:
            return self.read
        if isinstance(self.wanted, T.StringType):
            is_floating = isinstance(self.yields, T.FloatType | T.DoubleType)
            text = plain_text(self.sql) if is_floating else self.sql.cast("string")
            return F.nullif(F.trim(text), F.lit(""))
        if self._is_time:
            parsed = self._parsed_time()
            return parsed if self.between else F.when(parsed < F.expr(clocks.OPEN_END), parsed)
        if self.wanted == self.yields:
            return self.sql
        if isinstance(self.wanted, T.NumericType):
            return read_number(self._number, yields=self.yields, wanted=self.wanted)
        return self.sql.try_cast(self.wanted)

    def fault(self, column: str, *, from_text: bool) -> Column | None:
        """Name of the rule that the value breaks, or NULL; None where it cannot break one.

        `from_text` says that the rows were read from text, whose bytes may not fit its encoding.
        """
        if isinstance(self.wanted, T.StringType):
            return self._encoding_fault(column) if from_text else None
        if isinstance(self.wanted, T.NumericType):
            return self._number_fault(column)
        if self._is_time:
            return self._time_fault(column)
        return None if self.wanted == self.yields else F.when(self._is_unreadable(), F.lit(f"{column}_unreadable"))

    def warnings(self, column: str) -> list[Column]:
        """Names of what is worth counting in a valid value, each or NULL."""
        if not self._is_time:
            return []
        warnings: list[Column] = []
        if self.between is None:
            is_open = self.typed.isNull() & (self._parsed_time() >= F.expr(clocks.OPEN_END))
            warnings.append(F.when(is_open, F.lit(f"{column}_open")))
        is_text = isinstance(self.yields, T.StringType)
        if is_text or isinstance(self.yields, T.TimestampNTZType):
            clock = clocks.wall_clock(self.sql) if is_text else self.sql.cast("timestamp")
            if isinstance(self.wanted, T.TimestampType) and clocks.days_of_changes(self.zone):
                is_clock = ~clocks.names_zone(self.sql) if is_text else F.lit(True)
                skipped, repeated = clocks.is_skipped(clock, self.zone), clocks.is_repeated(clock, self.zone)
                warnings.append(F.when(is_clock & skipped, F.lit(f"{column}_in_skipped_hour")))
                warnings.append(F.when(is_clock & repeated, F.lit(f"{column}_in_repeated_hour")))
        return warnings

    @property
    def _is_time(self) -> bool:
        return isinstance(self.wanted, T.TimestampType | T.DateType)

    @property
    def _number(self) -> Column:
        """What is read as a number."""
        is_text = isinstance(self.yields, T.StringType)
        return plain_number(self.sql, self.decimal) if self.decimal and is_text else self.sql

    def _encoding_fault(self, column: str) -> Column:
        return F.when(F.contains(self.sql.cast("string"), F.lit(REPLACEMENT)), F.lit(f"{column}_encoding"))

    def _number_fault(self, column: str) -> Column | None:
        """NaN and the infinities are no numbers to calculate with: one of them spoils every sum that it gets into."""
        not_finite, is_floating = F.lit(f"{column}_not_finite"), isinstance(self.wanted, T.FloatType | T.DoubleType)
        fault: Column | None = None
        if self.wanted != self.yields:
            fault = F.when(self._is_unreadable(), F.lit(f"{column}_unreadable"))
            if isinstance(self.wanted, T.IntegralType):  # a decimal column rounds to its own scale
                changed = is_changed(self._number, self.typed, yields=self.yields, wanted=self.wanted)
                fault = fault if changed is None else fault.when(changed, F.lit(f"{column}_changed_by_type"))
        if is_floating:
            is_no_number = is_not_finite(self.typed)
        elif isinstance(
            self.yields, T.FloatType | T.DoubleType | T.StringType
        ):  # a decimal or whole number is NULL then
            is_no_number = self.typed.isNull() & is_not_finite(self.sql.try_cast("double"))
        else:
            return fault
        return F.when(is_no_number, not_finite) if fault is None else F.when(is_no_number, not_finite).otherwise(fault)

    def _time_fault(self, column: str) -> Column:
        """Of several faults the first: which zone is not known, no point in time at all, one that cannot be."""
        unreadable = self._is_unreadable()
        fault = F.when(F.lit(False), F.lit(""))
        if isinstance(self.yields, T.StringType):
            ambiguous = self.typed.isNull() & clocks.names_ambiguous_zone(self.sql)
            fault = F.when(ambiguous, F.lit(f"{column}_zone_ambiguous"))
        if self.between is None:
            unreadable &= F.coalesce(self._parsed_time() < F.expr(clocks.OPEN_END), F.lit(True))
            is_impossible = self.typed < F.expr(clocks.OLDEST_DAY)
        else:
            is_impossible = (self.typed < self.between[0]) | (self.typed > self.between[1])
        return fault.when(unreadable, F.lit(f"{column}_unreadable")).when(is_impossible, F.lit(f"{column}_plausible"))

    def _is_unreadable(self) -> Column:
        is_text = isinstance(self.yields, T.StringType)
        is_filled = F.trim(self.sql.cast("string")) != "" if is_text else self.sql.isNotNull()
        return is_filled & self.typed.isNull()

    def _parsed_time(self) -> Column:
        """The instant or day that the value says, open ends too."""
        is_day = isinstance(self.wanted, T.DateType)
        if isinstance(self.yields, T.StringType):
            return clocks.text_day(self.sql, self.zone) if is_day else clocks.text_instant(self.sql, self.zone)
        if self.wanted == self.yields:
            return self.sql
        if isinstance(self.yields, T.TimestampType):  # the day of an instant
            return F.to_date(F.from_utc_timestamp(self.sql, self.zone))
        wall_clock = self.sql.try_cast("timestamp")
        return F.to_date(wall_clock) if is_day else F.to_utc_timestamp(wall_clock, self.zone)


def source_values(columns: Mapping[str, str]) -> list[Column]:
    """The value of each target column's expression, under a name of its own: `_value_0`, `_value_1` and so on.

    Numbered names: by a target column's own name, a later expression could refer to it, and not to the source's.
    """
    return [F.expr(sql).alias(name) for name, sql in zip(_names(columns), columns.values(), strict=True)]


def mapped_values(
    rows: DataFrame,
    table: Table,
    columns: Mapping[str, str],
    *,
    zone: str,
    between: tuple[Column, Column],
    decimal: str | None = None,
) -> dict[str, MappedValue]:
    """What becomes of the `source_values` in the rows, by target column; `between` is for the time of an event."""
    yields = {field.name: field.dataType for field in rows.schema.fields}
    return {
        c: MappedValue(
            F.col(name),
            yields[name],
            wanted=T.DataType.fromDDL(table.column(c).type),
            zone=zone,
            between=between if c == "event_time" else None,
            decimal=decimal,
        )
        for c, name in zip(columns, _names(columns), strict=True)
    }


def _names(columns: Mapping[str, str]) -> list[str]:
    return [f"_value_{number}" for number in range(len(columns))]
