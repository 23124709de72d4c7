"""One Spark session for all tests: Delta, two cores, two shuffle partitions, UTC."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.cli import main
from footfall.errors import GateFailed
from footfall.lake import Lake
from footfall.session import local_session
from jobs import pipeline

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session that all tests share; the first Delta write in it costs seconds, so nobody starts another."""
    quick_start = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}  # tests are all start
    session = local_session("footfall tests", ROOT / ".cache" / "jars", extra=quick_start)
    yield session
    session.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(spark, str(tmp_path / "lake"))


@dataclass(frozen=True)
class SmallShop:
    """The whole pipeline on the small example shop: run it again, look at its lake."""

    raw: Path
    lake: Path
    mlflow: Path
    report: Path

    def run(self, *more: str, stages: str = "") -> int:
        """Runs jobs/pipeline.py's steps in the tests' session; returns the exit code."""
        places = {
            "mlflow.tracking_uri": f"sqlite:///{self.mlflow / 'mlflow.db'}",
            "mlflow.artifact_root": str(self.mlflow / "artifacts"),
            "report.path": str(self.report),
            "churn.bootstrap_rounds": "20",
            "segments.min_people": "10",
            "segments.k_max": "4",
            "segments.stability_rounds": "2",
        }
        chosen = [word for key, value in places.items() for word in ("--set", f"{key}={value}")]
        arguments = ["--lake", str(self.lake), "--raw", str(self.raw), "--as-of", "2018-01-01", *chosen, *more]
        arguments += ["--now", "2018-01-02T00:00:00+00:00", *(("--stages", stages) if stages else ())]
        return main(pipeline.__doc__ or "", pipeline.steps, made=pipeline.arguments(), arguments=arguments)

    def promote_newest(self) -> None:
        """Gives the newest version of every model the alias `champion`, past its gates."""
        from mlflow import MlflowClient

        client = MlflowClient(f"sqlite:///{self.mlflow / 'mlflow.db'}", f"sqlite:///{self.mlflow / 'mlflow.db'}")
        for model in client.search_registered_models():
            newest = max(int(v.version) for v in client.search_model_versions(f"name='{model.name}'"))
            client.set_registered_model_alias(model.name, "champion", str(newest))


@pytest.fixture(scope="session")
def small_shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SmallShop:
    """The small example shop, run once through all stages.

    60 households are too few for a model to pass an honest gate: the newest versions are made champions by hand.
    """
    assert spark is not None
    base = tmp_path_factory.mktemp("small")
    shop = SmallShop(base / "raw", base / "lake", base / "mlflow", base / "report" / "index.html")
    os.environ.setdefault("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")
    command = [sys.executable, str(ROOT / "examples" / "shop" / "lay_out.py"), "--small", "60", "--out", str(shop.raw)]
    subprocess.run(command, check=True, cwd=ROOT)
    assert shop.run(stages="ingest,refine,featurize,understand_text,train") in {0, GateFailed.exit_code}
    shop.promote_newest()
    assert shop.run(stages="score,report") == 0
    return shop


@pytest.fixture(scope="session")
def small_lake(small_shop: SmallShop) -> str:
    """Root of the lake that the whole pipeline made of the small example shop."""
    return str(small_shop.lake)
