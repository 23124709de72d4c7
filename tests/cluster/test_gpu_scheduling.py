"""Spark gives tasks the GPUs that discovery scripts name, and where torch reaches none the encoder says so: never the CPU.

The scripts name GPUs that are not there, so this shows the scheduling on any machine; tests/text/test_gpu.py needs a real one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from infra.standalone import cluster as spark_cluster

from cluster.submission import ROOT
from text.conftest import make_tiny

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="the scripts name GPUs that must not be there")
COMMON = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.ui.enabled": "false",
    "spark.locality.wait": "0s",
}


def script(folder: Path, *addresses: str) -> Path:
    """A discovery script that names these GPUs."""
    path = folder / f"gpus_{'_'.join(addresses)}.sh"
    path.write_text(f"#!/bin/sh\necho '{json.dumps({'name': 'gpu', 'addresses': addresses})}'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def run(
    folder: Path, master: str, confs: Mapping[str, str], *, tasks: int, secret_conf: Path | None = None
) -> dict[str, Any]:
    """What the job's tasks saw."""
    paths = os.pathsep.join((str(ROOT / "libs"), str(ROOT)))
    pairs = [f"{key}={value}" for key, value in {**COMMON, "spark.executorEnv.PYTHONPATH": paths, **confs}.items()]
    words = [word for pair in pairs for word in ("--conf", pair)]
    submit = [str(spark_cluster.spark_home() / "bin" / "spark-submit"), "--master", master, *words]
    submit += ["--properties-file", str(secret_conf)] if secret_conf else []
    (folder / "meet").mkdir()
    encoder = make_tiny(folder / "encoder", "bert")
    given = {"--tasks": tasks, "--meet": folder / "meet", "--encoder": encoder}
    job = [str(ROOT / "tests/cluster/gpu_job.py"), *(str(word) for pair in given.items() for word in pair)]
    env = {**os.environ, "PYTHONPATH": paths, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    env = {**env, "SPARK_HOME": str(spark_cluster.spark_home())}
    done = subprocess.run(
        [*submit, *job], env=env, capture_output=True, text=True, check=False, timeout=400, cwd=folder
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("SEEN ")]
    assert told, done.stdout[-2000:] + done.stderr[-4000:]
    found: dict[str, Any] = json.loads(told[0].removeprefix("SEEN "))
    return found


def owners(found: Mapping[str, Any]) -> Counter[str]:
    """How many tasks had each address; each has one, and all ran at once."""
    tasks = found["tasks"]
    assert all(task["met"] for task in tasks)
    assert all(len(task["addresses"]) == 1 for task in tasks)
    return Counter(task["addresses"][0] for task in tasks)


def require_loud_end(found: Mapping[str, Any]) -> None:
    """Every task told its own address and what to do; nothing was encoded."""
    for task in found["tasks"]:
        address = task["addresses"][0]
        assert f"a GPU was asked for and there is none: address {address} from Spark was given" in task["device"]
        assert "set text.device to auto or cpu" in task["device"]
    assert "EnvironmentFault: a GPU was asked for and there is none" in found["ended"]
    assert "spark.task.resource.gpu.amount" in found["ended"]


def test_tasks_of_one_executor_share_its_gpus(tmp_path: Path) -> None:
    confs = {
        "spark.worker.resource.gpu.amount": "2",
        "spark.worker.resource.gpu.discoveryScript": str(script(tmp_path, "0", "1")),
        "spark.executor.resource.gpu.amount": "2",
        "spark.task.resource.gpu.amount": "0.5",
    }
    found = run(tmp_path, "local-cluster[1,4,2048]", confs, tasks=4)
    assert owners(found) == {"0": 2, "1": 2}
    require_loud_end(found)


@pytest.mark.slow
def test_two_workers_with_a_script_each_give_a_gpu_each(tmp_path: Path) -> None:
    gpu = "spark.worker.resource.gpu"
    worker_settings = [
        {f"{gpu}.amount": "1", f"{gpu}.discoveryScript": str(script(tmp_path, address))} for address in ("0", "1")
    ]
    cluster = spark_cluster.start(tmp_path / "standalone", tied=True, worker_settings=worker_settings)
    try:
        confs = {"spark.executor.resource.gpu.amount": "1", "spark.task.resource.gpu.amount": "1"}
        found = run(tmp_path, cluster.master, confs, tasks=2, secret_conf=cluster.secret_conf)
    finally:
        cluster.daemons.stop()
    assert owners(found) == {"0": 1, "1": 1}
    require_loud_end(found)
