"""A shop's own Delta tables, read where they are: all rows, or what changed since a version. Touches them, reading only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from footfall.errors import SourceError
from footfall.steps.source_names import quoted
from footfall.storage.properties import properties_of
from footfall.storage.raw_names import refuse_own_names
from footfall.storage.table_changes import (
    CHANGE_TYPE,
    VERSION,
    ChangeCounts,
    TableChanges,
    changed_columns,
    commits_between,
    counted_by_history,
    is_hole,
    keep_rows,
    only_adds_columns,
)

NO_FEED, HOLE = "no change feed", "its change feed has a hole"
COLUMNS, ANEW = "schema changed", "made anew"
ADDED, REMOVED_ROW = ("insert", "update_postimage"), ("delete", "update_preimage")
# names that no column of a source has
CONTENT, SIGN, BALANCE, RANK = "_content", "_sign", "_balance", "_rank"
EXACT = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"}


@dataclass(frozen=True)
class TablePin:
    """A Delta table at one version: Delta's own id of it, another one where it was dropped and created again, and its columns' types."""

    version: int
    table_id: str
    columns: Mapping[str, str]

    @property
    def shape(self) -> str:
        """Id and columns as text."""
        return json.dumps({"id": self.table_id, "columns": dict(self.columns)})

    @classmethod
    def parse(cls, version: int, shape: str) -> TablePin:
        """The pin of a version and what `shape` wrote."""
        known = json.loads(shape)
        return cls(version, known["id"], known["columns"])


@dataclass(frozen=True)
class TableRead:
    """Rows of a table, with `_file` and `_position`; `changes` says what became of it since an earlier read, if there was one."""

    rows: DataFrame
    changes: TableChanges | None = None


def require_table(spark: SparkSession, table: str) -> None:
    """Raises SourceError where there is no Delta table of that path or name."""
    if properties_of(spark, _name(table)) is None:
        raise SourceError(
            f"{table}: no such Delta table.",
            fix="Under `delta` give its path (with a `/`; one that does not begin with it is below the working directory), or "
            "its name in the catalog, such as shop.orders.",
        )


def pin_in_place(spark: SparkSession, table: str) -> TablePin:
    """The newest version of the table, by path or name. Raises SourceError where there is none."""
    require_table(spark, table)
    version = _newest(spark, table)
    detail = spark.sql(f"DESCRIBE DETAIL {_name(table)}").first()
    fields = _at(spark, table, version).schema.fields
    types = {field.name: field.dataType.simpleString() for field in fields}
    return TablePin(version, str(detail["id"]) if detail else "", types)


def read_in_place(
    spark: SparkSession, table: str, pin: TablePin, before: TablePin | None, *, only_new: bool
) -> TableRead:
    """The table as it is pinned; with `only_new`, what rows it has that it had not at the pin `before`.

    These come from its change feed: what a row was changed to is a new row. Without the feed, or where it has a hole, all
    rows come again, and refine counts the known ones as duplicates. The changes are counted in both cases, as far as Delta
    says.
    """
    if before is None:
        return TableRead(_all_rows(spark, table, pin.version))
    columns = changed_columns(before.columns, pin.columns)
    since = TableChanges(before.version, pin.version, columns=columns)
    if pin.table_id != before.table_id:
        whole = since.counted(None).read_whole(ANEW if only_new else "")
        return TableRead(_all_rows(spark, table, pin.version), whole)
    commits = commits_between(spark, _name(table), before.version, pin.version, newest=_newest(spark, table))
    if keep_rows(commits) and only_new:
        return TableRead(_counted(_at(spark, table, pin.version).where("false").withColumn("_file", F.lit(""))), since)
    whole = since.counted(counted_by_history(commits))
    if not only_new:
        return TableRead(_all_rows(spark, table, pin.version), whole)
    if not only_adds_columns(before.columns, pin.columns):
        why = COLUMNS
    elif not has_change_feed(spark, table):
        why = NO_FEED
    elif (changed := _changed_rows(spark, table, before.version, pin.version)) is not None:
        return TableRead(changed[0], since.counted(changed[1]))
    else:
        why = HOLE
    return TableRead(_all_rows(spark, table, pin.version), whole.read_whole(why))


def _changed_rows(spark: SparkSession, table: str, after: int, version: int) -> tuple[DataFrame, ChangeCounts] | None:
    """The rows that are new since, with how many were inserted, updated, deleted; None where the feed does not have them all.

    A row that came and went in between is not among them, nor one that was written anew as it was.
    """
    options = {"readChangeFeed": "true", "startingVersion": str(after + 1), "endingVersion": str(version)}
    reader = spark.read.format("delta").options(**options)
    try:
        changes = reader.load(table) if "/" in table else reader.table(table)
        refuse_own_names([c for c in changes.columns if c not in {CHANGE_TYPE, VERSION, "_commit_timestamp"}], table)
        counts = _counts(changes)  # looks into every file, so that one that is gone shows here
        is_mixed = any(counts.get(kind) for kind in (*REMOVED_ROW, "update_postimage"))
        net = _net(changes) if is_mixed else changes
        counts = _counts(net) if is_mixed else counts
    except Exception as fault:  # of Spark's Java or of Connect, by the kind of action
        if is_hole(fault):
            return None
        raise
    rows = net.where(F.col(CHANGE_TYPE).isin(*ADDED))
    placed = rows.withColumn("_file", F.concat(F.lit("version "), F.col(VERSION).cast("string")))
    return _counted(placed.drop(CHANGE_TYPE, VERSION, "_commit_timestamp")), _as_changes(counts)


def _counts(changes: DataFrame) -> dict[str, int]:
    return {row[CHANGE_TYPE]: row["count"] for row in changes.groupBy(CHANGE_TYPE).count().collect()}


def _as_changes(counts: Mapping[str, int]) -> ChangeCounts:
    """Of the net changes: as many as went and came by updates were updated, the others inserted or deleted."""
    updated = min(counts.get("update_preimage", 0), counts.get("update_postimage", 0))
    inserted, deleted = (sum(counts.get(kind, 0) for kind in kinds) - updated for kinds in (ADDED, REMOVED_ROW))
    return ChangeCounts(inserted, updated, deleted)


def _net(changes: DataFrame) -> DataFrame:
    """The changes less those that undo one another: of equal rows, as many as came more than went, or went more than came."""
    own = [c for c in changes.columns if c not in {CHANGE_TYPE, VERSION, "_commit_timestamp"}]
    signed = changes.withColumns(
        {
            CONTENT: F.sha2(F.to_json(_row(own), EXACT), 256),
            SIGN: F.when(F.col(CHANGE_TYPE).isin(*ADDED), 1).otherwise(-1),
        }
    )
    newest_first = Window.partitionBy(CONTENT, SIGN).orderBy(F.col(VERSION).desc(), CHANGE_TYPE)
    ranked = signed.withColumns(
        {BALANCE: F.sum(SIGN).over(Window.partitionBy(CONTENT)), RANK: F.row_number().over(newest_first)}
    )
    kept = ranked.where((F.signum(BALANCE) == F.col(SIGN)) & (F.col(RANK) <= F.abs(BALANCE)))
    return kept.drop(CONTENT, SIGN, BALANCE, RANK)


def _all_rows(spark: SparkSession, table: str, version: int) -> DataFrame:
    rows = _at(spark, table, version)
    refuse_own_names(rows.columns, table)
    return _counted(rows.withColumn("_file", F.col("_metadata.file_name")))


def _at(spark: SparkSession, table: str, version: int) -> DataFrame:
    reader = spark.read.format("delta").option("versionAsOf", version)
    return reader.load(table) if "/" in table else reader.table(table)


def _newest(spark: SparkSession, table: str) -> int:
    row = spark.sql(f"DESCRIBE HISTORY {_name(table)} LIMIT 1").first()
    return int(row["version"]) if row else 0


def has_change_feed(spark: SparkSession, table: str) -> bool:
    """Whether the table, by path or name, records its changes now."""
    return (properties_of(spark, _name(table)) or {}).get("delta.enableChangeDataFeed") == "true"


def _name(table: str) -> str:
    return f"delta.`{table}`" if "/" in table else table


def _row(columns: list[str]) -> Column:
    return F.struct(*(F.col(quoted(c)) for c in columns))


def _counted(rows: DataFrame) -> DataFrame:
    """Rows of a Delta table with their `_position` in `_file`, by a hash of the row, since Delta has no row numbers."""
    in_file = Window.partitionBy("_file").orderBy(F.xxhash64(F.to_json(_row(rows.columns))))
    return rows.withColumn("_position", (F.row_number().over(in_file) - 1).cast("long"))
