"""What a training leaves in the books: a missed gate ends the run with exit code 3, and nothing is trained twice."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.contract.frames import conform
from footfall.errors import DataError, GateFailed
from footfall.privacy.pseudonyms import MintKey
from footfall.registry.registry import Registry
from footfall.runtime.cli import Job
from footfall.runtime.runner import Runner
from footfall.settings import MlflowSettings, resolve
from footfall.steps.step import Frames, Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import USER_FEATURES
from jobs import score, train

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2017, 11, 1)
NOW = datetime(2017, 11, 1, 12, tzinfo=UTC)


class World:
    """A lake with 60 people's features, books, and a registry on a sqlite file."""

    def __init__(self, lake: Lake, folder: Path) -> None:
        self.lake = lake
        self.said: list[str] = []
        self.told = MlflowSettings(
            tracking_uri=f"sqlite:///{folder / 'mlflow.db'}", artifact_root=str(folder), experiment="shop"
        )
        self.registry = Registry.open(self.told)
        self.books = Books(lake, owner=Owner.this_process(""), now=NOW)
        self.runner = Runner(lake, self.books, say=self.said.append, champions=self.registry)

    def job(self, **segments: Any) -> Any:
        """A job whose settings differ from the base only in `segments` and MLflow's place."""
        changed = {f"segments.{key}": value for key, value in {"k_max": 3, "stability_rounds": 1, **segments}.items()}
        settings = resolve(ROOT / "conf", "local", changed).model_copy(update={"mlflow": self.told})
        world = {"lake": self.lake, "books": self.books, "registry": self.registry}
        options = Namespace(model=["segments"])
        return Job(
            settings=settings,
            as_of=DAY,
            now=NOW,
            spark=self.lake.spark,
            key=MintKey(bytes(32)),
            options=options,
            **world,
        )

    def put_features(self, spark: SparkSession) -> None:
        """Sixty people of three kinds: often and little, seldom and much, gone."""
        kinds = ((2.0, 40, 10.0), (15.0, 6, 90.0), (200.0, 0, 0.0))
        people = [(f"u{n:02d}", *kinds[n % 3], 1 + n // 3 / 100) for n in range(60)]
        told = spark.createDataFrame(
            people, "user_id string, recency double, order_count_90d long, value double, near double"
        ).selectExpr(
            "DATE'2017-11-01' AS as_of_date", "user_id", "order_count_90d", "order_count_90d AS order_count_365d",
            "recency * near AS recency_days", "value * near AS order_value_90d",
        )  # fmt: skip
        others = [c for c in USER_FEATURES.columns if c.required and c.name not in told.columns]
        frame = told.selectExpr("*", *(f"CAST(0 AS {c.type}) AS {c.name}" for c in others))

        def apply(_: Frames) -> StepResult:
            return StepResult([Output(USER_FEATURES, conform(frame, USER_FEATURES))])

        self.runner.run([Step("featurize_users", (), (USER_FEATURES.full_name,), apply)])


@pytest.fixture
def world(spark: SparkSession, lake: Lake, tmp_path: Path) -> World:
    made = World(lake, tmp_path)
    made.put_features(spark)
    return made


def test_a_champion_is_trained_once_scored_once_and_stays_when_its_successor_misses_a_gate(world: World) -> None:
    job = world.job()
    group = score._segments(job)
    world.runner.run([*train.steps(job), group])
    assert world.registry.champion_version("segments") == "1"
    assert {row["model_version"] for row in world.lake.read("results.segments").collect()} == {"segments/1"}

    world.runner.run([*train.steps(job), group])
    assert [line.split()[1:] for line in world.said[-2:]] == [["nothing", "new"], ["nothing", "new"]]

    strict = world.job(min_stability=1.0, k_min=8, k_max=8)
    with pytest.raises(GateFailed, match="segments: k = 8 agrees with its refits") as missed:
        world.runner.run([*train.steps(strict), group])
    assert missed.value.exit_code == 3
    assert world.registry.champion_version("segments") == "1"
    assert world.said[-1].split()[1:] == ["nothing", "new"]

    with pytest.raises(DataError, match="model 'churn' has no champion"):
        world.runner.run([score._churn(job)])


def test_scratch_of_a_training_is_emptied(world: World) -> None:
    people = world.lake.read("results.user_features")
    with world.lake.staged("train_x", people) as staged:
        assert staged.count() == 60
    assert world.lake.spark.read.schema(people.schema).parquet(world.lake.path("stage.train_x")).count() == 0
