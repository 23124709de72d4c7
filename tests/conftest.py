"""One Spark session for all tests of a process: Delta, two cores, two shuffle partitions, UTC.

`make test` runs several processes side by side. A file's tests stay together, and so do all that share a costly fixture.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from footfall.storage.lake import Lake
from quick_session import quick_session
from small_shop import SECRET, SmallShop

ROOT = Path(__file__).resolve().parent.parent
# Files whose tests run in one process, since they share what is costly to start; the longest first, and before all others.
TOGETHER = {
    "tests/test_pipeline.py": "small shop",
    "tests/docs/test_query.py": "small shop",
    "tests/cluster/test_pipeline_on_cluster.py": "small shop",
    "tests/cluster/": "cluster",
}
# Files that take a minute and more: begun early, so that no process is left alone with one at the end.
LONG = [
    "tests/exports/test_exports.py",
    "tests/test_any_order.py",
    "tests/test_other_sources.py",
    "tests/runtime/test_pins.py",
    "tests/benchmarks/test_bench_tables.py",
    "tests/runtime/test_runner.py",
    "tests/jobs/test_understand_text.py",
    "tests/runtime/test_at_once.py",
    "tests/runtime/test_scoring_news.py",
    "tests/jobs/test_featurize.py",
    "tests/jobs/test_train.py",
    "tests/runtime/test_promotion.py",
    "tests/jobs/test_maintain.py",
    "tests/jobs/test_let_in_run.py",
    "tests/runtime/test_line_batches.py",
    "tests/jobs/test_waiting_run.py",
    "tests/check/test_check.py",
    "tests/check/test_check_files.py",
    "tests/test_waiting_feeds.py",
    "tests/jobs/test_unusable_files_run.py",
    "tests/runtime/test_consent_steps.py",
    "tests/tuning/test_distributed.py",
    "tests/jobs/test_score.py",
    "tests/test_lake_on_s3.py",
    "tests/features/test_former.py",
    "tests/simulation/test_simulate.py",
]


# Files whose tests take long and share nothing but the session: each goes to whichever process is free.
APART = {"tests/exports/test_exports.py"}


class SharedStarts(LoadScopeScheduling):
    """Hands whole files to the processes of `pytest -n`, those of TOGETHER to one, and each test of those APART by itself."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """The tests that stay with this one: their common name in TOGETHER, or their file; of a file that is APART itself alone."""
    file = nodeid.partition("::")[0]
    return next(
        (group for path, group in TOGETHER.items() if nodeid.startswith(path)), nodeid if file in APART else file
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Xdist 3.8 has groups of its own, which pytest 9.2 no longer lets it write into the names of tests."""
    return SharedStarts(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process is left alone with it at the end."""
    shared = [*dict.fromkeys(TOGETHER.values())]
    longest = {name: place for place, name in enumerate([*shared, *LONG])}
    groups = {item: group_of(item.nodeid) for item in items}
    items.sort(key=lambda item: longest.get(groups[item].partition("::")[0], len(longest)))
    for item in items:
        if groups[item] in shared:  # the first of them waits for a whole pipeline, beside other processes
            item.add_marker(pytest.mark.timeout(5000))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session that all tests share; the first Delta write in it costs seconds, so nobody starts another."""
    session = quick_session("footfall tests")
    yield session
    session.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(spark, str(tmp_path / "lake"))


@pytest.fixture(scope="session")
def small_shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SmallShop:
    """The small example shop, run once through all stages.

    60 households are too few for most learners to pass an honest gate: baselines serve in their place.
    """
    assert spark is not None
    base = tmp_path_factory.mktemp("small")
    shop = SmallShop(base / "raw", base / "lake", base / "mlflow", base / "report" / "index.html")
    os.environ["FOOTFALL_PSEUDONYM_SECRET"] = SECRET
    command = [sys.executable, str(ROOT / "examples" / "shop" / "lay_out.py"), "--small", "60", "--out", str(shop.raw)]
    subprocess.run(command, check=True, cwd=ROOT)
    assert shop.run() == 0
    return shop


@pytest.fixture(scope="session")
def small_lake(small_shop: SmallShop) -> str:
    """Root of the lake that the whole pipeline made of the small example shop."""
    return str(small_shop.lake)
