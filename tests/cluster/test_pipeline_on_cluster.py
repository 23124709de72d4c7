"""The same logs give the same tables on a cluster with HDFS as on one machine (design.md, section 8)."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pytest
from infra.standalone.cluster import RunningCluster
from jobs.pipeline import STAGES

from cluster.conftest import Hdfs
from cluster.same_tables import differences, read_lake
from cluster.submission import ROOT, on_cluster, submit
from footfall.contract import Table
from footfall.tables import BY_NAME, feed_table
from small_shop import AS_OF, NOW, SmallShop

WHEN = ("--as-of", AS_OF, "--now", NOW)
TO_THE_BIT = ("raw.", "refined.", "results.daily_activity")
TELLS_WHO_RAN = {"books.batches"}


@dataclass(frozen=True)
class Lakes:
    """All tables of the local run and of the run on the cluster."""

    local: dict[str, pa.Table]
    cluster: dict[str, pa.Table]


@pytest.fixture(scope="module")
def lakes(
    small_shop: SmallShop, hdfs: Hdfs, standalone: RunningCluster, tmp_path_factory: pytest.TempPathFactory
) -> Lakes:
    """The lake of the small shop, which the tests' session wrote, and the cluster's of the same logs.

    One machine trains the models, both score with them.
    """
    folder = tmp_path_factory.mktemp("lakes")
    values = {
        **small_shop.settings,
        "cluster.shared_paths": "true",
        "report.path": str(folder / "report.html"),
        "text.encoder": str(ROOT / ".cache" / "models" / "multilingual-e5-small"),
        "privacy.mint_key_from": str(small_shop.lake),
    }
    settings = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    places = ["--lake", f"{hdfs.uri}/lake", "--raw", hdfs.put(small_shop.raw, "/shop")]
    stages = ["--stages", ",".join(stage for stage in STAGES if stage != "train")]
    words = [*on_cluster(standalone), *places, *WHEN, *settings, *stages]
    done = submit("jobs/pipeline.py", *words, seconds=3000)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return Lakes(read_lake(small_shop.lake), read_lake(hdfs.get("/lake", folder / "cluster")))


def contract_of(name: str) -> Table:
    """The declared contract; a feed's table has its key and no tolerances whatever its columns."""
    return BY_NAME.get(name) or feed_table(name.removeprefix("raw."), {})


@pytest.mark.slow
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
