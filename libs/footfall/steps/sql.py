"""Runs a `.sql` file of a package over frames, without temporary views. Reads only footfall's own files."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from pyspark.sql import DataFrame


def run_sql(package: str, name: str, *, values: Mapping[str, Any] | None = None, **frames: DataFrame) -> DataFrame:
    """The result of `libs/footfall/<package>/<name>.sql`, in which `{name}` is a frame and `:name` a value."""
    text = resources.files(f"footfall.{package}").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    spark = next(iter(frames.values())).sparkSession
    return spark.sql(text, args=dict(values or {}), **frames)
