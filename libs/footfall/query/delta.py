"""Opens Delta tables with delta-rs, which is loaded when it is needed. Touches the lake, reading only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from footfall.errors import DataError, EnvironmentFault

if TYPE_CHECKING:
    from deltalake import DeltaTable

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]+:/")
_MISREAD = ("%", "\\")  # delta-rs 1.6.6 decodes them in the path of a log, and not in those of data files
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

        DataError where the root is empty, or a path that delta-rs would take for another one.
        """
        text = _LOCAL.sub("", str(root))
        if not text:
            raise DataError(
                "the root of the lake is empty.", fix="Name the folder that jobs write to (setting lake.root)."
            )
        if _SCHEME.match(text):
            return cls(text.rstrip("/"), dict(storage_options or {}))
        text = str(Path(text).expanduser().resolve())
        if any(sign in text for sign in _MISREAD):
            raise DataError(
                f"{text}: delta-rs decodes % and \\ in a path, and would open another folder or none.",
                fix="Give the folder a name without them, or read the lake with Spark.",
            )
        return cls(text, dict(storage_options or {}))

    def path(self, table: str) -> str:
        """The path of `layer.table` below the root, as Spark takes it."""
        return f"{self.root.rstrip('/')}/{table.replace('.', '/')}"

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
            return DeltaTable(self._uri(table), version=version, storage_options=dict(self.storage_options))
        except (OSError, DeltaError) as fault:
            raise self._unreachable(table, fault) from fault

    def _uri(self, table: str) -> str:
        """The path as delta-rs takes it, which knows S3 by one name only."""
        return re.sub(r"^s3[an]:", "s3:", self.path(table))

    def _unreachable(self, table: str, fault: Exception) -> EnvironmentFault:
        return EnvironmentFault(
            f"{self.path(table)} cannot be read: {_NEXT_CAUSE.sub(': ', str(fault)).strip()}",
            fix="Check the path, your rights and storage_options; docs/query.md shows them for S3.",
        )


def missing_package(name: str, fault: ImportError) -> EnvironmentFault:
    """The error for a package of the extra `query` that is not installed."""
    return EnvironmentFault(
        f"the Python package {name} cannot be imported: {fault}.", fix="Install it: pip install 'footfall[query]'"
    )
