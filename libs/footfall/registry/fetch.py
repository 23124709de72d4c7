"""Brings a model's files to this machine by URI, on the driver or on a worker. Touches MLflow or the storage that the URI names."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyspark
from pyarrow import fs

from footfall.errors import EnvironmentFault
from footfall.registry.place import reached

CONFIG = "config.json"
TIMEOUT_S = 1800  # a name node that is gone must not hold a task for ever
WANTED = ("*.json", "*.txt", "*.safetensors", "*.bin", "*.model")  # of a hub's folder, which has other forms too
S3_SCHEMES = ("s3://", "s3a://", "s3n://")
HADOOP_SCHEMES = ("hdfs://", "viewfs://", "webhdfs://", "swebhdfs://")


@contextmanager
def fetched_model(uri: str, *, tracking_uri: str) -> Iterator[str]:
    """The local folder with what lies at a `models:/`, `runs:/`, `s3://`, `hdfs://` or another URI that MLflow can read, for the block.

    Raises EnvironmentFault where nothing can be brought from there.
    """
    with tempfile.TemporaryDirectory(prefix="footfall-model-", ignore_cleanup_errors=True) as folder:
        if uri.startswith(HADOOP_SCHEMES):
            yield _from_hadoop(uri, folder)
        elif uri.startswith(S3_SCHEMES):
            yield _from_s3(uri, folder)
        else:
            yield _brought(uri, folder, tracking_uri)


@contextmanager
def encoder_folder(name: str, *, tracking_uri: str) -> Iterator[Path]:
    """A local folder with an encoder, named as in the setting text.encoder, for the block."""
    local = Path(name.removeprefix("file:").replace("//", "/")).expanduser()
    if local.is_dir():
        yield local
    elif ":/" in name:
        with fetched_model(name, tracking_uri=tracking_uri) as folder:
            yield Path(folder)
    else:
        yield Path(_from_hub(name))


def _from_hub(name: str) -> str:
    from huggingface_hub import snapshot_download

    try:
        return snapshot_download(name, allow_patterns=list(WANTED))
    except (OSError, ValueError) as fault:
        raise EnvironmentFault(
            f"the encoder {name} cannot be fetched from the hub: {fault}",
            fix="Check text.encoder, or give it as a directory.",
        ) from fault


def _brought(uri: str, folder: str, tracking_uri: str) -> str:
    try:
        with reached(tracking_uri) as mlflow:
            brought = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
    except Exception as fault:  # MLflow passes on whatever its storage clients raise
        raise EnvironmentFault(
            f"the encoder {uri} cannot be fetched: {_first_line(fault)}",
            fix="Check text.encoder, the rights of this user, and mlflow.tracking_uri.",
        ) from fault
    return str(_encoder_in(brought))


def _first_line(fault: Exception) -> str:
    """What it says, in short; its kind where it says nothing."""
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0][:200]


def _encoder_in(folder: Path) -> Path:
    """Where the encoder itself lies: a model that MLflow serves has it among its data."""
    if (folder / CONFIG).is_file():
        return folder
    return next((file.parent for file in sorted(folder.rglob(CONFIG))), folder)


def _from_s3(uri: str, folder: str) -> str:
    """By Arrow, which every worker has; rights, region and endpoint are those of the process' AWS environment."""
    target = Path(folder) / "encoder"
    target.mkdir()
    try:
        fs.copy_files(f"s3://{uri.partition('://')[2]}", str(target))
    except (OSError, pa.ArrowInvalid) as fault:
        raise EnvironmentFault(
            f"the encoder {uri} cannot be fetched: {_first_line(fault)}",
            fix="Check text.encoder, the rights of this user, and AWS_REGION (AWS_ENDPOINT_URL for storage elsewhere) on every worker.",
        ) from fault
    return str(target)


def _from_hadoop(uri: str, folder: str) -> str:
    """By Hadoop's own client, which comes with Spark: MLflow's wants libhdfs, which Spark's machines often lack."""
    target = Path(folder) / "encoder"
    home = Path(os.environ.get("SPARK_HOME") or Path(pyspark.__file__).parent)
    java = Path(os.environ["JAVA_HOME"]) / "bin" / "java" if os.environ.get("JAVA_HOME") else Path("java")
    Path(folder, "core-site.xml").write_text("<configuration/>", encoding="utf-8")  # the client wants one, if only this
    classes = os.pathsep.join(filter(None, (os.environ.get("HADOOP_CONF_DIR"), f"{home}/jars/*", folder)))
    command = [str(java), "-Xmx256m", "-cp", classes, "org.apache.hadoop.fs.FsShell", "-get", uri, str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)  # noqa: S603 - no shell reads the URI
        messages = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("\t")]
    except (OSError, subprocess.TimeoutExpired) as fault:
        messages = [str(fault)]
    if not target.is_dir():
        raise EnvironmentFault(
            f"the encoder {uri} cannot be fetched: {messages[-1][:200] if messages else 'it is no folder'}",
            fix="Check text.encoder and the rights of this user. Every worker needs java (JAVA_HOME), Spark's jars "
            "(SPARK_HOME), and HADOOP_CONF_DIR where the URI names no name node.",
        )
    return str(target)
