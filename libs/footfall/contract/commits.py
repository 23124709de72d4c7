"""What readers see of a table that others commit to as well: the version to read, and whose rows it holds. Pure, without Spark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from footfall.contract import Layer

# Delta's operations that change no row: they move rows to other files, or change only what is said about the table.
LAYOUT = frozenset({
    "OPTIMIZE", "REORG", "VACUUM START", "VACUUM END", "CLUSTER BY", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES",
    "ADD COLUMNS", "CHANGE COLUMN", "CHANGE COLUMNS", "UPDATE COLUMN METADATA", "ADD CONSTRAINT", "DROP CONSTRAINT",
    "UPGRADE PROTOCOL", "ADD FEATURE", "COMPUTE STATS", "DOMAIN METADATA CLEANUP",
})  # fmt: skip
# how labels of footfall's own removals begin: rows past their time, rows of a dead batch, rows of people who withdrew
EXPIRE, UNDO = "expire_", "undo/"
WITHDRAWN = f"{EXPIRE}withdrawn"
# `outputs` of a batch hold other things too: rows of a table (`results.segments#rows`), versions of models (`model:churn`)
_TABLE = re.compile(rf"({'|'.join(Layer)})\.[^#:]+")
IsFinished = Callable[[str, int], bool]  # whether a step's batch is over: closed, or given up and undone


def written_tables(outputs: Mapping[str, str]) -> dict[str, int]:
    """Table -> the version that a batch left of it, from its `outputs` in books.batches."""
    return {name: int(version) for name, version in outputs.items() if _TABLE.fullmatch(name)}


@dataclass(frozen=True)
class Commit:
    """One commit of a table. `label` is its user metadata; `restored` the version that a RESTORE went back to."""

    version: int
    operation: str
    label: str = ""
    restored: int | None = None
    appends: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Commit:
        """From a row of DESCRIBE HISTORY, or an entry of delta-rs' history."""
        parameters = row.get("operationParameters") or {}
        restored = parameters.get("version") if row["operation"] == "RESTORE" else None
        mode = str(parameters.get("mode") or parameters.get("outputMode") or "")
        return cls(
            int(row["version"]), str(row["operation"]), str(row.get("userMetadata") or ""),
            None if restored is None else int(restored), mode == "Append",
        )  # fmt: skip

    @property
    def keeps_rows(self) -> bool:
        """Whether readers of the table need not look again: layout, and removals that footfall made itself."""
        return self.operation in LAYOUT or self.label.startswith((EXPIRE, UNDO))

    def batch(self, table: str) -> tuple[str, int] | None:
        """The step and the batch that wrote it, by its label `step/table/batch_id`; None where somebody else did."""
        step, _, rest = self.label.partition("/")
        place, _, number = rest.rpartition("/")
        is_ours = (place == table or place.startswith(f"{table}/")) and number.isdecimal()
        return (step, int(number)) if is_ours else None


@dataclass(frozen=True)
class View:
    """What readers see of a table: the version to read, and the version that last changed its rows."""

    version: int
    content: int


def view_of(table: str, closed: int, commits: Iterable[Commit], is_finished: IsFinished) -> View:
    """What readers see of a table whose last closed batch left version `closed`.

    Commits of others show at once, those of a batch that is not over never. `commits` may be in any order.
    """
    view = View(closed, closed)
    for commit, content in _contents(closed, commits):
        batch = commit.batch(table)
        if batch and not commit.keeps_rows and not is_finished(*batch):
            break
        view = View(commit.version, content)
    return view


def newest_with(content: int, commits: Iterable[Commit]) -> int:
    """The newest version with the rows of version `content`: since then only layout may have changed."""
    return max(
        (commit.version for commit, rows_of in _contents(content, commits) if rows_of == content), default=content
    )


def removes_rows(commits: Iterable[Commit]) -> bool:
    """Whether any of the commits took rows away or changed some, other than footfall's own removals."""
    return any(not commit.keeps_rows and not commit.appends for commit in commits)


def _contents(first: int, commits: Iterable[Commit]) -> Iterator[tuple[Commit, int]]:
    """Each commit after version `first`, from old to new, with the version that last changed the rows that it leaves."""
    later = sorted((commit for commit in commits if commit.version > first), key=lambda commit: commit.version)
    undone = {commit.label.removeprefix(UNDO) for commit in later if commit.label.startswith(UNDO)}
    contents, content = {first: first}, first
    for commit in later:
        if commit.label in undone:  # its rows are gone again further on
            yield commit, commit.version
            continue
        if commit.restored in contents:
            content = contents[commit.restored]
        elif not commit.keeps_rows:
            content = commit.version
        contents[commit.version] = content
        yield commit, content
