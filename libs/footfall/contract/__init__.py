"""What a table is: columns, key and rules. Declarations only, without Spark: `frames` conforms, `ddl` creates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


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
    UPDATE = "update"  # rows are added, and those replaced of which the batch has news


EVERY_ROW = "true"  # of a table that is updated: all that it held before is replaced


class Severity(StrEnum):
    """What a broken rule does to its row."""

    ERROR = "error"  # the row is set aside (facts) or the step fails (results)
    WARN = "warn"  # the row passes and is counted


@dataclass(frozen=True)
class Column:
    """One column: its type as Spark SQL writes it (`bigint`, `array<string>`), its meaning and unit, how personal it is.

    `tolerance` is the relative difference that two runs over the same logs may show; 0 means to the bit.
    """

    name: str
    type: str
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
BATCH_ID = Column("batch_id", "bigint", "batch of the step that wrote this row (books.batches)", required=True)


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

    def schema(self, *names: str) -> str:
        """The declared columns, or those of these names, as a DDL schema that Spark reads, NOT NULL left out."""
        return ", ".join(f"`{self.column(name).name}` {self.column(name).type}" for name in names or self.column_names)

    def column(self, name: str) -> Column:
        """The column of that name, or KeyError."""
        return next(c for c in self.all_columns if c.name == name)
