"""The cluster of the tests is real: executors in processes of their own write and merge Delta tables on HDFS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from infra.daemons import ClusterError, Daemons, stop
from infra.standalone.cluster import RunningCluster
from jobs.pipeline import STAGES

from cluster.conftest import Hdfs
from cluster.same_tables import read_lake
from cluster.submission import ROOT, on_cluster, submit

JOB = "tests/cluster/harness_job.py"


def test_executors_write_and_merge_delta_on_hdfs_with_the_shipped_library(
    hdfs: Hdfs, standalone: RunningCluster, tmp_path: Path
) -> None:
    done = submit(JOB, *on_cluster(standalone), "--lake", f"{hdfs.uri}/harness", "--end-with", "75")
    assert done.returncode == 75, done.stdout + done.stderr
    assert "footfall-" in done.stdout
    assert f"{len(STAGES)} stages known" in done.stdout
    rows = read_lake(hdfs.get("/harness", tmp_path / "harness"))["results.numbers"].sort_by("id").to_pylist()
    assert [row["id"] for row in rows] == list(range(10))
    assert [row["code"] for row in rows[6:]] == ["merged"] * 4
    told = [json.loads(row["code"]) for row in rows[:6]]
    assert all(".zip/footfall/__init__.py" in library and zone == "UTC" for library, zone, _, _ in told)
    assert len({process for _, _, process, _ in told}) == 2, "both workers took part"


def test_a_failure_on_an_executor_is_told_in_one_line_and_the_stack_is_in_the_log(
    hdfs: Hdfs, standalone: RunningCluster
) -> None:
    done = submit(JOB, *on_cluster(standalone), "--lake", f"{hdfs.uri}/failed", "--fail")
    assert done.returncode == 1
    assert "SparkRuntimeException: [USER_RAISED_EXCEPTION] SQLSTATE: P0001" in done.stderr
    assert "the row is bad" not in done.stdout + done.stderr  # it may be a row's value
    assert "\tat " not in done.stdout + done.stderr
    log = ROOT / done.stderr.rsplit("Details are in ", 1)[1].strip().rstrip(".")
    assert "\tat org.apache.spark" in log.read_text(encoding="utf-8")


def test_processes_end_when_the_one_that_started_them_is_killed(tmp_path: Path) -> None:
    starter = f"""
import time
from collections.abc import Callable
from pathlib import Path
from infra.daemons import Daemons
daemons = Daemons(Path({str(tmp_path / "d")!r}), tied=True)
daemons.start("sleeper", ["sh", "-c", "exec sleep 600 # " + str(daemons.folder)])
print(daemons._running["sleeper"].pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert _runs(pid)
        process.send_signal(signal.SIGKILL)
    assert _until(lambda: not _runs(pid))


def test_a_failed_start_leaves_nothing_running(tmp_path: Path) -> None:
    daemons = Daemons(tmp_path / "d", tied=True)
    with daemons:
        daemons.start("long", ["sh", "-c", f"sleep 600; : {daemons.folder}"])
        daemons.start("short", ["sh", "-c", f": {daemons.folder}"])
    with pytest.raises(ClusterError, match="waiting for a miracle: short ended"), daemons:
        daemons.wait("a miracle", lambda: False, seconds=20)
    assert all(process.returncode is not None for process in daemons._running.values())
    assert not (daemons.folder / "processes.json").exists()


def test_stop_leaves_alone_a_process_that_is_not_ours(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger:
        (tmp_path / "processes.json").write_text(json.dumps({"namenode": stranger.pid}), encoding="utf-8")
        assert stop(tmp_path) == []
        assert _runs(stranger.pid)
        stranger.kill()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split(")")[1].split()[0] != "Z"


def _until(is_true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not is_true() and time.monotonic() < end:
        time.sleep(0.1)
    return is_true()
