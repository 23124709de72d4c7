"""The lake as readers see it: its tables by name, each at its last closed version. Touches the lake, reading only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from footfall.contract.commits import Commit, IsFinished, view_of
from footfall.errors import DataError
from footfall.query.closed import ClosedVersion, closed_versions, finished_in
from footfall.query.delta import LakeLocation
from footfall.query.table import ClosedTable
from footfall.tables import BATCHES, BOOKS, BY_NAME, QUARANTINE

if TYPE_CHECKING:
    from deltalake import DeltaTable

# every step adds to these, so that no batch names a version of them: readers take the newest one
_UNPINNED = (QUARANTINE, *BOOKS)


class ClosedLake:
    """The tables of a lake as of one look at its books: `lake["results.user_profiles"]`, `list(lake)`, `name in lake`.

    Tables that are read from one ClosedLake belong together; open the lake again to see newer batches.
    """

    def __init__(self, location: LakeLocation, versions: Mapping[str, ClosedVersion], is_finished: IsFinished) -> None:
        self._location = location
        self._versions = versions
        self._is_finished = is_finished
        self._unpinned = tuple(table.full_name for table in _UNPINNED if location.holds(table.full_name))

    def __getitem__(self, name: str) -> ClosedTable:
        """The table `layer.name`; DataError, with the names that are near, where no closed batch wrote it."""
        if name not in self:
            raise self._no_such_table(name)
        closed = self._versions.get(name)
        delta = self._location.open(name)
        if closed and delta.version() != closed.version:
            delta.load_as_version(self._readable_version(delta, closed))
        return ClosedTable(name, self._location.path(name), delta, closed)

    def __iter__(self) -> Iterator[str]:
        """Names of the tables that closed batches wrote, and of the books."""
        return iter(sorted((*self._versions, *self._unpinned)))

    def __len__(self) -> int:
        return len(self._versions) + len(self._unpinned)

    def __contains__(self, name: object) -> bool:
        return name in self._versions or name in self._unpinned

    def __repr__(self) -> str:
        width = max(map(len, self))
        lines = (f"  {name:<{width}}  {self._versions.get(name, 'newest version')}" for name in self)
        return "\n".join((f"lake {self._location.root}, {len(self)} tables", *lines))

    def _readable_version(self, delta: DeltaTable, closed: ClosedVersion) -> int:
        """The closed version, or the newest that others left of it: OPTIMIZE, or a DELETE by hand."""
        commits = [Commit.of(entry) for entry in delta.history(delta.version() - closed.version)]
        return view_of(closed.table, closed.version, commits, self._is_finished).version

    def _no_such_table(self, name: str) -> DataError:
        if name in BY_NAME:
            return DataError(
                f"{name}: no closed batch of lake {self._location.root} wrote this table.",
                fix="Run the stage that writes it (docs/flow.md shows which), then open the lake again.",
            )
        full_names = {name: name for name in self} | {full.rpartition(".")[2]: full for full in self}
        near = [full_names[match] for match in get_close_matches(name, full_names, n=3)]
        names = list(dict.fromkeys(near))
        fix = f"Did you mean {' or '.join(names)}?" if names else f"Choose one of: {', '.join(self)}."
        return DataError(f"{name}: lake {self._location.root} has no such table.", fix=fix)


def open_lake(root: str | Path, *, storage_options: Mapping[str, str] | None = None) -> ClosedLake:
    """The lake below `root`, a path or a URI, as its last closed batches left it; needs no Spark.

    `storage_options` go to delta-rs, which reads the tables. Raises DataError where there is no lake or no closed batch,
    EnvironmentFault where the storage cannot be reached or deltalake is not installed.
    """
    location = LakeLocation.at(root, storage_options)
    if not location.holds(BATCHES.full_name):
        raise DataError(
            f"{location.root} is no lake of footfall: it has no table {BATCHES.full_name}.",
            fix="Name the folder that jobs write to (setting lake.root, option --lake).",
        )
    columns = ["step", "batch_id", "state", "outputs", "now"]
    rows = location.open(BATCHES.full_name).to_pyarrow_table(columns=columns).to_pylist(maps_as_pydicts="strict")
    versions = closed_versions(rows)
    if not versions:
        steps = sorted({row["step"] for row in rows})
        raise DataError(
            f"lake {location.root}: no batch that wrote a table is closed yet (begun: {', '.join(steps) or 'none'}).",
            fix="Wait until the run has ended, or run jobs/pipeline.py on this lake.",
        )
    return ClosedLake(location, versions, finished_in(rows))
