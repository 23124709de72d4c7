"""The same logs give the same tables on a cluster with HDFS as on one machine (design.md, section 8)."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from infra.standalone.cluster import RunningCluster
from jobs.pipeline import STAGES

from cluster.conftest import Hdfs
from cluster.same_tables import differences, read_lake
from cluster.submission import ROOT, SMALL, on_cluster, submit
from footfall.contract import Table
from footfall.tables import BY_NAME, feed_table

HOUSEHOLDS = 120
WHEN = ("--as-of", "2018-01-01", "--now", "2018-01-02T00:00:00+00:00")
TO_THE_BIT = ("raw.", "refined.", "results.daily_activity")
TELLS_WHO_RAN = {"books.batches"}


@dataclass(frozen=True)
class Lakes:
    """All tables of the local run and of the run on the cluster."""

    local: dict[str, pa.Table]
    cluster: dict[str, pa.Table]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw logs of a small shop."""
    out = tmp_path_factory.mktemp("shop") / "shop"
    lay_out = [sys.executable, ROOT / "examples" / "shop" / "lay_out.py", "--small", str(HOUSEHOLDS), "--out", out]
    subprocess.run(lay_out, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def lakes(shop: Path, hdfs: Hdfs, standalone: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> Lakes:
    """Both runs, over the same models: one machine trains them, both score with them."""
    folder = tmp_path_factory.mktemp("lakes")
    tracking = f"sqlite:///{folder}/mlflow.db"
    shared = [*WHEN, *settings(folder, tracking)]
    here = ["--env", "local", *SMALL, "--lake", str(folder / "local"), "--raw", str(shop), *shared]
    run(*here)
    there = ["--lake", f"{hdfs.uri}/lake", "--raw", hdfs.put(shop, "/shop"), *shared]
    same_key = ["--set", f"privacy.mint_key_from={folder / 'local'}"]
    no_training = ["--stages", ",".join(stage for stage in STAGES if stage != "train")]
    run(*on_cluster(standalone), *there, *same_key, *no_training)
    return Lakes(read_lake(folder / "local"), read_lake(hdfs.get("/lake", folder / "cluster")))


def settings(folder: Path, tracking: str) -> list[str]:
    """What a small shop needs to train quickly, and places that every process of this machine finds."""
    values = {
        "cluster.shared_paths": "true",
        "mlflow.tracking_uri": tracking,
        "mlflow.artifact_root": str(folder / "artifacts"),
        "report.path": str(folder / "report.html"),
        "text.encoder": str(ROOT / ".cache" / "models" / "multilingual-e5-small"),
        "segments.k_max": "3",
        "segments.min_people": "20",
        "training.bootstrap_rounds": "20",
    }
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


def run(*words: str, codes: tuple[int, ...] = (0,)) -> None:
    """Runs the pipeline; fails with what it said."""
    done = submit("jobs/pipeline.py", *words, seconds=1500)
    assert done.returncode in codes, f"exit code {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def contract_of(name: str) -> Table:
    """The declared contract; a feed's table has its key and no tolerances whatever its columns."""
    return BY_NAME.get(name) or feed_table(name.removeprefix("raw."), {})


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_every_table_of_the_cluster_is_that_of_one_machine(lakes: Lakes) -> None:
    assert lakes.cluster.keys() == lakes.local.keys()
    assert {"raw.completejourney_transactions", "refined.order_lines", "results.daily_activity"} <= lakes.local.keys()
    empty = {name for name, rows in lakes.local.items() if rows.num_rows == 0}
    assert empty <= {"raw.quarantine"}
    compared = sorted(lakes.local.keys() - TELLS_WHO_RAN)
    unlike = {n: differences(lakes.local[n], lakes.cluster[n], contract_of(n)) for n in compared}
    assert {name: told for name, told in unlike.items() if told} == {}


def test_facts_and_daily_activity_have_no_tolerance() -> None:
    exact = [table for name, table in BY_NAME.items() if name.startswith(TO_THE_BIT)]
    assert {(table.name, c.name) for table in exact for c in table.all_columns if c.tolerance} == set()
