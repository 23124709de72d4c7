"""A real Spark standalone cluster on one machine: a master and workers, each a process of its own, on loopback."""

from __future__ import annotations

import importlib.util
import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from infra.daemons import LOOPBACK, ClusterError, Daemons, free_ports

_DEPLOY = "org.apache.spark.deploy"


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
    properties: Sequence[Path] = (),
) -> tuple[Daemons, str]:
    """Starts a master and `workers`, and returns them with the master's URI once all workers have registered.

    `properties` gives each worker a file of its own, such as one with the discovery script of its GPUs.
    """
    folder, home = folder.resolve(), spark_home()
    port, web_port, *worker_ports = free_ports(2 + workers)
    master = f"spark://{LOOPBACK}:{port}"
    env = {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": f"-Dfootfall.folder={folder}",
    }
    spark_class = str(home / "bin" / "spark-class")
    daemons = Daemons(folder, tied=tied)
    with daemons:
        where = ["--host", LOOPBACK, "--port", str(port), "--webui-port", str(web_port)]
        daemons.start("master", [spark_class, f"{_DEPLOY}.master.Master", *where], env=env)
        daemons.wait("the Spark master", lambda: _workers(web_port) is not None)
        for number, worker_port in enumerate(worker_ports, start=1):
            size = ["--cores", str(cores), "--memory", memory, "--work-dir", str(folder / f"worker-{number}")]
            place = ["--host", LOOPBACK, "--webui-port", str(worker_port)]
            place += ["--properties-file", str(properties[number - 1])] if properties else []
            daemons.start(f"worker-{number}", [spark_class, f"{_DEPLOY}.worker.Worker", *place, *size, master], env=env)
        daemons.wait("the Spark workers", lambda: _workers(web_port) == workers)
    (folder / "address").write_text(master, encoding="utf-8")
    return daemons, master


def _workers(web_port: int) -> int | None:
    """How many workers the master counts as alive, or None before it answers."""
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{web_port}/json/", timeout=5) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (OSError, ValueError):
        return None
