"""The Delta tables: names, creation by contract, reading at a version, writing once. Touches the lake only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import BATCH_ID, EVERY_ROW, Layer, Table, Written
from footfall.contract.ddl import ddl
from footfall.errors import ContractError, SourceError
from footfall.storage.raw_names import refuse_own_names
from footfall.tables.raw import QUARANTINE

ABSENT = {
    "DELTA_TABLE_ONLY_OPERATION",
    "DELTA_TABLE_NOT_FOUND",
    "DELTA_MISSING_DELTA_TABLE",
    "DELTA_PATH_DOES_NOT_EXIST",
    "TABLE_OR_VIEW_NOT_FOUND",
    "PATH_NOT_FOUND",
}


# what CREATE TABLE IF NOT EXISTS raises where another process made the table in the same moment
FIRST = (
    "DELTA_CONCURRENT", "DELTA_METADATA_CHANGED", "DELTA_PROTOCOL_CHANGED", "ALREADY_EXISTS",
    "DELTA_CREATE_TABLE_WITH_DIFFERENT",
)  # fmt: skip

NEWEST = 10  # commits among which a label is looked for first


@dataclass(frozen=True)
class Landing:
    """The result of a write: the table's version, the rows that it added, and those that it removed; None: all there were."""

    version: int
    rows: int
    removed: int | None = None


@dataclass
class Lake:
    """Tables below a root (`root/layer/table`) or in a catalog (`catalog.layer.table`)."""

    spark: SparkSession
    root: str
    catalog: str = ""
    _sound: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if "://" not in self.root and not self.root.startswith("file:"):
            self.root = str(Path(self.root).resolve())

    def name(self, table: str) -> str:
        """The name of `layer.table` in SQL."""
        layer, _, short = table.partition(".")
        return f"`{self.catalog}`.`{layer}`.`{short}`" if self.catalog else f"delta.`{self.path(table)}`"

    def path(self, table: str) -> str:
        """The path of `layer.table` below the root."""
        return f"{self.root.rstrip('/')}/{table.replace('.', '/')}"

    def version(self, table: str) -> int | None:
        """The newest version; None where there is no such table."""
        history = self._history(table, 1)
        return int(history[0]["version"]) if history else None

    def ensure(self, table: Table, *, at_birth: Mapping[str, str] | None = None) -> None:
        """Creates the table where it is absent, adds new nullable columns, refuses another contract version.

        `at_birth` are properties that a new table gets in the commit that creates it, and a table that is there does not.
        Delta lets one such commit through: of two processes that create the table at once, both then read the same.
        """
        if table.full_name in self._sound:
            return
        name = self.name(table.full_name)
        properties = self.properties(table.full_name)
        if properties is None:
            self._create(table, name, at_birth or {})
        else:
            self._check_contract(table, name, properties.get("footfall.contract_version"))
        self._sound.add(table.full_name)

    def properties(self, table: str) -> dict[str, str] | None:
        """The properties of `layer.table`, None where there is no such table; DESCRIBE DETAIL would count its files too."""
        return self._properties(self.name(table))

    def set_property(self, table: str, key: str, value: str) -> None:
        """Sets one property of `layer.table`."""
        self.spark.sql(f"ALTER TABLE {self.name(table)} SET TBLPROPERTIES ('{key}' = '{value}')")

    def read(self, table: str, version: int | None = None) -> DataFrame:
        """The table as it was at a version (default: the newest)."""
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.table(self.name(table)) if self.catalog else reader.load(self.path(table))

    def foreign_version(self, table: str) -> int:
        """The newest version of a shop's own Delta table, by path or name."""
        name = f"delta.`{table}`" if "/" in table else table
        row = self.spark.sql(f"DESCRIBE HISTORY {name} LIMIT 1").first()
        return int(row["version"]) if row else 0

    def read_foreign(self, table: str, version: int, after: int | None) -> DataFrame:
        """A shop's own Delta table at a version, with `_file` and `_position`; with `after`, only rows added since.

        That needs its change feed: without it all rows come again, and refine counts the known ones as duplicates.
        """
        reader, by_path = self.spark.read.format("delta"), "/" in table
        if after is not None and after < version and self._has_change_feed(table):
            changes = reader.option("readChangeFeed", "true").option("startingVersion", after + 1)
            changes = changes.option("endingVersion", version)
            rows = (changes.load(table) if by_path else changes.table(table)).where("_change_type = 'insert'")
            refuse_own_names(rows.columns, table)
            placed = rows.withColumn("_file", F.concat(F.lit("version "), F.col("_commit_version").cast("string")))
            return _counted(placed.drop("_change_type", "_commit_version", "_commit_timestamp"))
        reader = reader.option("versionAsOf", version)
        rows = reader.load(table) if by_path else reader.table(table)
        refuse_own_names(rows.columns, table)
        return _counted(rows.withColumn("_file", F.col("_metadata.file_name")))

    def _has_change_feed(self, table: str) -> bool:
        name = f"delta.`{table}`" if "/" in table else table
        return (self._properties(name) or {}).get("delta.enableChangeDataFeed") == "true"

    def empty(self, table: Table) -> DataFrame:
        """A frame of the table's shape without rows, for a table that is still empty."""
        columns = (f"`{c.name}` {c.type}{' NOT NULL' if c.required else ''}" for c in table.all_columns)
        return self.spark.createDataFrame([], ", ".join(columns))

    def write(
        self,
        table: Table,
        frame: DataFrame,
        *,
        label: str,
        app: str = "",
        batch_id: int,
        as_of: Sequence[date] = (),
        replaces: str = "",
    ) -> None:
        """Writes the batch's rows; with `app` at most once: a second write of the same app and batch adds nothing.

        That costs as much again as the write itself, since Delta rebuilds the table's state for it
        (findings/delta-idempotent-append-rebuilds-state.sh). `label` marks the commit, so that `landing` finds it; `as_of`
        names the dates that a REPLACE_AS_OF table replaces, `replaces` the old rows that leave an UPDATE table, by a predicate.
        """
        self.ensure(table)
        rows = frame.withColumn(BATCH_ID.name, F.lit(batch_id).cast(BATCH_ID.type))
        writer = rows.write.format("delta").option("userMetadata", label)
        if app:
            writer = writer.option("txnAppId", app).option("txnVersion", batch_id)
        if table.written is Written.APPEND or (table.written is Written.UPDATE and not replaces):
            writer = writer.mode("append")
        else:
            writer = writer.mode("overwrite")
            if table.written is Written.REPLACE_AS_OF:
                dates = ", ".join(f"DATE'{day.isoformat()}'" for day in as_of)
                writer = writer.option("replaceWhere", f"as_of_date IN ({dates})")
            elif replaces and replaces != EVERY_ROW:  # Delta wants each new row to keep the predicate, too
                writer = writer.option("replaceWhere", f"batch_id = {batch_id} OR ({replaces})")
        if self.catalog:
            writer.saveAsTable(self.name(table.full_name))
        else:
            writer.save(self.path(table.full_name))

    def landing(self, table: str, label: str) -> Landing | None:
        """The commit with that label, or None; only one commit has a label. Looks at the newest commits first, then at all."""
        newest = self._history(table, NEWEST)
        older = self._history(table) if len(newest) == NEWEST and not _labelled(newest, label) else []
        for commit in _labelled([*newest, *older], label)[:1]:
            counts, how = commit["operationMetrics"], commit["operationParameters"]
            rows = int(counts.get("numOutputRows", 0)) - int(counts.get("numCopiedRows", 0))
            removed = (
                int(counts.get("numDeletedRows", 0)) if "predicate" in how or how.get("mode") == "Append" else None
            )
            return Landing(int(commit["version"]), rows, removed)
        return None

    def restore(self, table: str, version: int | None) -> None:
        """Makes the table what it was at a version again, by a new commit; without a version it becomes empty."""
        if version is None:
            self.spark.sql(f"DELETE FROM {self.name(table)}")  # noqa: S608 - a table name
        else:
            self.spark.sql(f"RESTORE TABLE {self.name(table)} TO VERSION AS OF {version}").collect()
        self._sound.discard(table)  # its columns may be those of that version

    def delete(self, table: str, **equal: str | int) -> None:
        """Deletes the rows whose columns equal the values."""
        where = " AND ".join(f"{column} = :{column}" for column in equal)
        self.spark.sql(f"DELETE FROM {self.name(table)} WHERE {where}", args=equal)  # noqa: S608 - names of a contract

    @contextmanager
    def staged(self, name: str, frame: DataFrame) -> Iterator[DataFrame]:
        """The frame as written to the scratch table `stage.<name>` and read back, for a frame that is used many times.

        The scratch is emptied when the block ends; `name` is the step's, since only one process runs a step.
        """
        table = self.name(f"stage.{name}")
        if self.catalog:
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS `{self.catalog}`.stage")
            frame.write.mode("overwrite").saveAsTable(table)
        else:
            frame.write.mode("overwrite").parquet(self.path(f"stage.{name}"))
        try:
            yield self.spark.read.table(table) if self.catalog else self.spark.read.parquet(self.path(f"stage.{name}"))
        finally:
            if self.catalog:
                self.spark.sql(f"DROP TABLE IF EXISTS {table}")
            else:  # Spark Connect cannot delete files; an overwrite without rows removes those with rows
                self.spark.createDataFrame([], frame.schema).write.mode("overwrite").parquet(self.path(f"stage.{name}"))

    def _history(self, table: str, limit: int | None = None) -> list[T.Row]:
        try:
            at_most = f" LIMIT {limit}" if limit else ""
            return self.spark.sql(f"DESCRIBE HISTORY {self.name(table)}{at_most}").collect()
        except AnalysisException as fault:
            if fault.getCondition() in ABSENT:
                return []
            raise

    def _create(self, table: Table, name: str, at_birth: Mapping[str, str]) -> None:
        if self.catalog:
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS `{self.catalog}`.`{table.layer}`")
        try:
            self.spark.sql(ddl(table, name, properties=at_birth))
        except Exception as fault:  # another process was first, and its table counts
            if not any(sign in str(fault) for sign in FIRST) or self._properties(name) is None:
                raise

    def _properties(self, name: str) -> dict[str, str] | None:
        try:
            return {row["key"]: row["value"] for row in self.spark.sql(f"SHOW TBLPROPERTIES {name}").collect()}
        except AnalysisException as fault:
            if fault.getCondition() in ABSENT:
                return None
            raise

    def _check_contract(self, table: Table, name: str, stored_version: str | None) -> None:
        stored = {f.name.casefold(): f.dataType.simpleString() for f in self.read(table.full_name).schema.fields}
        is_feed = table.layer is Layer.RAW and table.name != QUARANTINE.name
        words = "'{}' was {}, and is {} now" if is_feed else "'{}' is {} in the lake, {} in the contract"
        changed = [
            words.format(c.name, stored[c.name.casefold()], c.type)
            for c in table.all_columns
            if stored.get(c.name.casefold(), c.type) != c.type
        ]
        new = [c for c in table.all_columns if c.name.casefold() not in stored]
        changed += [f"required column '{c.name}' is not in the lake" for c in new if c.required]
        if changed and is_feed and stored_version == str(table.version):
            raise SourceError(
                f"new rows of feed {table.name} have other types than those in {table.full_name}: {'; '.join(changed)}.",
                fix=(
                    "Deliver these columns in the old shape, or give the new files a feed of their own in the mapping, by a "
                    "pattern under `files` that only they fit; several feeds may fill one table. Nothing of them was taken."
                ),
            )
        if stored_version != str(table.version):
            changed.insert(0, f"contract version {stored_version} in the lake, {table.version} in this footfall")
        if changed:
            raise ContractError(
                f"{name} was written by another contract: {'; '.join(changed)}.",
                fix="Run the footfall version that wrote it, or point --lake at a new place and load the logs again.",
            )
        if new:
            columns = ", ".join(f"`{c.name}` {c.type} COMMENT '{c.comment}'" for c in new)
            self.spark.sql(f"ALTER TABLE {name} ADD COLUMNS ({columns})")


def _labelled(history: Sequence[T.Row], label: str) -> list[T.Row]:
    return [commit for commit in history if commit["userMetadata"] == label]


def _counted(rows: DataFrame) -> DataFrame:
    """Rows of a Delta table with their `_position` in `_file`, by a hash of the row, since Delta has no row numbers."""
    content = F.xxhash64(F.to_json(F.struct(*(F.col(f"`{c}`") for c in rows.columns))))
    in_file = Window.partitionBy("_file").orderBy(content)
    return rows.withColumn("_position", (F.row_number().over(in_file) - 1).cast("long"))
