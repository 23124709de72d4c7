"""What travels with a registered model: footfall's own files as MLflow's code path, the packages it needs, its signature."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

# What fitted models import; `dependencies` of pyproject.toml, and the MLflow of its extra `serve`.
SCORING = ("mlflow-skinny", "numpy", "pandas", "pyyaml", "scikit-learn", "scipy", "threadpoolctl")


def requirements(loader: str) -> list[str]:
    """Packages of an index, each with the version of this process, that the model of the module `loader` is opened with.

    A loader that imports more than SCORING names it in its `REQUIRES`. Stated here, since MLflow would otherwise guess by
    running the model.
    """
    more: tuple[str, ...] = getattr(importlib.import_module(loader), "REQUIRES", ())
    return [f"{name}=={metadata.version(name).partition('+')[0]}" for name in (*SCORING, *more)]


def copy_library(into: Path) -> Path:
    """Writes the files of the footfall that runs to `into/footfall`, also where it runs from a zip; returns that folder."""
    target = into / "footfall"
    _copy(resources.files("footfall"), target)
    return target


def schema(columns: Sequence[tuple[str, str]]) -> Any:
    """MLflow's schema of (name, type) columns; `array<type>` is a list of numbers."""
    from mlflow.types import ColSpec, Schema
    from mlflow.types.schema import Array, DataType

    def kind(text: str) -> Any:
        return Array(kind(text[6:-1])) if text.startswith("array<") else DataType[text]

    return Schema([ColSpec(kind(text), name) for name, text in columns])


@contextmanager
def running_library() -> Iterator[None]:
    """Keeps `sys.path` as it is: MLflow puts each loaded model's copy of footfall before the one that runs."""
    path = sys.path
    try:
        yield
    finally:
        sys.path = path


def _copy(source: Traversable, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                _copy(entry, target / entry.name)
        else:
            (target / entry.name).write_bytes(entry.read_bytes())
