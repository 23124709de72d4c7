"""Reads a lake without Spark: the last closed version of each table, with its contract. What `footfall.open` returns."""

from footfall.query.lake import ClosedLake, open_lake
from footfall.query.table import ClosedTable

__all__ = ["ClosedLake", "ClosedTable", "open_lake"]
