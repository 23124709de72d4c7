"""One mapped value in the type of its column: how it is read, and the name of the rule that an unusable one breaks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import Table

HAS_OFFSET = r"(Z|[+-]\d{2}:?\d{2})$"
REPLACEMENT = "\ufffd"  # stands where bytes did not fit the file's encoding
INFINITY = float("inf")


@dataclass(frozen=True)
class MappedValue:
    """One expression of a mapping: its SQL, the type that it yields, the type that the contract wants.

    `zone` is the IANA zone of wall clocks, `read` the column that holds the typed value where it was computed before.
    """

    sql: Column
    yields: T.DataType
    wanted: T.DataType
    zone: str
    read: Column | None = None

    @property
    def typed(self) -> Column:
        """The value in the wanted type; NULL where it cannot be read."""
        if self.read is not None:
            return self.read
        if isinstance(self.wanted, T.StringType):
            return F.nullif(F.trim(self.sql.cast("string")), F.lit(""))
        if self.wanted == self.yields:
            return self.sql
        if isinstance(self.wanted, T.TimestampType):
            return self._instant()
        return self.sql.try_cast(self.wanted)

    def fault(self, column: str, *, from_text: bool) -> Column | None:
        """Name of the rule that the value breaks, or NULL; None where it cannot break one.

        `from_text` says that the rows were read from text, whose bytes may not fit its encoding.
        """
        if isinstance(self.wanted, T.StringType):
            return self._encoding_fault(column) if from_text else None
        if isinstance(self.wanted, T.NumericType):
            return self._number_fault(column)
        return None if self.wanted == self.yields else F.when(self._is_unreadable(), F.lit(f"{column}_unreadable"))

    def _encoding_fault(self, column: str) -> Column:
        return F.when(F.contains(self.sql.cast("string"), F.lit(REPLACEMENT)), F.lit(f"{column}_encoding"))

    def _number_fault(self, column: str) -> Column | None:
        """NaN and the infinities are no numbers to calculate with: one of them spoils every sum that it gets into."""
        not_finite = F.lit(f"{column}_not_finite")
        if isinstance(self.wanted, T.FractionalType) and not isinstance(self.wanted, T.DecimalType):
            is_not_finite = _is_not_finite(self.typed)
        elif isinstance(
            self.yields, T.FloatType | T.DoubleType | T.StringType
        ):  # a decimal or whole number is NULL then
            is_not_finite = self.typed.isNull() & _is_not_finite(self.sql.try_cast("double"))
        else:
            is_not_finite = None
        if self.wanted == self.yields:
            return None if is_not_finite is None else F.when(is_not_finite, not_finite)
        unreadable = F.when(self._is_unreadable(), F.lit(f"{column}_unreadable"))
        return unreadable if is_not_finite is None else F.when(is_not_finite, not_finite).otherwise(unreadable)

    def _is_unreadable(self) -> Column:
        is_text = isinstance(self.yields, T.StringType)
        is_filled = F.trim(self.sql.cast("string")) != "" if is_text else self.sql.isNotNull()
        return is_filled & self.typed.isNull()

    def _instant(self) -> Column:
        """An instant: as it stands where the value carries an offset, else local time of the source's zone."""
        if isinstance(self.yields, T.TimestampType):
            return self.sql
        local = F.to_utc_timestamp(self.sql.try_cast("timestamp"), self.zone)
        if not isinstance(self.yields, T.StringType):
            return local
        return F.when(F.rlike(F.trim(self.sql), F.lit(HAS_OFFSET)), self.sql.try_cast("timestamp")).otherwise(local)


def source_values(columns: Mapping[str, str]) -> list[Column]:
    """The value of each target column's expression, under a name of its own: `_value_0`, `_value_1` and so on.

    Numbered names: by a target column's own name, a later expression could refer to it, and not to the source's.
    """
    return [F.expr(sql).alias(name) for name, sql in zip(_names(columns), columns.values(), strict=True)]


def mapped_values(rows: DataFrame, table: Table, columns: Mapping[str, str], *, zone: str) -> dict[str, MappedValue]:
    """What becomes of the `source_values` in the rows, by target column."""
    yields = {field.name: field.dataType for field in rows.schema.fields}
    return {
        c: MappedValue(F.col(name), yields[name], wanted=T.DataType.fromDDL(table.column(c).type), zone=zone)
        for c, name in zip(columns, _names(columns), strict=True)
    }


def _names(columns: Mapping[str, str]) -> list[str]:
    return [f"_value_{number}" for number in range(len(columns))]


def _is_not_finite(number: Column) -> Column:
    return F.isnan(number) | (F.abs(number) == INFINITY)
