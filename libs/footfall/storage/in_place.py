"""A shop's own Delta tables, read where they are: their version, and their rows, or only those added since. Touches them, reading only."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from footfall.storage.raw_names import refuse_own_names
from footfall.storage.versions import UNREADABLE_VERSION


def version_in_place(spark: SparkSession, table: str) -> int:
    """The newest version of the table, by path or name."""
    row = spark.sql(f"DESCRIBE HISTORY {_name(table)} LIMIT 1").first()
    return int(row["version"]) if row else 0


def read_in_place(spark: SparkSession, table: str, version: int, after: int | None) -> DataFrame:
    """The table at a version, with `_file` and `_position`; with `after`, only rows added since.

    That needs its change feed: without it, or where Delta keeps it no longer, all rows come again, and refine counts the
    known ones as duplicates.
    """
    if after is not None and after < version and _has_change_feed(spark, table):
        options = {"readChangeFeed": "true", "startingVersion": str(after + 1), "endingVersion": str(version)}
        changes = _loaded(spark, table, options)
        if changes is not None:
            refuse_own_names(changes.columns, table)
            rows = changes.where("_change_type = 'insert'")
            placed = rows.withColumn("_file", F.concat(F.lit("version "), F.col("_commit_version").cast("string")))
            return _counted(placed.drop("_change_type", "_commit_version", "_commit_timestamp"))
    reader = spark.read.format("delta").option("versionAsOf", version)
    rows = reader.load(table) if "/" in table else reader.table(table)
    refuse_own_names(rows.columns, table)
    return _counted(rows.withColumn("_file", F.col("_metadata.file_name")))


def _loaded(spark: SparkSession, table: str, options: Mapping[str, str]) -> DataFrame | None:
    """The changes that the options name, None where Delta keeps them no longer."""
    try:
        reader = spark.read.format("delta").options(**options)
        changes = reader.load(table) if "/" in table else reader.table(table)
        _ = changes.schema  # Connect looks at the log only now
    except AnalysisException as fault:
        if fault.getCondition() in UNREADABLE_VERSION:
            return None
        raise
    return changes


def _has_change_feed(spark: SparkSession, table: str) -> bool:
    rows = spark.sql(f"SHOW TBLPROPERTIES {_name(table)}").collect()
    return any(row["key"] == "delta.enableChangeDataFeed" and row["value"] == "true" for row in rows)


def _name(table: str) -> str:
    return f"delta.`{table}`" if "/" in table else table


def _counted(rows: DataFrame) -> DataFrame:
    """Rows of a Delta table with their `_position` in `_file`, by a hash of the row, since Delta has no row numbers."""
    content = F.xxhash64(F.to_json(F.struct(*(F.col(f"`{c}`") for c in rows.columns))))
    in_file = Window.partitionBy("_file").orderBy(content)
    return rows.withColumn("_position", (F.row_number().over(in_file) - 1).cast("long"))
