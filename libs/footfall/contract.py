"""What a table is: columns, key, rules; and what follows from that: conforming, DDL, docs. Knows Spark's types, no session."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import ContractError, listed


class Personal(StrEnum):
    """How a column relates to a person; erase, masking and the k-anonymity check look at it."""

    NONE = "none"
    IDENTIFIER = "identifier"
    QUASI = "quasi"
    SENSITIVE = "sensitive"
    FREE_TEXT = "free_text"


class Layer(StrEnum):
    """A group of tables with grants of its own."""

    RAW = "raw"
    REFINED = "refined"
    RESULTS = "results"
    BOOKS = "books"


class Written(StrEnum):
    """How a batch lands in a table."""

    APPEND = "append"  # rows are added once and stay
    REPLACE = "replace"  # the table is what the last batch says
    REPLACE_AS_OF = "replace_as_of"  # the batch's as_of_dates are replaced, others stay


class Severity(StrEnum):
    """What a broken rule does to its row."""

    ERROR = "error"  # the row is set aside (facts) or the step fails (results)
    WARN = "warn"  # the row passes and is counted


@dataclass(frozen=True)
class Column:
    """One column: its Spark type, its meaning in words, its unit if it has one, and how personal it is.

    `tolerance` is the relative difference that two runs over the same logs may show; 0 means to the bit.
    """

    name: str
    type: T.DataType
    meaning: str
    unit: str = ""
    personal: Personal = Personal.NONE
    required: bool = False
    tolerance: float = 0.0

    @property
    def comment(self) -> str:
        """The meaning with its unit, as it stands in the table's DDL."""
        return f"{self.meaning} [{self.unit}]" if self.unit else self.meaning


@dataclass(frozen=True)
class Rule:
    """A SQL predicate that every row keeps; a NULL counts as kept (say `x IS NOT NULL` where it should not)."""

    name: str
    predicate: str
    severity: Severity = Severity.ERROR


SEPARATOR = "\u0001"  # stands in no name
BATCH_ID = Column("batch_id", T.LongType(), "batch of the step that wrote this row (books.batches)", required=True)


@dataclass(frozen=True)
class Table:
    """The contract of one table. `grain` says what one row is; key columns are never NULL; `batch_id` is added to all."""

    name: str
    layer: Layer
    version: int
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    written: Written = Written.APPEND
    cluster_by: tuple[str, ...] = ()
    keep_days: int | None = None

    @property
    def full_name(self) -> str:
        """`layer.name`, the name by which Steps and people speak of the table."""
        return f"{self.layer}.{self.name}"

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The declared columns and `batch_id`; key columns are required."""
        return (*(replace(c, required=c.required or c.name in self.key) for c in self.columns), BATCH_ID)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the declared columns, without `batch_id`."""
        return tuple(c.name for c in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name, or KeyError."""
        return next(c for c in self.all_columns if c.name == name)


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """The frame with the table's declared columns in their order; absent optional columns become NULL.

    Raises ContractError with all faults at once: absent required columns, unknown columns, other types.
    """
    have = {f.name: f.dataType for f in frame.schema.fields}
    declared = {c.name: c for c in table.all_columns if c is not BATCH_ID}
    faults = [f"'{n}' is missing" for n, c in declared.items() if c.required and n not in have]
    faults += [
        f"'{n}' is {have[n].simpleString()}, expected {c.type.simpleString()}"
        for n, c in declared.items()
        if n in have and _bare(have[n]) != _bare(c.type)
    ]
    faults += [f"'{n}' is not in the contract" for n in have if n not in declared]
    if faults:
        raise ContractError(
            f"table '{table.full_name}' breaks its contract: {listed(faults)}.",
            mend=f"Mend the step or mapping that makes it, or the contract of {table.name} in libs/footfall/tables/.",
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


def ddl(table: Table, name: str) -> str:
    """CREATE TABLE IF NOT EXISTS with NOT NULL, comments, clustering and the properties that footfall relies on."""
    lines = ",\n  ".join(
        f"`{c.name}` {c.type.simpleString()}{' NOT NULL' if c.required else ''} COMMENT '{_quoted(c.comment)}'"
        for c in table.all_columns
    )
    layout = ""
    if table.written is Written.REPLACE_AS_OF:
        layout = "\nPARTITIONED BY (as_of_date)"
    elif table.cluster_by:
        layout = f"\nCLUSTER BY ({', '.join(table.cluster_by)})"
    properties = ", ".join(f"'{k}' = '{v}'" for k, v in _properties(table).items())
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (\n  {lines}\n) USING DELTA{layout}"
        f"\nCOMMENT '{_quoted(table.grain)}'\nTBLPROPERTIES ({properties})"
    )


def _properties(table: Table) -> dict[str, str]:
    """Reader protocol 1; file statistics on columns by which files can be skipped: key, clustering, clocks, batch.

    Never on personal ones, as statistics outlive a DELETE; and no more than these, as each costs every write.
    """
    partitioned = {"as_of_date"} if table.written is Written.REPLACE_AS_OF else set()  # Delta refuses statistics on it
    looked_up = {*table.key, *table.cluster_by, BATCH_ID.name}
    helps = [
        c.name
        for c in table.all_columns
        if (c.name in looked_up or isinstance(c.type, T.DateType | T.TimestampType))
        and c.personal is Personal.NONE
        and c.name not in partitioned
    ]
    return {
        "delta.enableDeletionVectors": "false",
        "delta.dataSkippingStatsColumns": ",".join(helps),
        "footfall.contract_version": str(table.version),
    }


def _bare(kind: T.DataType) -> str:
    """The type without nullability inside arrays and maps, which frames change freely."""
    return kind.simpleString()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
