"""What others did to a shop's Delta table between two versions, as far as Delta says. Touches its log, reading only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import SparkSession

from footfall.contract.commits import Commit
from footfall.storage.versions import UNREADABLE_VERSION

CHANGE_TYPE, VERSION = "_change_type", "_commit_version"
# what reading a change feed raises where it does not have all changes, beside what time travel raises
HOLES = {
    *UNREADABLE_VERSION, "DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE",
    "DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA", "DELTA_FILE_NOT_FOUND_DETAILED", "DELTA_VERSIONS_NOT_CONTIGUOUS",
    "DELTA_CHANGE_TABLE_FEED_DISABLED", "FAILED_READ_FILE.FILE_NOT_EXIST",
    "FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH",
}  # fmt: skip


@dataclass(frozen=True)
class ChangeCounts:
    """Rows that others inserted, updated and deleted."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def as_map(self) -> dict[str, int]:
        """Those that are not 0."""
        counts = {"inserted": self.inserted, "updated": self.updated, "deleted": self.deleted}
        return {kind: rows for kind, rows in counts.items() if rows}


@dataclass(frozen=True)
class TableChanges:
    """What became of a table between two versions; `full_read` says why all its rows were read again, if they were.

    `columns` are sentences: which column is new, gone, or of another type. `rows` is None where Delta does not say.
    """

    since: int
    until: int
    columns: Sequence[str] = ()
    rows: ChangeCounts | None = ChangeCounts()
    full_read: str = ""

    def counted(self, rows: ChangeCounts | None) -> TableChanges:
        """The same with counts of rows."""
        return replace(self, rows=rows)

    def read_whole(self, why: str) -> TableChanges:
        """The same where all rows were read again."""
        return replace(self, full_read=why)

    def warning(self, feed: str, target: str) -> str:
        """A sentence for a person, where more happened than that rows were added; else empty."""
        rows = self.rows or ChangeCounts()
        parts = []
        if rows.updated or rows.deleted:
            parts.append(
                f"{rows.updated:,} rows were updated and {rows.deleted:,} deleted. An updated row comes as another row of its "
                "key (`on_conflict`), and what was made of a deleted one stays"
            )
        if self.columns:
            parts.append(f"its columns changed: {', '.join(self.columns)}")
        if self.full_read and (parts or self.rows is None):
            parts.append(
                f"all its rows were read again (full read: {self.full_read}), and known ones count as duplicates"
            )
        if not parts:
            return ""
        return f"{feed} for {target}: its Delta table, from version {self.since} to {self.until}: {'; '.join(parts)}."


def commits_between(
    spark: SparkSession, name: str, after: int, version: int, *, newest: int
) -> list[Mapping[str, Any]] | None:
    """The rows of DESCRIBE HISTORY after one version up to another; None where the log does not reach back so far."""
    if version <= after:
        return [] if version == after else None
    rows = spark.sql(f"DESCRIBE HISTORY {name} LIMIT {newest - after}").collect()
    between: list[Mapping[str, Any]] = [row.asDict() for row in rows if after < int(row["version"]) <= version]
    return between if len(between) == version - after else None


def keep_rows(commits: Sequence[Mapping[str, Any]] | None) -> bool:
    """Whether each of the commits is known, and none changed a row."""
    return commits is not None and all(Commit.of(commit).keeps_rows for commit in commits)


def counted_by_history(commits: Sequence[Mapping[str, Any]] | None) -> ChangeCounts | None:
    """Rows by the metrics of the commits, those of Spark or of delta-rs; None where some commit does not say."""
    counts = [_counts_of(commit) for commit in commits] if commits is not None else [None]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return None
    return ChangeCounts(*(sum(getattr(count, kind) for count in known) for kind in ("inserted", "updated", "deleted")))


def _counts_of(commit: Mapping[str, Any]) -> ChangeCounts | None:
    """Rows of one commit; None of one that replaced rows in a way that its metrics do not count."""
    kind, metrics = Commit.of(commit), commit["operationMetrics"] or {}
    numbers = {key.replace("_", "").removeprefix("num").casefold(): value for key, value in metrics.items()}

    def number(*names: str) -> int | None:
        return next((int(numbers[name]) for name in names if name in numbers), None)

    if kind.keeps_rows:
        return ChangeCounts()
    rows: Sequence[int | None]
    if kind.operation == "UPDATE":
        rows = (0, number("updatedrows"), 0)
    elif kind.operation == "DELETE":
        rows = (0, 0, number("deletedrows"))
    elif kind.operation == "MERGE":
        rows = tuple(number(f"targetrows{what}") for what in ("inserted", "updated", "deleted"))
    elif kind.appends:
        rows = (number("outputrows", "addedrows"), 0, 0)
    else:
        return None
    return None if None in rows else ChangeCounts(*(count or 0 for count in rows))


def changed_columns(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs, in words."""
    others = [f"{c} was {before[c]}, is {now[c]}" for c in before if c in now and before[c] != now[c]]
    gone = [f"{c} is gone" for c in before if c not in now]
    return [*others, *gone, *(f"{c} is new" for c in now if c not in before)]


def only_adds_columns(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether all columns are as they were, beside new ones."""
    return all(now.get(column) == kind for column, kind in before.items())


def is_hole(fault: BaseException) -> bool:
    """Whether a change feed could not be read since it does not have all changes any more, or never had them."""
    return any(f"[{condition}" in str(fault) for condition in HOLES)
