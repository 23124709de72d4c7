"""Calls spark-submit.sh as a person would, with small memory and everything on loopback."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from infra.standalone.cluster import RunningCluster

import small_shop

ROOT = Path(__file__).resolve().parents[2]
# For JVMs that end before the second compiler pays. Without it the cache of compiled code is of 48 MB, which Spark and Delta
# fill: then the JVM throws compiled methods away all the time. Hadoop starts chmod and readlink for each file that it writes
# or renames, tens a second in a test: VFORK takes 2 ms for one, the JVM's helper program 3 to 4.
QUICK_START = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseParallelGC -Djdk.lang.Process.launchMechanism=VFORK"
)
CONFS = {
    "spark.executor.extraJavaOptions": QUICK_START,
    "spark.databricks.delta.snapshotPartitions": "2",
    # over a few rows a query is interpreted in less time than it takes to compile it
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
SMALL = ("--driver-memory", "1g", "--executor-memory", "1g", *(f"--conf={k}={v}" for k, v in CONFS.items()))
# what conf/env/standalone leaves to fill in; a test names others behind them
PLACES = {"mlflow.tracking_uri": "https://127.0.0.1:1", "text.encoder": "none", "sources.root": "none"}
SECRET = {
    "FOOTFALL_PSEUDONYM_SECRET": small_shop.SECRET
}  # one for all, so that one lake can take over another's mint key


def submit(*words: str, env: Mapping[str, str] | None = None, seconds: int = 300) -> subprocess.CompletedProcess[str]:
    """Runs ./spark-submit.sh with these words; stdout and stderr are text."""
    return subprocess.run(
        [ROOT / "spark-submit.sh", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
        env={**os.environ, **SECRET, "SPARK_LOCAL_IP": "127.0.0.1", **(env or {})},
    )


def on_cluster(cluster: RunningCluster, *, shuffle_partitions: int = 3) -> list[str]:
    """The options for the tests' standalone cluster; other partitions than locally, to prove that none matter."""
    confs = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": str(shuffle_partitions),
    }
    pairs = [word for key, value in confs.items() for word in ("--conf", f"{key}={value}")]
    settings = [word for key, value in PLACES.items() for word in ("--set", f"{key}={value}")]
    address = ["--master", cluster.master, "--secret-conf", str(cluster.secret_conf)]
    return ["--env", "standalone", *address, *SMALL, *pairs, *settings]
