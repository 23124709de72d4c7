"""One Spark session for all tests: Delta, two cores, two shuffle partitions, UTC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.lake import Lake
from footfall.session import local_session

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session that all tests share; the first Delta write in it costs seconds, so nobody starts another."""
    session = local_session("footfall tests", ROOT / ".cache" / "jars")
    yield session
    session.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(spark, str(tmp_path / "lake"))
