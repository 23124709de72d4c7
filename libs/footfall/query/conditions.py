"""One condition on a column, with a value of the column's own type: 6, 6.0 and Decimal("6") say the same. Pure."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from footfall.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.compute import Expression

Condition = tuple[str, str, Any]  # column; one of OPERATORS; value
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "in", "not in")

_ACCEPTED = {
    "number": "an int, a float or a Decimal",
    "date": "a date, or a datetime without offset",
    "time": "a datetime with offset, such as datetime(2018, 1, 1, tzinfo=UTC)",
    "text": "a str",
    "truth": "True or False",
    "other": "None only, by in or not in",
}


def exact(condition: Condition, kind: pa.DataType) -> Condition:
    """The same condition with a value that a column of that type can hold.

    `amount > 0.00005` becomes `amount >= 0.0001` where amounts have four places. Raises DataError where the value is of
    another kind than the column.
    """
    column, operator, value = condition
    if operator in {"in", "not in"}:
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            raise _misfit(condition, kind, f"`{operator}` needs a list or a set", "a list of values")
        bounds = [(None, None) if v is None else _bounds(v, condition, kind) for v in value]
        return column, operator, [low for low, high in bounds if _is_held(low, high)]
    if value is None:
        instead = "in" if operator == "=" else "not in"
        raise DataError(
            f"filters: {shown(condition)}: a comparison with None holds for no row.",
            fix=f'Write ("{column}", "{instead}", [None]).',
        )
    low, high = _bounds(value, condition, kind)
    if _is_held(low, high):
        return column, operator, low
    if operator in {"=", "!="}:  # no row is equal to it
        return (column, "in", []) if operator == "=" else (column, "not in", [None])
    bound, rounded = (low, "<=") if operator in {"<", "<="} else (high, ">=")
    return (column, "in", []) if bound is None else (column, rounded, bound)


def as_expression(condition: Condition, kind: pa.DataType) -> Expression:
    """An exact condition as an expression of Arrow; a null passes only `not in`, and `in` a list with None."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column, operator, value = condition
    field = pc.field(column)
    if operator in {"in", "not in"}:
        values = [v for v in value if v is not None]
        is_in = field.isin(pa.array(values, kind)) if values else pc.scalar(False)
        is_in = is_in | field.is_null() if len(values) < len(value) else is_in
        return is_in if operator == "in" else ~is_in
    try:
        scalar = pa.scalar(value, kind)
    except pa.ArrowInvalid as fault:
        raise _misfit(condition, kind, str(fault), _ACCEPTED[_sort_of(kind)]) from fault
    compare = {"=": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
    return getattr(field, compare[operator])(scalar)


def shown(value: object) -> str:
    """A value for a message, shortened where it is long."""
    return reprlib.repr(value)


def _is_held(low: Any, high: Any) -> bool:
    """Whether the bounds of a value are the value itself."""
    return low is high or bool(low == high)


def _bounds(value: Any, condition: Condition, kind: pa.DataType) -> tuple[Any, Any]:
    """The greatest value of the type that is not above `value`, and the least that is not below it; None where there is none.

    Both are the value where the type holds it.
    """
    import pyarrow as pa

    if type(value).__module__ == "numpy":
        value = value.astype("datetime64[us]").item() if value.dtype.kind == "M" else value.item()
    sort = _sort_of(kind)
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if sort == "number" and is_number:
        if not pa.types.is_floating(kind):
            return _number_bounds(value, condition, kind)
        return _float_bounds(value, condition, kind)
    is_date = isinstance(value, date) and value == value  # pandas' NaT is a date that equals nothing
    if sort == "date" and is_date:
        if not isinstance(value, datetime):
            return value, value
        if value.tzinfo is None:
            return _date_bounds(value)
    if sort == "time" and is_date:
        moment = value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
        if (moment.tzinfo is None) == (kind.tz is None):
            return moment, moment
    if (sort == "text" and isinstance(value, str)) or (sort == "truth" and isinstance(value, bool)):
        return value, value
    raise _misfit(condition, kind, f"{value!r} cannot be compared with that", _ACCEPTED[sort])


def _float_bounds(value: float | Decimal, condition: Condition, kind: pa.DataType) -> tuple[float, float]:
    try:
        number = float(value)
    except OverflowError:
        raise _misfit(condition, kind, "the number is too great", "a number below 1e308") from None
    return number, number


def _number_bounds(value: float | Decimal, condition: Condition, kind: pa.DataType) -> tuple[Any, Any]:
    """For whole numbers and decimals; a float means what Python shows: 0.1 is one tenth."""
    import pyarrow as pa

    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if number.is_nan():
        raise _misfit(condition, kind, "NaN is no number to compare with", _ACCEPTED["number"])
    is_decimal = pa.types.is_decimal(kind)
    cast = Decimal if is_decimal else int
    with localcontext(prec=80):  # exact for all that Arrow holds
        unit = Decimal(1).scaleb(-kind.scale) if is_decimal else Decimal(1)
        greatest = (10**kind.precision - 1) * unit if is_decimal else Decimal(2 ** (kind.bit_width - 1) - 1)
        least = -greatest if is_decimal else -greatest - 1
        if number > greatest:
            return cast(greatest), None
        if number < least:
            return None, cast(least)
        low, high = (number.quantize(unit, rounding) for rounding in (ROUND_FLOOR, ROUND_CEILING))
    return cast(low), cast(high)


def _date_bounds(moment: datetime) -> tuple[date, date | None]:
    """A day counts as its midnight."""
    day = moment.date()
    if moment.time() == time():
        return day, day
    return day, None if day == date.max else day + timedelta(days=1)


def _sort_of(kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    if pa.types.is_boolean(kind):
        return "truth"
    return "date" if pa.types.is_date(kind) else "time" if pa.types.is_timestamp(kind) else "other"


def _misfit(condition: Condition, kind: pa.DataType, fault: str, accepted: str) -> DataError:
    column, _, _ = condition
    return DataError(f"filters: {shown(condition)}: {column} is {kind}; {fault}.", fix=f"Give {accepted}.")
