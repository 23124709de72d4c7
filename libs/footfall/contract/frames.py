"""Frames and contracts: conform a frame, check its rows, stop at a broken one. Pure functions of frames."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import BATCH_ID, SEPARATOR, Severity, Table
from footfall.errors import ContractError, listed

INFINITY = float("inf")


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """The frame with the table's declared columns in their order; absent optional columns become NULL.

    Raises ContractError with all faults at once: absent required columns, unknown columns, other types.
    """
    types = {f.name: f.dataType for f in frame.schema.fields}
    declared = {c.name: c for c in table.all_columns if c is not BATCH_ID}
    faults = [f"'{n}' is missing" for n, c in declared.items() if c.required and n not in types]
    faults += [
        f"'{n}' is {types[n].simpleString()}, expected {c.type}"
        for n, c in declared.items()
        if n in types and types[n].simpleString() != c.type
    ]
    faults += [f"'{n}' is not in the contract" for n in types if n not in declared]
    if faults:
        raise ContractError(
            f"table '{table.full_name}' breaks its contract: {listed(faults)}.",
            fix=f"Correct the step or mapping that makes it, or the contract of {table.name} in libs/footfall/tables/.",
        )
    return frame.select(*(F.col(n) if n in types else F.lit(None).cast(c.type).alias(n) for n, c in declared.items()))


def no_rows(beside: DataFrame, table: Table) -> DataFrame:
    """An empty frame of the table's declared columns, in the session of another frame: where nobody serves, no old row stays."""
    return beside.sparkSession.createDataFrame([], table.schema())


def checks(table: Table, severity: Severity = Severity.ERROR) -> dict[str, SparkColumn]:
    """The rules of that severity by name, each as a predicate that is never NULL.

    Required columns are rules too, and that no number is NaN or infinite: NULL is what stands for "no value", and
    readers compare NaN in different ways (to Spark it is the greatest number, delta-rs skips files by statistics
    without it).
    """
    stated = {r.name: F.coalesce(F.expr(r.predicate), F.lit(True)) for r in table.rules if r.severity is severity}
    if severity is not Severity.ERROR:
        return stated
    needed = [c.name for c in table.all_columns if c.required and c is not BATCH_ID]  # that one the lake fills
    required = {f"{name}_required": F.col(name).isNotNull() for name in needed}
    floats = [c for c in table.all_columns if "double" in c.type or "float" in c.type]
    finite = {f"{c.name}_not_finite": _is_finite(F.col(c.name), T.DataType.fromDDL(c.type)) for c in floats}
    return required | finite | stated


def _is_finite(value: SparkColumn, kind: T.DataType) -> SparkColumn:
    """Whether no number in the value is NaN or infinite; never NULL, true of a NULL and of what holds no numbers.

    Lists are looked at by their greatest and least number, which Spark compiles, other than a lambda.
    """
    if isinstance(kind, T.FloatType | T.DoubleType):
        return F.coalesce(F.abs(value) < INFINITY, F.lit(True))  # to Spark NaN is greater than infinity
    if isinstance(kind, T.StructType):
        return _all(_is_finite(value.getField(field.name), field.dataType) for field in kind.fields)
    if isinstance(kind, T.MapType):
        return _is_finite(F.map_values(value), T.ArrayType(kind.valueType))
    if not isinstance(kind, T.ArrayType):
        return F.lit(True)
    element = kind.elementType
    if isinstance(element, T.FloatType | T.DoubleType):
        return _all(_is_finite(end(value), element) for end in (F.array_max, F.array_min))
    if isinstance(element, T.StructType):  # the field of a list of structs is a list
        return _all(_is_finite(value.getField(f.name), T.ArrayType(f.dataType)) for f in element.fields)
    if isinstance(element, T.ArrayType | T.MapType):
        return F.coalesce(F.forall(value, lambda inner: _is_finite(inner, element)), F.lit(True))
    return F.lit(True)


def _all(predicates: Iterable[SparkColumn]) -> SparkColumn:
    return reduce(operator.and_, predicates, F.lit(True))


def keeps(table: Table) -> SparkColumn:
    """Whether a row keeps all error rules."""
    return _all(checks(table).values())


def broken_rules(table: Table) -> SparkColumn:
    """array<string> of the error rules that a row breaks; much more work than `keeps`, so for rows that break one."""
    return names_of([F.when(~kept, F.lit(name)) for name, kept in checks(table).items()])


def names_of(values: list[SparkColumn]) -> SparkColumn:
    """array<string> of the values that are not NULL, none of them empty.

    By text and not by F.filter, whose lambda Spark interprets row by row instead of compiling it; and only where there
    is one, for nearly all rows have none.
    """
    none = F.array().cast("array<string>")
    if not values:
        return none
    is_any = reduce(operator.or_, (value.isNotNull() for value in values))
    names = F.array_remove(F.split(F.concat_ws(SEPARATOR, *values), SEPARATOR), "")
    return F.when(is_any, names).otherwise(none)


def require_sound(frame: DataFrame, table: Table) -> DataFrame:
    """The frame, with a check in the plan that stops the job at the first row that breaks an error rule.

    For computed tables: there a broken rule is a defect of the code, not of somebody's input.
    """
    message = F.concat(F.lit(f"CONTRACT {table.full_name} broken: "), F.array_join(broken_rules(table), ", "))
    first = table.column_names[0]
    stop = F.raise_error(message).cast(table.column(first).type)
    return frame.withColumn(first, F.when(keeps(table), F.col(first)).otherwise(stop))
