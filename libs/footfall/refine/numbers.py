"""Numbers in the type that is wanted, and whether that type changes them. Pure functions of columns."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

EXACT = "decimal(38,18)"
# Spark's doubles print 19.99 as 19.989999999999998 after a sum: that is the same number, 0.00035 as 0.0004 is not.
NOISE = 1e-13
INFINITY = float("inf")
# A cast of text to a floating number reads what Java writes in its code too: 5d and 5f are 5, 0x1p3 is 8.
_OF_JAVA = r"(?i)\d\.?[df]\s*$|^\s*[+-]?0x"


def plain_number(text: Column, decimal: str) -> Column:
    """The text of a number as Spark reads it, where `decimal` stands before its decimals and the other sign groups thousands.

    NULL where the text is no such number: groups have three digits.
    """
    group = "." if decimal == "," else ","
    pattern = rf"^\s*[+-]?(?:\d{{1,3}}(?:\{group}\d{{3}})+|\d+)(?:\{decimal}\d+)?\s*$"
    plain = F.replace(F.replace(text, F.lit(group), F.lit("")), F.lit(","), F.lit("."))
    return F.when(F.rlike(text, F.lit(pattern)), plain)


def plain_text(value: Column) -> Column:
    """The value as text; of a floating number without decimals as that of a whole one: 17.0 and 17 are one customer."""
    text = value.cast("string")
    whole = text.try_cast("decimal(38,0)")
    is_whole = F.typeof(value).isin("double", "float") & (whole.cast("double") == text.try_cast("double"))
    return F.when(is_whole, whole.cast("string")).otherwise(text)


def read_number(value: Column, *, yields: T.DataType, wanted: T.DataType) -> Column:
    """The value as a number of the wanted type; NULL where it is none. `5.0` is a whole number; `is_changed` tells of `5.5`."""
    plain = value.try_cast(wanted)
    if isinstance(wanted, T.FloatType | T.DoubleType) and isinstance(yields, T.StringType):
        return F.when(~F.rlike(value, F.lit(_OF_JAVA)), plain)
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
