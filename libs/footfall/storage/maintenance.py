"""Keeps tables healthy: small files into large ones, files that nobody reads any more off the disk. Touches the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Row

from footfall.contract import Layer
from footfall.contract.commits import EXPIRE, view_of
from footfall.errors import TryAgain
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.tables import BOOKS, QUARANTINE

UNPINNED = {table.full_name for table in (QUARANTINE, *BOOKS)}  # readers take their newest version
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True)
class Health:
    """What was done, or with a dry run could be done, to one table; `kept` says why nothing was."""

    table: str
    files_before: int = 0
    files_after: int = 0
    files_deleted: int = 0
    bytes_freed: int | None = None
    kept: str = ""

    def __str__(self) -> str:
        if self.kept:
            return f"{self.table:<42} left alone: {self.kept}"
        freed = "" if self.bytes_freed is None else f", {_size(self.bytes_freed)} freed"
        files = f"{self.files_before:>7,} -> {self.files_after:,} files"
        return f"{self.table:<42}{files}, {self.files_deleted:,} old files deleted{freed}"


def in_use(books: Books) -> dict[str, str]:
    """Tables that a batch which is not over reads or writes -> its step; those that only remove old rows left out."""
    tables: dict[str, str] = {}
    for batch in (batch for batch in books.open_batches() if not batch.step.startswith(EXPIRE)):
        tables |= {name: batch.step for name in batch.inputs if name.partition(".")[0] in set(Layer)}
    return tables


def maintain(lake: Lake, books: Books, table: str, *, dry_run: bool = False) -> Health | None:
    """OPTIMIZE and VACUUM of `layer.table`, as its properties say; None where nothing was written to it yet.

    A table that a batch which is not over reads or writes is left alone: its files, and the versions that the batch and
    other readers pinned, stay. With `dry_run` nothing changes, and `files_deleted` are those that VACUUM would delete. A
    table where nothing is to do gets no commit.
    """
    if lake.properties(table) is None or _is_untouched(lake, books, table):
        return None
    if kept := _why_kept(lake, books, table):
        return Health(table, kept=kept)
    name, files_before = lake.name(table), _files(lake, table)
    files_after = files_before
    if not dry_run and files_before > 1:
        lake.spark.sql(f"OPTIMIZE {name}").collect()
        lake.versions.forget(table)
        files_after = _files(lake, table)
    old_files = len(lake.spark.sql(f"VACUUM {name} DRY RUN").collect())
    freed = None
    if old_files and not dry_run:
        lake.spark.sql(f"VACUUM {name}").collect()
        lake.versions.forget(table)
        old_files, freed = _deleted(lake.versions.history(table, 2), old_files)
    return Health(table, files_before, files_after, old_files, freed)


def require_all(healths: Sequence[Health]) -> None:
    """Raises TryAgain where tables were left alone."""
    kept = [health.table for health in healths if health.kept]
    if kept:
        raise TryAgain(
            f"left alone, since batches that are not over use them: {', '.join(kept)}.",
            fix="Let the run end that uses them, or start the stage of a run that died once more; then maintain again.",
        )


def _is_untouched(lake: Lake, books: Books, table: str) -> bool:
    """Whether no batch ever wrote to the table."""
    if table in UNPINNED or books.pin(table):
        return False
    return not any(commit.batch(table) for commit in lake.versions.since(table, 0))


def _why_kept(lake: Lake, books: Books, table: str) -> str:
    """Why a table cannot be cared for now, in words; empty where it can."""
    if table in UNPINNED - {QUARANTINE.full_name}:
        return ""
    busy, is_quarantine = in_use(books), table == QUARANTINE.full_name
    # any batch may be a replay, which brings back what it took out of quarantine when it is undone
    if step := next(iter(busy.values()), "") if is_quarantine else busy.get(table, ""):
        return f"{step} has a batch that is not over"
    if is_quarantine:
        return ""
    pin, newest = books.pin(table), lake.versions.newest(table)
    if pin is None:
        return "no batch that wrote it is closed"
    commits = lake.versions.since(table, pin.version)
    is_seen = view_of(table, pin.version, commits, books.is_finished).version == newest
    return "" if is_seen else "a batch that is not over wrote its newest version"


def _files(lake: Lake, table: str) -> int:
    row = lake.spark.sql(f"DESCRIBE DETAIL {lake.name(table)}").first()
    return int(row["numFiles"] or 0) if row else 0


def _deleted(history: Sequence[Row], expected: int) -> tuple[int, int | None]:
    """Files that VACUUM deleted and their bytes, as it says in the table's log; where it says nothing, as expected."""
    for row in history:
        if row["operation"] == "VACUUM START":
            metrics = row["operationMetrics"]
            return int(metrics.get("numFilesToDelete", expected)), int(metrics.get("sizeOfDataToDelete", 0))
    return expected, None


def _size(count: int) -> str:
    """Bytes as people write them: 1.5 MB is 1,500,000."""
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{count} B"
