"""The DDL that creates a table, and the table properties that footfall relies on. Pure, without Spark."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from footfall.contract import BATCH_ID, Layer, Personal, Table, Written

FILE_DAYS = (
    7  # until a file that the newest version does not read may be deleted, by VACUUM: readers pin versions that long
)
LOG_DAYS = 30  # until a commit is pruned from the log, when Delta writes a checkpoint
COMMITS_A_CHECKPOINT = 50  # of the books, which every step commits to; Delta's own 10 would write one every third step


def ddl(table: Table, name: str, *, properties: Mapping[str, str] | None = None) -> str:
    """CREATE TABLE IF NOT EXISTS with NOT NULL, comments, clustering and the properties that footfall relies on.

    `properties` are added to these.
    """
    lines = ",\n  ".join(
        f"`{c.name}` {c.type}{' NOT NULL' if c.required else ''} COMMENT {literal(c.comment)}"
        for c in table.all_columns
    )
    layout = ""
    if table.written is Written.REPLACE_AS_OF:
        layout = "\nPARTITIONED BY (as_of_date)"
    elif table.cluster_by:
        layout = f"\nCLUSTER BY ({', '.join(table.cluster_by)})"
    all_properties = _properties(table) | dict(properties or {})
    listed = ", ".join(f"'{k}' = {literal(v)}" for k, v in all_properties.items())
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (\n  {lines}\n) USING DELTA{layout}"
        f"\nCOMMENT {literal(table.grain)}\nTBLPROPERTIES ({listed})"
    )


def _properties(table: Table) -> dict[str, str]:
    """Reader protocol 1; file statistics on columns by which files can be skipped: key, clustering, clocks, batch.

    Never on personal ones, as statistics outlive a DELETE; and no more than these, as each costs every write. Delta has none on booleans.
    """
    partitioned = {"as_of_date"} if table.written is Written.REPLACE_AS_OF else set()  # Delta refuses statistics on it
    looked_up = {*table.key, *table.cluster_by, BATCH_ID.name}
    helps = [
        c.name
        for c in table.all_columns
        if (c.name in looked_up or c.type in {"date", "timestamp"})
        and c.personal is Personal.NONE
        and c.type != "boolean"
        and c.name not in partitioned
    ]
    often = {"delta.checkpointInterval": str(COMMITS_A_CHECKPOINT)} if table.layer is Layer.BOOKS else {}
    return {
        **often,
        "delta.deletedFileRetentionDuration": f"interval {FILE_DAYS} days",
        "delta.logRetentionDuration": f"interval {LOG_DAYS} days",
        "delta.enableDeletionVectors": "false",
        "delta.dataSkippingStatsColumns": ",".join(helps),
        "footfall.contract_version": str(table.version),
    }


def date_literal(day: date) -> str:
    """The day as a literal of Spark SQL."""
    return f"DATE'{day.isoformat()}'"


def literal(text: str) -> str:
    """The text as a literal of Spark SQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
