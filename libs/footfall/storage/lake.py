"""The Delta tables: names, creation by contract, reading at a version, writing once. Touches the lake only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import RLock

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, EVERY_ROW, Layer, Table, Written
from footfall.contract.commits import Commit, newest_with
from footfall.contract.ddl import date_literal, ddl, literal
from footfall.errors import ContractError, SourceError, TryAgain
from footfall.storage.properties import properties_of
from footfall.storage.versions import UNREADABLE_VERSION, Versions
from footfall.tables.raw import QUARANTINE

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
    appends: bool = True  # else it replaced rows
    removed: int | None = None  # rows that left; None where the table was replaced


@dataclass
class Lake:
    """Tables below a root (`root/layer/table`) or in a catalog (`catalog.layer.table`). Safe for several threads.

    What is asked of a table once a run is remembered: its properties, that it keeps its contract, its newest version.
    """

    spark: SparkSession
    root: str
    catalog: str = ""
    versions: Versions = field(init=False)
    _sound: set[str] = field(default_factory=set)
    _known_properties: dict[str, dict[str, str]] = field(default_factory=dict)
    _locks: dict[str, RLock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if "://" not in self.root and not self.root.startswith("file:"):
            self.root = str(Path(self.root).resolve())
        self.versions = Versions(self.spark, "" if self.catalog else self.root, self.name)

    def name(self, table: str) -> str:
        """The name of `layer.table` in SQL."""
        layer, _, short = table.partition(".")
        return f"`{self.catalog}`.`{layer}`.`{short}`" if self.catalog else f"delta.`{self.path(table)}`"

    def path(self, table: str) -> str:
        """The path of `layer.table` below the root."""
        return f"{self.root.rstrip('/')}/{table.replace('.', '/')}"

    def version(self, table: str) -> int | None:
        """The newest version now; None where there is no such table."""
        history = self.versions.history(table, 1)
        return int(history[0]["version"]) if history else None

    def ensure(self, table: Table, *, at_birth: Mapping[str, str] | None = None) -> None:
        """Creates the table where it is absent, adds new nullable columns, refuses another contract version.

        `at_birth` are properties that a new table gets in the commit that creates it, and a table that is there does not.
        Delta lets one such commit through: of two processes that create the table at once, both then read the same.
        """
        with self._locks.setdefault(table.full_name, RLock()):
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
        """The properties of `layer.table`, None where there is no such table."""
        if table not in self._known_properties:
            stored = properties_of(self.spark, self.name(table))
            if stored is None:
                return None
            self._known_properties[table] = stored
        return self._known_properties[table]

    def set_property(self, table: str, key: str, value: str) -> None:
        """Sets one property of `layer.table`."""
        self.spark.sql(f"ALTER TABLE {self.name(table)} SET TBLPROPERTIES ('{key}' = '{value}')")
        self.forget(table)

    def read(self, table: str, version: int | None = None) -> DataFrame:
        """The table as it was at a version (default: the newest)."""
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.table(self.name(table)) if self.catalog else reader.load(self.path(table))

    def read_content(self, table: str, version: int, batch_id: int) -> DataFrame:
        """The rows that the table had at a version, the last batch in them being `batch_id`; from newer files where they hold the same.

        Delta does not promise to keep a version once its retention is over. Where only batches were appended since, its rows
        are those of batches up to `batch_id`, less what somebody deleted. Raises TryAgain where they cannot be had.
        """
        later = self.versions.since(table, version)
        newest = newest_with(version, later)
        frame = None
        try:
            frame = self.read(table, newest)
            if later:
                _ = frame.schema  # Connect looks at the log only now
        except AnalysisException as fault:
            if fault.getCondition() not in UNREADABLE_VERSION:
                raise
            self.versions.forget(table)  # another process may have written since the first look
            later = self.versions.since(table, version)
            if any(commit.batch(table) and not commit.appends and not commit.keeps_rows for commit in later):
                raise TryAgain(
                    f"{table}: version {version} is older than Delta keeps, and a batch that is not over wrote a newer one.",
                    fix=f"Run the stage that writes {table} to its end, then start again.",
                ) from fault
            return self.read(table).where(F.col(BATCH_ID.name) <= batch_id)
        return frame

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
        anew: bool = False,
        replaces: str = "",
    ) -> None:
        """Writes the batch's rows; with `app` at most once: a second write of the same app and batch adds nothing.

        Rows that have a batch_id keep it.

        That costs as much again as the write itself, since Delta rebuilds the table's state for it
        (findings/delta-idempotent-append-rebuilds-state.sh). `label` marks the commit, so that `landing` finds it; `as_of`
        names the dates that a REPLACE_AS_OF table replaces, `replaces` the old rows that leave an APPEND or UPDATE table, by a predicate;
        `anew` says that the rows replace all rows of an APPEND table.
        """
        self.ensure(table)
        own = BATCH_ID.name in frame.columns
        rows = frame if own else frame.withColumn(BATCH_ID.name, F.lit(batch_id).cast(BATCH_ID.type))
        writer = rows.write.format("delta").option("userMetadata", label)
        if app:
            writer = writer.option("txnAppId", app).option("txnVersion", batch_id)
        adds = table.written is Written.UPDATE or (table.written is Written.APPEND and not anew)
        if adds and not replaces:
            writer = writer.mode("append")
        else:
            writer = writer.mode("overwrite")
            if table.written is Written.REPLACE_AS_OF:
                dates = ", ".join(map(date_literal, as_of))
                writer = writer.option("replaceWhere", f"as_of_date IN ({dates})")
            elif replaces and replaces != EVERY_ROW:  # Delta wants each new row to keep the predicate, too
                writer = writer.option("replaceWhere", f"batch_id = {batch_id} OR ({replaces})")
        self._save(writer, table.full_name)
        self.versions.forget(table.full_name)

    def landing(self, table: str, label: str) -> Landing | None:
        """The commit with that label, or None; only one commit has a label. Looks at the newest commits first, then at all."""
        newest = self.versions.history(table, NEWEST)
        if newest:
            self.versions.note(table, int(newest[0]["version"]))
        is_older = len(newest) == NEWEST and all(row["userMetadata"] != label for row in newest)
        for row in self.versions.history(table) if is_older else newest:
            if row["userMetadata"] != label:
                continue
            counts, appends = row["operationMetrics"], Commit.of(row.asDict()).appends
            rows = int(counts.get("numOutputRows", 0)) - int(counts.get("numCopiedRows", 0))
            keeps_some = appends or "predicate" in row["operationParameters"]
            return Landing(
                int(row["version"]), rows, appends, int(counts.get("numDeletedRows", 0)) if keeps_some else None
            )
        return None

    def remove(self, table: str, condition: str, *, label: str, kept: DataFrame | None = None) -> int:
        """Deletes the rows for which a condition in SQL holds, less those `kept`, by a commit with that label; returns how many.

        An overwrite without other rows: DELETE takes no label. Where no row is to go, nothing is committed.
        """
        rows = self.read(table)
        count = rows.where(condition).count() - (kept.count() if kept is not None else 0)
        if count:
            self.replace(table, rows.where("false") if kept is None else kept, condition, label=label)
        return count

    def replace(self, table: str, rows: DataFrame, condition: str, *, label: str) -> None:
        """Puts rows, for all of which the condition in SQL holds, in place of those for which it does, by a commit with that label."""
        writer = rows.write.format("delta").option("userMetadata", label).mode("overwrite")
        self._save(writer if condition == EVERY_ROW else writer.option("replaceWhere", condition), table)
        self.forget(table)

    def delete(self, table: str, **equal: str | int) -> None:
        """Deletes the rows whose columns equal the values."""
        where = " AND ".join(f"{column} = :{column}" for column in equal)
        self.spark.sql(f"DELETE FROM {self.name(table)} WHERE {where}", args=equal)  # noqa: S608 - names of a contract
        self.versions.forget(table)

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

    def forget(self, table: str) -> None:
        """Says that this process committed something to the table that may have changed its columns or properties too."""
        self._sound.discard(table)
        self._known_properties.pop(table, None)
        self.versions.forget(table)

    def _save(self, writer: DataFrameWriter, table: str) -> None:
        if self.catalog:
            writer.saveAsTable(self.name(table))
        else:
            writer.save(self.path(table))

    def _create(self, table: Table, name: str, at_birth: Mapping[str, str]) -> None:
        if self.catalog:
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS `{self.catalog}`.`{table.layer}`")
        try:
            self.spark.sql(ddl(table, name, properties=at_birth))
        except Exception as fault:  # another process was first, and its table counts
            if not any(sign in str(fault) for sign in FIRST) or properties_of(self.spark, name) is None:
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
            columns = ", ".join(f"`{c.name}` {c.type} COMMENT {literal(c.comment)}" for c in new)
            self.spark.sql(f"ALTER TABLE {name} ADD COLUMNS ({columns})")
