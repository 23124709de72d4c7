"""Which versions tables are at, and what was committed since: each looked up once a run. Touches logs of Delta tables, reading only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import RLock

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from footfall.contract import Layer
from footfall.contract.commits import Commit
from footfall.contract.ddl import date_literal
from footfall.errors import TryAgain

ABSENT = {
    "DELTA_TABLE_ONLY_OPERATION",
    "DELTA_TABLE_NOT_FOUND",
    "DELTA_MISSING_DELTA_TABLE",
    "DELTA_PATH_DOES_NOT_EXIST",
    "TABLE_OR_VIEW_NOT_FOUND",
    "PATH_NOT_FOUND",
}
# what time travel raises where Delta keeps a version no longer, or would not promise that it does
UNREADABLE_VERSION = {
    "DELTA_UNSUPPORTED_TIME_TRAVEL_BEYOND_DELETED_FILE_RETENTION_DURATION",
    "DELTA_VERSION_NOT_FOUND",
    "DELTA_TRUNCATED_TRANSACTION_LOG",
    "DELTA_LOG_FILE_NOT_FOUND",
    "DELTA_NO_RECREATABLE_HISTORY_FOUND",
    "DELTA_MISSING_CHANGE_DATA",
}
# how faults begin that say so when the rows are read
_GONE = (*UNREADABLE_VERSION, "FAILED_READ_FILE", "FileNotFound")
_LISTED = (Layer.RAW, Layer.REFINED, Layer.RESULTS)  # the books are read at their newest version
_LOG_FILE = re.compile(r"/([^/]+)/([^/]+)/_delta_log/(\d{20})\.json$")


def is_gone(fault: Exception) -> bool:
    """Whether a read failed since the files or the log of an older version are gone; in classic Spark no PySparkException."""
    return isinstance(fault, TryAgain) or any(sign in str(fault) for sign in _GONE)


@dataclass
class Versions:
    """Newest versions of a lake's tables, and their commits. Safe for several threads.

    What others commit shows once a run, at the first look; what this process commits is noted by `note` or `forget`.
    `name` gives the name of `layer.table` in SQL; `root` is empty in a catalog, whose files are nobody's to list.
    """

    spark: SparkSession
    root: str
    name: Callable[[str], str]
    _newest: dict[str, int] = field(default_factory=dict)
    _commits: dict[str, tuple[int, list[Commit]]] = field(default_factory=dict)
    _is_listed: bool = False
    _lock: RLock = field(default_factory=RLock)

    def newest(self, table: str) -> int | None:
        """The newest version of `layer.table` when this run first looked, or after what it wrote since; None: no such table.

        The first look lists the logs of all tables: some 0.2 s, where DESCRIBE HISTORY takes 0.1 s for each table.
        """
        with self._lock:
            if not self._is_listed and self.root:
                self._newest = self._listed() | self._newest
            self._is_listed = True
            if table not in self._newest:
                history = self.history(table, 1)
                if not history:
                    return None
                self._newest[table] = int(history[0]["version"])
            return self._newest[table]

    def since(self, table: str, version: int) -> list[Commit]:
        """The commits of `layer.table` after a version, as far as its log reaches back."""
        newest = self.newest(table)
        if newest is None or newest <= version:
            return []
        with self._lock:
            first, commits = self._commits.get(table, (newest, []))
            if version < first:
                commits = [Commit.of(row.asDict()) for row in self.history(table, newest - version)]
                self._commits[table] = (version, commits)
        return [commit for commit in commits if version < commit.version <= newest]

    def note(self, table: str, version: int) -> None:
        """Says that this process committed a version."""
        with self._lock:
            self._newest[table] = max(version, self._newest.get(table, 0))
            self._commits.pop(table, None)

    def forget(self, table: str) -> None:
        """Says that this process committed something, so that the next look is a new one."""
        with self._lock:
            self._newest.pop(table, None)
            self._commits.pop(table, None)

    def history(self, table: str, limit: int | None = None) -> Sequence[T.Row]:
        """The newest commits as Delta describes them, newest first; empty where there is no such table."""
        try:
            at_most = f" LIMIT {limit}" if limit else ""
            return self.spark.sql(f"DESCRIBE HISTORY {self.name(table)}{at_most}").collect()
        except AnalysisException as fault:
            if fault.getCondition() in ABSENT:
                return []
            raise

    def has_replaced(self, table: str, day: date) -> bool:
        """Whether a commit that the log of a table by as-of date still holds put rows, or none, in place of those of the day."""
        predicates = (row["operationParameters"].get("predicate") or "" for row in self.history(table))
        return any(date_literal(day) in predicate for predicate in predicates)

    def _listed(self) -> dict[str, int]:
        """The newest version of each table below the root but the books, by the names of the files in their logs."""
        files = [_LOG_FILE.search(file) for layer in _LISTED for file in self._log_files(layer)]
        newest: dict[str, int] = {}
        for match in filter(None, files):
            table = f"{match[1]}.{match[2]}"
            newest[table] = max(int(match[3]), newest.get(table, 0))
        return newest

    def _log_files(self, layer: Layer) -> list[str]:
        """Layer by layer: beyond 32 folders Spark lists by a job of its own, which takes five times as long."""
        logs = self.spark.read.format("binaryFile").option("pathGlobFilter", "*.json")
        try:
            return logs.load(f"{self.root.rstrip('/')}/{layer}/*/_delta_log").inputFiles()
        except AnalysisException as fault:
            if fault.getCondition() == "PATH_NOT_FOUND":
                return []
            raise
