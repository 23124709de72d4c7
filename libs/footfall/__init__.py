"""footfall: raw shop logs to known customers and decided actions. `open` reads a lake; nothing else is loaded before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from footfall.query import ClosedLake

__all__ = ["__version__", "open"]

__version__ = "0.1.0"


def open(root: str | Path, *, storage_options: Mapping[str, str] | None = None) -> ClosedLake:  # noqa: A001 - read as footfall.open
    """The lake below `root`, a path or a URI, as its last closed batches left it; needs no Spark.

        profiles = footfall.open("build/lake")["results.user_profiles"].to_pandas()

    `storage_options` go to delta-rs, which reads the tables (for S3: keys, region, endpoint). Raises DataError where there
    is no lake or no closed batch, EnvironmentFault where the storage cannot be reached or deltalake is not installed.
    """
    from footfall.query import open_lake

    return open_lake(root, storage_options=storage_options)
