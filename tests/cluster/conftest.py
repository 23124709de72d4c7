"""A real HDFS and a real Spark standalone cluster, as processes that end with the tests, also when these are killed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from infra.hdfs import cluster as hdfs_cluster
from infra.standalone import cluster as spark_cluster
from infra.standalone.cluster import RunningCluster


@dataclass(frozen=True)
class Hdfs:
    """A running HDFS: where it is, and Hadoop's file commands for it."""

    uri: str
    folder: Path

    def put(self, local: Path, path: str) -> str:
        """Copies a local folder to `path`; returns its URI."""
        hdfs_cluster.fs(self.folder, ["-mkdir", "-p", str(Path(path).parent)])
        hdfs_cluster.fs(self.folder, ["-put", str(local), path])
        return self.uri + path

    def get(self, path: str, local: Path) -> Path:
        """Copies `path` to the local folder; returns that."""
        hdfs_cluster.fs(self.folder, ["-get", path, str(local)])
        return local


@pytest.fixture(scope="session")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hdfs]:
    """One NameNode and one DataNode."""
    folder = tmp_path_factory.mktemp("hdfs") / "hdfs"
    daemons, uri = hdfs_cluster.start(folder, tied=True)
    try:
        yield Hdfs(uri, folder)
    finally:
        daemons.stop()


@pytest.fixture(scope="session")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    """A master with two workers of one core and 1.5 GiB, which let in only who knows their secret."""
    cluster = spark_cluster.start(tmp_path_factory.mktemp("standalone") / "standalone", tied=True)
    try:
        yield cluster
    finally:
        cluster.daemons.stop()
