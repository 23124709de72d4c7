"""A real HDFS on one machine: one NameNode and one DataNode, each a process of its own, on loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from infra.daemons import LOOPBACK, ROOT, ClusterError, Daemons, free_ports, java

JARS = ROOT / ".cache" / "hadoop"
_LOG4J = """log4j.rootLogger=WARN,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n
"""
_JAVA_OPTIONS = ("-Xmx256m", "-XX:TieredStopAtLevel=1")


def fetch_jars() -> Path:
    """Copies Hadoop's jars (about 115 MB) from Maven to .cache/hadoop unless they are there; returns the folder."""
    if any(JARS.glob("hadoop-client-minicluster-*.jar")):
        return JARS
    if shutil.which("mvn") is None:
        raise ClusterError("mvn is not installed: it fetches Hadoop's jars. On Debian: apt-get install maven.")
    pom = ROOT / "infra" / "hdfs" / "pom.xml"
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
    done = subprocess.run(["mvn", "-q", "-B", "-f", str(pom), *goal], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterError(f"mvn could not fetch Hadoop's jars:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return JARS


def start(folder: Path, *, tied: bool) -> tuple[Daemons, str]:
    """Formats and starts an HDFS below `folder`; returns its processes and its URI once a file can be written."""
    jars, folder = fetch_jars(), folder.resolve()
    name_port, name_http, *data_ports = free_ports(5)
    uri = f"hdfs://{LOOPBACK}:{name_port}"
    daemons = Daemons(folder, tied=tied)
    write_conf(folder / "conf", {"core-site": _core(uri, folder), "hdfs-site": _hdfs(folder, name_http, data_ports)})
    _format(folder, jars)
    with daemons:
        for name, kind in (("namenode", "namenode.NameNode"), ("datanode", "datanode.DataNode")):
            daemons.start(name, hadoop_command(folder, f"org.apache.hadoop.hdfs.server.{kind}"))
        daemons.wait("HDFS", lambda: _is_writable(name_http))
    (folder / "address").write_text(uri, encoding="utf-8")
    return daemons, uri


def fs(folder: Path, arguments: Sequence[str]) -> None:
    """Hadoop's own file commands: `fs(folder, ["-put", "here", "/there"])`."""
    command = hadoop_command(folder.resolve(), "org.apache.hadoop.fs.FsShell")
    subprocess.run([*command, *arguments], check=True)


def hadoop_command(folder: Path, main: str) -> list[str]:
    """The java command of one of Hadoop's programs, with the configuration of `folder` first on the class path."""
    return [java(), *_JAVA_OPTIONS, f"-Dfootfall.folder={folder}", "-cp", f"{folder / 'conf'}:{JARS}/*", main]


def write_conf(conf: Path, sites: Mapping[str, Mapping[str, str]]) -> None:
    """Hadoop's XML files and a log4j.properties that only warns."""
    conf.mkdir(parents=True, exist_ok=True)
    for site, values in sites.items():
        root = ET.Element("configuration")
        for name, value in values.items():
            setting = ET.SubElement(root, "property")
            ET.SubElement(setting, "name").text = name
            ET.SubElement(setting, "value").text = value
        ET.ElementTree(root).write(conf / f"{site}.xml", encoding="utf-8", xml_declaration=True)
    (conf / "log4j.properties").write_text(_LOG4J, encoding="utf-8")


def _core(uri: str, folder: Path) -> dict[str, str]:
    return {"fs.defaultFS": uri, "hadoop.tmp.dir": str(folder / "tmp"), "hadoop.security.token.service.use_ip": "true"}


def _hdfs(folder: Path, name_http: int, data_ports: Sequence[int]) -> dict[str, str]:
    data, ipc, http = (f"{LOOPBACK}:{port}" for port in data_ports)
    return {
        "dfs.replication": "1",
        "dfs.namenode.name.dir": f"file://{folder / 'names'}",
        "dfs.datanode.data.dir": f"file://{folder / 'blocks'}",
        "dfs.namenode.http-address": f"{LOOPBACK}:{name_http}",
        "dfs.datanode.address": data,
        "dfs.datanode.ipc.address": ipc,
        "dfs.datanode.http.address": http,
        "dfs.datanode.hostname": LOOPBACK,
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        "dfs.permissions.enabled": "false",
        "dfs.namenode.safemode.extension": "0",
    }


def _format(folder: Path, jars: Path) -> None:
    command = hadoop_command(folder, "org.apache.hadoop.hdfs.server.namenode.NameNode")
    done = subprocess.run([*command, "-format", "-nonInteractive"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):  # 1: the folder is formatted already, and keeps what it holds
        raise ClusterError(f"NameNode -format failed with the jars in {jars}:\n{done.stderr[-2000:]}")


def _is_writable(port: int) -> bool:
    """One DataNode is live and the NameNode has left safe mode."""
    try:
        beans = {b["name"].rpartition("=")[2]: b for b in _beans(port)}
    except (OSError, ValueError):
        return False
    state, info = beans.get("FSNamesystemState", {}), beans.get("NameNodeInfo", {})
    return state.get("NumLiveDataNodes") == 1 and info.get("Safemode") == ""


def _beans(port: int) -> list[dict[str, Any]]:
    query = f"http://{LOOPBACK}:{port}/jmx?qry=Hadoop:service=NameNode,*"
    with urllib.request.urlopen(query, timeout=5) as answer:
        beans: list[dict[str, Any]] = json.load(answer)["beans"]
    return beans
