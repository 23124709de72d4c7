"""MLflow's place: how to reach it, whether it can be used, what to say where it cannot."""

from __future__ import annotations

import importlib
import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from footfall.errors import EnvironmentFault, FootfallError, SettingsError, TryAgain
from footfall.steps.quiet import quiet

# A server that is down is noticed within half a minute, not after MLflow's seven tries of two minutes each.
QUICK = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
# how MLflow refuses an address: an unknown scheme, a broken URL, a folder of files, a registry without aliases
_WRONG_URI = (
    "unsupported URI",
    "Invalid url",
    "is in maintenance mode",
    "Setting the tracking URI",
    "Workspace Model Registry",
)


# What MLflow is told counts for the whole process (its address, warnings, sys.path while it loads a model), and two threads
# that make the same experiment, or the tables of a new file, at once would both fail.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def reached(uri: str) -> Iterator[ModuleType]:
    """MLflow with runs and registry at `uri`, quiet about its own parts while the block runs; for one thread at a time.

    Its import takes seconds.
    """
    with _ONE_AT_A_TIME:
        yield from _reached(uri)


def load() -> None:
    """Imports MLflow to its end, which takes seconds, for a thread whose neighbours will compute.

    MLflow imports polars, and scikit-learn fails in any other thread as long as polars is half imported (docs/traps.md).
    """
    with _ONE_AT_A_TIME, quiet():
        _import()


def _import() -> ModuleType:
    for key, value in QUICK.items():
        os.environ.setdefault(key, value)
    return importlib.import_module("mlflow")


def _reached(uri: str) -> Iterator[ModuleType]:
    with quiet():  # it warns of its own parts, and that we log no example: rows of real people
        mlflow = _import()
        for chatty in ("mlflow", "alembic"):
            logging.getLogger(chatty).setLevel(logging.ERROR)
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(registry_uri(uri))
        yield mlflow


def registry_uri(tracking_uri: str) -> str:
    """Where models are registered: on Databricks in Unity Catalog, since a workspace's own registry has no aliases."""
    return re.sub(r"^databricks(?=$|:)", "databricks-uc", tracking_uri)


def without_password(text: str) -> str:
    """The text with no name, password or token before the host of an address."""
    return re.sub(r"(?<=://)[^/\s]*@", "...@", text)


def require_usable(file: Path) -> None:
    """Makes the folder of a sqlite file and looks at the file: MLflow itself would try a broken one for an hour."""
    fix = "Give this user the right to write it, or point mlflow.tracking_uri elsewhere."
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        start = _first_bytes(file)
    except OSError as fault:
        raise EnvironmentFault(f"MLflow's file {file} cannot be used: {fault.strerror}.", fix=fix) from fault
    if start not in {b"", b"SQLite format 3\0"}:
        raise EnvironmentFault(f"MLflow's file {file} cannot be used: it is no sqlite database.", fix=fix)
    if not os.access(file if start else file.parent, os.W_OK):
        raise EnvironmentFault(f"MLflow's file {file} cannot be used: no right to write.", fix=fix)


def _first_bytes(file: Path) -> bytes:
    if not file.exists():
        return b""
    with file.open("rb") as opened:
        return opened.read(16)


def explained(fault: Exception, *, uri: str) -> FootfallError | None:
    """What MLflow raised in footfall's words; None where it is not about its place."""
    text, uri = without_password(str(fault)), without_password(uri)
    if isinstance(fault, ImportError):
        return _without_driver(fault, uri)
    first = text.strip().splitlines()[0][:200] if text.strip() else type(fault).__name__
    if any(sign in text for sign in ("API request to", "Connection refused", "Max retries exceeded")):
        return TryAgain(
            f"MLflow at {uri} does not answer: {first}",
            fix="Start the server or fix mlflow.tracking_uri (--set mlflow.tracking_uri=...), then start again.",
        )
    if any(sign in text for sign in ("unable to open database", "readonly database", "disk I/O")):
        return EnvironmentFault(
            f"MLflow's {uri} cannot be used: {first}",
            fix="Give this user the right to write it, or point mlflow.tracking_uri elsewhere.",
        )
    if any(sign in text for sign in _WRONG_URI):
        return SettingsError(
            f"mlflow.tracking_uri is {uri}, which cannot be used: {first}",
            fix="Set it to a sqlite file (sqlite:///build/mlflow/mlflow.db) or to the address of an MLflow server.",
        )
    return None


def _without_driver(fault: ImportError, uri: str) -> FootfallError | None:
    """For a database whose Python package is absent; another import that fails is not about MLflow's place."""
    scheme = uri.partition("://")[0].partition("+")[0]
    if scheme not in {"postgresql", "mysql", "mssql"}:
        return None
    return EnvironmentFault(
        f"mlflow.tracking_uri names a database, {scheme}, whose Python package is absent: {fault}.",
        fix="Install the package, or set mlflow.tracking_uri to the address of an MLflow server.",
    )
