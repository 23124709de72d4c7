"""Brings a model's files to this machine by URI, on the driver or on a worker. Touches MLflow or the storage that the URI names."""

from __future__ import annotations

import os
import tempfile
import warnings

from footfall.errors import EnvironmentFault


def fetch_model(uri: str, *, tracking_uri: str) -> str:
    """The local folder with what lies at a `models:/`, `runs:/`, `s3://`, `hdfs://` or other URI that MLflow can read.

    Raises EnvironmentFault where nothing can be brought from there.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    folder = tempfile.mkdtemp(prefix="footfall-model-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow warns of its own parts
            import mlflow  # seconds, which only such an encoder costs

            mlflow.set_tracking_uri(tracking_uri)
            mlflow.set_registry_uri(tracking_uri)  # as footfall.registry has it
            return str(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
    except Exception as fault:  # MLflow passes on whatever its storage clients raise
        first = str(fault).strip().splitlines()[0][:200] if str(fault).strip() else type(fault).__name__
        raise EnvironmentFault(
            f"the encoder {uri} cannot be fetched: {first}",
            mend="Check text.encoder, the rights of this user, and mlflow.tracking_uri.",
        ) from fault
