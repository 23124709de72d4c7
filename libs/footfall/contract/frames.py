"""Frames and contracts: conform a frame, check its rows, stop at a broken one. Pure functions of frames."""

from __future__ import annotations

import operator
from functools import reduce

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, SEPARATOR, Severity, Table
from footfall.errors import ContractError, listed


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """The frame with the table's declared columns in their order; absent optional columns become NULL.

    Raises ContractError with all faults at once: absent required columns, unknown columns, other types.
    """
    have = {f.name: f.dataType for f in frame.schema.fields}
    declared = {c.name: c for c in table.all_columns if c is not BATCH_ID}
    faults = [f"'{n}' is missing" for n, c in declared.items() if c.required and n not in have]
    faults += [
        f"'{n}' is {have[n].simpleString()}, expected {c.type}"
        for n, c in declared.items()
        if n in have and have[n].simpleString() != c.type
    ]
    faults += [f"'{n}' is not in the contract" for n in have if n not in declared]
    if faults:
        raise ContractError(
            f"table '{table.full_name}' breaks its contract: {listed(faults)}.",
            fix=f"Correct the step or mapping that makes it, or the contract of {table.name} in libs/footfall/tables/.",
        )
    return frame.select(*(F.col(n) if n in have else F.lit(None).cast(c.type).alias(n) for n, c in declared.items()))


def checks(table: Table, severity: Severity = Severity.ERROR) -> dict[str, SparkColumn]:
    """The rules of that severity by name, each as a predicate that is never NULL; required columns are rules too."""
    needed = [c.name for c in table.all_columns if c.required and c is not BATCH_ID]  # that one the lake fills
    required = {f"{name}_required": F.col(name).isNotNull() for name in needed}
    stated = {r.name: F.coalesce(F.expr(r.predicate), F.lit(True)) for r in table.rules if r.severity is severity}
    return required | stated if severity is Severity.ERROR else stated


def keeps(table: Table) -> SparkColumn:
    """Whether a row keeps all error rules."""
    return reduce(operator.and_, checks(table).values(), F.lit(True))


def broken_rules(table: Table) -> SparkColumn:
    """array<string> of the error rules that a row breaks; much more work than `keeps`, so for rows that break one."""
    return names_of([F.when(~kept, F.lit(name)) for name, kept in checks(table).items()])


def names_of(said: list[SparkColumn]) -> SparkColumn:
    """array<string> of the values that are not NULL, none of them empty.

    By text and not by F.filter, whose lambda Spark interprets row by row instead of compiling it.
    """
    return F.array_remove(F.split(F.concat_ws(SEPARATOR, *said), SEPARATOR), "")


def require_sound(frame: DataFrame, table: Table) -> DataFrame:
    """The frame, with a check in the plan that stops the job at the first row that breaks an error rule.

    For computed tables: there a broken rule is a defect of the code, not of somebody's input.
    """
    message = F.concat(F.lit(f"CONTRACT {table.full_name} broken: "), F.array_join(broken_rules(table), ", "))
    first = table.column_names[0]
    stop = F.raise_error(message).cast(table.column(first).type)
    return frame.withColumn(first, F.when(keeps(table), F.col(first)).otherwise(stop))
