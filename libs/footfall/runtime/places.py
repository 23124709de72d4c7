"""Places that the settings name and that a cluster's machines cannot see: a sqlite MLflow, a local encoder. Pure but for one look."""

from __future__ import annotations

from pathlib import Path

from footfall.errors import SettingsError
from footfall.runtime.session import Machines
from footfall.settings import Settings
from footfall.tables import LABELLED_CLAUSES, LABELLED_TEXTS, LABELLED_TICKETS, REVIEWS, TICKETS

TEXTS = (REVIEWS, TICKETS, LABELLED_TEXTS, LABELLED_CLAUSES, LABELLED_TICKETS)


def require_shared_places(settings: Settings, machines: Machines) -> None:
    """Raises SettingsError, with every fault at once, where a place is local to one machine and others need it.

    MLflow is opened by the driver of every job, and jobs may run on different machines. Workers read the encoder. The
    page is written by the driver: where that is not the machine that started the job, the page would be lost.
    `cluster.shared_paths` says that all machines see the same paths.
    """
    if not machines.is_cluster or settings.cluster.shared_paths:
        return
    faults = []
    if settings.mlflow.tracking_uri.startswith("sqlite:"):
        faults.append(
            f"mlflow.tracking_uri is {settings.mlflow.tracking_uri}, a file of one machine: set the address of an MLflow server"
        )
    if _brings_texts(settings):
        faults += [
            f"{key} is {name}, a folder of one machine: set a hub id, or a URI that workers can read (hdfs://, s3://, models:/)"
            for key, name in _encoders(settings)
            if is_local(name)
        ]
    tune = settings.fine_tune
    if tune.enabled and not (tune.on_driver and machines.driver_is_local):
        faults.append(f"fine_tune.folder is {tune.folder}, a folder of one machine: set fine_tune.on_driver to true")
    if not machines.driver_is_local and "://" not in settings.report.path:
        faults.append(
            f"report.path is {settings.report.path}, a file of the driver: set an s3:// path, or run jobs/report.py in client mode"
        )
    if faults:
        raise SettingsError(
            f"on a cluster these settings do not work: {'; '.join(faults)}.",
            fix="Change them in conf/env/<name>/settings.yaml; or, where every machine sees the same paths (a shared disk, an "
            "image that holds them), set cluster.shared_paths to true.",
        )


def is_local(encoder: str) -> bool:
    """Whether an encoder's name is a path of this machine, and neither a hub's id nor a URI of shared storage."""
    name = encoder.removeprefix("file:")
    return name != encoder or name.startswith(("/", ".", "~")) or (":/" not in name and Path(name).is_dir())


def _encoders(settings: Settings) -> list[tuple[str, str]]:
    serving = [(f"text.serving[{place}].encoder", spec.encoder) for place, spec in enumerate(settings.text.serving)]
    return [("text.encoder", settings.text.encoder), *serving]


def _brings_texts(settings: Settings) -> bool:
    names = {table.name for table in TEXTS}
    return any(names & set(feed.into) for source in settings.all_sources for feed in source.feeds.values())
