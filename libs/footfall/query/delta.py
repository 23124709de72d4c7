"""Opens Delta tables with delta-rs, which is loaded when it is needed. Touches the lake, reading only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from footfall.errors import DataError, EnvironmentFault
from footfall.query.links import is_misread, link_files, link_log

if TYPE_CHECKING:
    from deltalake import DeltaTable

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]+:/")
_LOCAL = re.compile(r"^file:(//(localhost)?(?=/))?")
# delta-rs writes the causes of an error below each other, with coloured arrows
_NEXT_CAUSE = re.compile(r"\s*\x1b\[\d+m↳\x1b\[0m\s*")


@dataclass(frozen=True)
class LakeLocation:
    """The root of a lake, and the options with which delta-rs gets there."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict, repr=False)  # they may hold a password

    @classmethod
    def at(cls, root: str | Path, storage_options: Mapping[str, str] | None = None) -> LakeLocation:
        """A path is made absolute, also behind `file:`, where Spark decodes nothing; other URIs stay as they are.

        DataError where the root is empty.
        """
        text = _LOCAL.sub("", str(root))
        if not text:
            raise DataError(
                "the root of the lake is empty.", fix="Name the folder that jobs write to (setting lake.root)."
            )
        text = text.rstrip("/") if _SCHEME.match(text) else str(Path(text).expanduser().resolve())
        return cls(text, dict(storage_options or {}))

    def path(self, table: str) -> str:
        """The path of `layer.table` below the root, as Spark takes it."""
        return f"{self.root.rstrip('/')}/{_below(table)}"

    def holds(self, table: str) -> bool:
        """Whether there is a Delta table of that name; EnvironmentFault where the storage cannot be reached."""
        try:
            from deltalake import DeltaTable
            from deltalake.exceptions import DeltaError
        except ImportError as fault:
            raise missing_package("deltalake", fault) from fault
        try:
            return bool(DeltaTable.is_deltatable(self._uri(table), storage_options=dict(self.storage_options)))
        except (OSError, DeltaError) as fault:
            raise self._unreachable(table, fault) from fault

    def open(self, table: str, version: int | None = None) -> DeltaTable:
        """The table at a version, or at its newest; EnvironmentFault where it cannot be read."""
        try:
            from deltalake import DeltaTable
            from deltalake.exceptions import DeltaError
        except ImportError as fault:
            raise missing_package("deltalake", fault) from fault
        try:
            delta = DeltaTable(self._uri(table), version=version, storage_options=dict(self.storage_options))
            if self._is_linked:
                link_files(self.root, _below(table))
        except (OSError, DeltaError) as fault:
            raise self._unreachable(table, fault) from fault
        return delta

    @property
    def _is_linked(self) -> bool:
        return not _SCHEME.match(self.root) and is_misread(self.root)

    def _uri(self, table: str) -> str:
        """The path as delta-rs takes it, which knows S3 by one name only and misreads some local paths."""
        if self._is_linked:
            return str(link_log(self.root, _below(table)))
        return re.sub(r"^s3[an]:", "s3:", self.path(table))

    def _unreachable(self, table: str, fault: Exception) -> EnvironmentFault:
        return EnvironmentFault(
            f"{self.path(table)} cannot be read: {_NEXT_CAUSE.sub(': ', str(fault)).strip()}",
            fix="Check the path, your rights and storage_options; docs/query.md shows them for S3.",
        )


def _below(table: str) -> str:
    """The folder of `layer.table` below the root."""
    return table.replace(".", "/")


def missing_package(name: str, fault: ImportError) -> EnvironmentFault:
    """The error for a package of the extra `query` that is not installed."""
    return EnvironmentFault(
        f"the Python package {name} cannot be imported: {fault}.", fix="Install it: pip install 'footfall[query]'"
    )
