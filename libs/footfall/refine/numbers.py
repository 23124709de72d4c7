"""Numbers in the type that is wanted, and whether that type changes them. Pure functions of columns."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

EXACT = "decimal(38,18)"
# Spark's doubles print 19.99 as 19.989999999999998 after a sum: that is the same number, 0.00035 as 0.0004 is not.
NOISE = 1e-13
INFINITY = float("inf")


def read_number(value: Column, *, yields: T.DataType, wanted: T.DataType) -> Column:
    """The value as a number of the wanted type; NULL where it is none. `5.0` is a whole number; `is_changed` tells of `5.5`."""
    plain = value.try_cast(wanted)
    if isinstance(wanted, T.IntegralType) and isinstance(yields, T.StringType):
        return F.coalesce(plain, value.try_cast(EXACT).try_cast(wanted))
    return plain


def is_changed(value: Column, number: Column, *, yields: T.DataType, wanted: T.DataType) -> Column | None:
    """Whether the number that was read is another than the value; None where it cannot be.

    A decimal may differ by the noise of doubles.
    """
    if isinstance(yields, T.IntegralType):
        return None if isinstance(wanted, T.FractionalType) else value != number
    if isinstance(wanted, T.IntegralType):
        if isinstance(yields, T.StringType):  # most are read as they stand
            return F.when(value.try_cast(wanted).isNull(), value.try_cast(EXACT) != number.cast(EXACT))
        return value != number.cast(yields)
    if isinstance(wanted, T.DecimalType):
        as_written = value.try_cast("double")
        return F.abs(as_written - number.cast("double")) > F.abs(as_written) * NOISE
    return None


def is_not_finite(number: Column) -> Column:
    """Whether a floating number is NaN or an infinity."""
    return F.isnan(number) | (F.abs(number) == INFINITY)
