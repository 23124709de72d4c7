"""A real YARN on one machine, over the try-out HDFS: one ResourceManager and one NodeManager, on loopback."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path

from infra.daemons import LOOPBACK, ClusterError, Daemons, free_ports
from infra.hdfs.cluster import fetch_jars, hadoop_command, write_conf

_YARN = "org.apache.hadoop.yarn.server"


def start(folder: Path, hdfs: Path, *, tied: bool, cores: int = 2, memory_mb: int = 6144) -> tuple[Daemons, Path]:
    """Starts YARN over the HDFS in the folder `hdfs`; returns its processes and the HADOOP_CONF_DIR to use it with."""
    fetch_jars()
    if not (hdfs / "processes.json").exists():
        raise ClusterError("YARN needs HDFS: run `python -m infra.hdfs start` first.")
    folder, conf = folder.resolve(), folder.resolve() / "conf"
    manager_web, *ports = free_ports(9)
    daemons = Daemons(folder, tied=tied)
    write_conf(
        conf,
        {
            "yarn-site": {
                **_addresses(manager_web, ports),
                "yarn.nodemanager.resource.memory-mb": str(memory_mb),
                "yarn.nodemanager.resource.cpu-vcores": str(cores),
                "yarn.nodemanager.local-dirs": str(folder / "local"),
                "yarn.nodemanager.log-dirs": str(folder / "containers"),
                "yarn.nodemanager.delete.debug-delay-sec": "3600",
                "yarn.nodemanager.vmem-check-enabled": "false",
                # a desktop's disk is often more than 90 % full, which YARN takes for a broken one
                "yarn.nodemanager.disk-health-checker.enable": "false",
                "yarn.scheduler.minimum-allocation-mb": "256",
                "yarn.scheduler.maximum-allocation-mb": str(memory_mb),
            },
            "capacity-scheduler": {
                "yarn.scheduler.capacity.root.queues": "default",
                "yarn.scheduler.capacity.root.default.capacity": "100",
                # one driver may hold half of this small cluster
                "yarn.scheduler.capacity.maximum-am-resource-percent": "0.5",
            },
        },
    )
    shutil.copy(hdfs / "conf" / "core-site.xml", conf)
    shutil.copy(hdfs / "conf" / "hdfs-site.xml", conf)
    with daemons:
        for name, kind in (
            ("resourcemanager", "resourcemanager.ResourceManager"),
            ("nodemanager", "nodemanager.NodeManager"),
        ):
            daemons.start(name, hadoop_command(folder, f"{_YARN}.{kind}"))
        daemons.wait("YARN", lambda: _nodes(manager_web) == 1, seconds=180)
    return daemons, conf


def _addresses(manager_web: int, ports: list[int]) -> dict[str, str]:
    names = (
        "yarn.resourcemanager.address",
        "yarn.resourcemanager.scheduler.address",
        "yarn.resourcemanager.resource-tracker.address",
        "yarn.resourcemanager.admin.address",
        "yarn.nodemanager.address",
        "yarn.nodemanager.localizer.address",
        "yarn.nodemanager.webapp.address",
        "yarn.nodemanager.collector-service.address",
    )
    fixed = {
        "yarn.resourcemanager.hostname": LOOPBACK,
        "yarn.nodemanager.hostname": LOOPBACK,
        "yarn.resourcemanager.webapp.address": f"{LOOPBACK}:{manager_web}",
    }
    return fixed | {name: f"{LOOPBACK}:{port}" for name, port in zip(names, ports, strict=True)}


def _nodes(web_port: int) -> int | None:
    """How many NodeManagers are active, or None before the ResourceManager answers."""
    query = f"http://{LOOPBACK}:{web_port}/jmx?qry=Hadoop:service=ResourceManager,name=ClusterMetrics"
    try:
        with urllib.request.urlopen(query, timeout=5) as answer:
            beans = json.load(answer)["beans"]
    except (OSError, ValueError):
        return None
    return int(beans[0]["NumActiveNMs"]) if beans else None
