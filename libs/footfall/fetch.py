"""Brings a model's files to this machine by URI, on the driver or on a worker. Touches MLflow or the storage that the URI names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from footfall.errors import EnvironmentFault
from footfall.mlflow_place import reached


@contextmanager
def fetched_model(uri: str, *, tracking_uri: str) -> Iterator[str]:
    """The local folder with what lies at a `models:/`, `runs:/`, `s3://` or other URI that MLflow can read, for the block.

    Raises EnvironmentFault where nothing can be brought from there.
    """
    with tempfile.TemporaryDirectory(prefix="footfall-model-", ignore_cleanup_errors=True) as folder:
        yield _brought(uri, folder, tracking_uri)


def _brought(uri: str, folder: str, tracking_uri: str) -> str:
    try:
        with reached(tracking_uri) as mlflow:
            return str(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
    except Exception as fault:  # MLflow passes on whatever its storage clients raise
        first = str(fault).strip().splitlines()[0][:200] if str(fault).strip() else type(fault).__name__
        raise EnvironmentFault(
            f"the encoder {uri} cannot be fetched: {first}",
            mend="Check text.encoder, the rights of this user, and mlflow.tracking_uri.",
        ) from fault
