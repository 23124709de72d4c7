"""A real Spark standalone cluster on one machine: a master and workers, each a process of its own, on loopback."""

from __future__ import annotations

import importlib.util
import json
import secrets
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.daemons import LOOPBACK, ClusterError, Daemons, free_ports
from infra.submit.secret_settings import write_private

_DEPLOY = "org.apache.spark.deploy"
_ENCRYPTED = {
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.network.crypto.cipher": "AES/GCM/NoPadding",
    "spark.network.crypto.authEngineVersion": "2",
    "spark.master.rest.enabled": "false",  # it knows no secret, so the master refuses to start with both
}


@dataclass(frozen=True)
class RunningCluster:
    """A cluster's processes, its master's URI, and the file with its secret, for --secret-conf of spark-submit.sh."""

    daemons: Daemons
    master: str
    secret_conf: Path


def spark_home() -> Path:
    """The Spark inside pip's pyspark of the Python that runs this."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise ClusterError("pyspark is not installed in this Python: run it with .venv/bin/python.")
    return Path(spec.origin).parent


def start(
    folder: Path,
    *,
    tied: bool,
    workers: int = 2,
    cores: int = 1,
    memory: str = "1536m",
    worker_settings: Sequence[dict[str, str]] = (),
) -> RunningCluster:
    """Starts a master and `workers`, and returns once all workers have registered.

    All processes share a new random secret, by which they authenticate and encrypt what they send. `worker_settings` gives
    each worker Spark settings of its own, such as the discovery script of its GPUs.
    """
    folder, home = folder.resolve(), spark_home()
    port, web_port, *worker_ports = free_ports(2 + workers)
    master = f"spark://{LOOPBACK}:{port}"
    env = {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": f"-XX:TieredStopAtLevel=1 -Dfootfall.folder={folder}",  # daemons do little
    }
    spark_class = str(home / "bin" / "spark-class")
    daemons = Daemons(folder, tied=tied)
    settings = {**_ENCRYPTED, "spark.authenticate.secret": secrets.token_hex(32)}
    shared = write_private(_lines(settings), folder / "secret.conf")
    with daemons:
        address = ["--host", LOOPBACK, "--port", str(port), "--webui-port", str(web_port)]
        command = [spark_class, f"{_DEPLOY}.master.Master", *address, "--properties-file", str(shared)]
        daemons.start("master", command, env=env)
        daemons.wait("the Spark master", lambda: _workers(web_port) is not None)
        for number, worker_port in enumerate(worker_ports, start=1):
            name = f"worker-{number}"
            own = worker_settings[number - 1] if worker_settings else {}
            file = write_private(_lines({**settings, **own}), folder / f"{name}.conf") if own else shared
            size = ["--cores", str(cores), "--memory", memory, "--work-dir", str(folder / name)]
            address = ["--host", LOOPBACK, "--webui-port", str(worker_port), "--properties-file", str(file)]
            daemons.start(name, [spark_class, f"{_DEPLOY}.worker.Worker", *address, *size, master], env=env)
        daemons.wait("the Spark workers", lambda: _workers(web_port) == workers)
    (folder / "address").write_text(master, encoding="utf-8")
    return RunningCluster(daemons, master, shared)


def _lines(settings: dict[str, str]) -> str:
    return "".join(f"{key} {value}\n" for key, value in settings.items())


def _workers(web_port: int) -> int | None:
    """How many workers the master counts as alive, or None before it answers."""
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{web_port}/json/", timeout=5) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (OSError, ValueError):
        return None
