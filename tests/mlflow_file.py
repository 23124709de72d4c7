"""MLflow's sqlite file with its tables in it, made once in a process: that takes seconds."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path

from mlflow import MlflowClient


def fresh_mlflow(folder: Path) -> str:
    """The address of a new sqlite file in the folder, in which MLflow has made its tables and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "mlflow.db"
    shutil.copy(_made(), file)
    return f"sqlite:///{file}"


@cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mlflow"))
    file = folder / "mlflow.db"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns of its own parts
        assert MlflowClient(f"sqlite:///{file}", f"sqlite:///{file}").search_registered_models() == []
    return file
