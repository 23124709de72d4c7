"""Frames and contracts: conform a frame, check its rows, stop at a broken one. Pure functions of frames."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import cache, reduce

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import BATCH_ID, SEPARATOR, Severity, Table
from footfall.contract.ddl import literal
from footfall.errors import ContractError, listed


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
    return {name: F.expr(predicate) for name, predicate in _predicates(table, severity).items()}


@cache
def _predicates(table: Table, severity: Severity) -> dict[str, str]:
    """What `checks` gives, in SQL: as one text a row's check reaches Spark in one call, not in hundreds."""
    stated = {r.name: f"coalesce(({r.predicate}), true)" for r in table.rules if r.severity is severity}
    if severity is not Severity.ERROR:
        return stated
    needed = [c.name for c in table.all_columns if c.required and c is not BATCH_ID]  # that one the lake fills
    required = {f"{name}_required": f"{_name(name)} IS NOT NULL" for name in needed}
    floats = [c for c in table.all_columns if "double" in c.type or "float" in c.type]
    finite = {f"{c.name}_not_finite": _is_finite(_name(c.name), T.DataType.fromDDL(c.type)) for c in floats}
    return required | finite | stated


def _is_finite(value: str, kind: T.DataType, depth: int = 0) -> str:
    """Whether no number in the value is NaN or infinite, in SQL; never NULL, true of a NULL and of what holds no numbers.

    Lists are looked at by their greatest and least number, which Spark compiles, other than a lambda.
    """
    if isinstance(kind, T.FloatType | T.DoubleType):
        return f"coalesce(abs({value}) < double('Infinity'), true)"  # to Spark NaN is greater than infinity
    if isinstance(kind, T.StructType):
        return _all(_is_finite(f"{value}.{_name(field.name)}", field.dataType, depth) for field in kind.fields)
    if isinstance(kind, T.MapType):
        return _is_finite(f"map_values({value})", T.ArrayType(kind.valueType), depth)
    if not isinstance(kind, T.ArrayType):
        return "true"
    element = kind.elementType
    if isinstance(element, T.FloatType | T.DoubleType):
        return _all(_is_finite(f"{end}({value})", element, depth) for end in ("array_max", "array_min"))
    if isinstance(element, T.StructType):  # the field of a list of structs is a list
        fields = ((f"{value}.{_name(f.name)}", T.ArrayType(f.dataType)) for f in element.fields)
        return _all(_is_finite(inner, lists, depth) for inner, lists in fields)
    if isinstance(element, T.ArrayType | T.MapType):
        inner = f"inner_{depth}"
        return f"coalesce(forall({value}, {inner} -> {_is_finite(inner, element, depth + 1)}), true)"
    return "true"


def _all(predicates: Iterable[str]) -> str:
    return f"({' AND '.join(predicates) or 'true'})"


def _name(column: str) -> str:
    return f"`{column.replace('`', '``')}`"


def keeps(table: Table) -> SparkColumn:
    """Whether a row keeps all error rules."""
    return F.expr(_all(_predicates(table, Severity.ERROR).values()))


def broken_rules(table: Table) -> SparkColumn:
    """array<string> of the error rules that a row breaks; much more work than `keeps`, so for rows that break one."""
    return F.expr(_broken_rules(table))


@cache
def _broken_rules(table: Table) -> str:
    """In SQL, as `names_of` does it."""
    none, separator = "CAST(array() AS ARRAY<STRING>)", literal(SEPARATOR)
    predicates = _predicates(table, Severity.ERROR)
    if not predicates:
        return none
    names = ", ".join(f"CASE WHEN NOT {kept} THEN {literal(name)} END" for name, kept in predicates.items())
    broken = f"array_remove(split(concat_ws({separator}, {names}), {separator}), '')"
    return f"CASE WHEN {_all(predicates.values())} THEN {none} ELSE {broken} END"


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
    message = f"concat({literal(f'CONTRACT {table.full_name} broken: ')}, array_join({_broken_rules(table)}, ', '))"
    first = table.column_names[0]
    stop = f"CAST(raise_error({message}) AS {table.column(first).type})"
    kept = _all(_predicates(table, Severity.ERROR).values())
    return frame.withColumn(first, F.expr(f"CASE WHEN {kept} THEN {_name(first)} ELSE {stop} END"))
