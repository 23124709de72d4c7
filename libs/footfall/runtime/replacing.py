"""Which rows of a table leave it in the commit that adds a batch, since the batch has later ones with their keys. Reads frames only."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, EVERY_ROW, Table
from footfall.contract.ddl import literal
from footfall.steps.sorting import LANDS, REPLACES

MOST_KEYS = 2000  # that are named in a condition; with more, the table is written anew, less the rows that leave


@dataclass(frozen=True)
class Replaced:
    """The rows that leave, as a condition in SQL; empty where none do.

    `kept` are rows that are written again beside those of the batch, `copied` of them, where the condition holds for others
    than those that leave.
    """

    condition: str = ""
    kept: DataFrame | None = None
    copied: int = 0

    def beside(self, rows: DataFrame, batch_id: int) -> DataFrame:
        """What is written: the rows of the batch and those that stay."""
        if self.kept is None:
            return rows
        return rows.withColumn(BATCH_ID.name, F.lit(batch_id).cast(BATCH_ID.type)).unionByName(
            self.kept.select(*rows.columns, BATCH_ID.name)
        )


def replaced_by(marked: DataFrame, table: Table, before: DataFrame) -> Replaced:
    """Which rows of the table leave it for marked rows that replace them; `before` is the whole table."""
    keys = marked.where(F.col(LANDS) & F.col(REPLACES)).select(*table.key)
    rows_of_keys = keys.limit(MOST_KEYS + 1).collect()
    if len(rows_of_keys) <= MOST_KEYS:
        types = [table.column(name).type for name in table.key]
        each = (
            " AND ".join(_equals(name, kind, row[name]) for name, kind in zip(table.key, types, strict=True))
            for row in rows_of_keys
        )
        return Replaced(" OR ".join(f"({condition})" for condition in each))
    kept = before.join(keys, on=list(table.key), how="left_anti")
    return Replaced(EVERY_ROW, kept, kept.count())


def _equals(column: str, kind: str, value: object) -> str:
    text = literal(str(value))
    return f"`{column}` = {text}" if kind == "string" else f"`{column}` = CAST({text} AS {kind})"
