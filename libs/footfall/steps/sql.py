"""Runs a `.sql` file of a room over frames; no temporary views, no strings put together. Touches only the package's own files."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from pyspark.sql import DataFrame


def run_sql(room: str, name: str, *, values: Mapping[str, Any] | None = None, **frames: DataFrame) -> DataFrame:
    """The result of `libs/footfall/<room>/<name>.sql`: frames stand in it as `{name}`, values as `:name`."""
    text = resources.files(f"footfall.{room}").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    spark = next(iter(frames.values())).sparkSession
    return spark.sql(text, args=dict(values or {}), **frames)
