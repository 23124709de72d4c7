"""What a training leaves behind: who serves, what a missed gate costs, and that nothing is trained twice."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.contract.frames import conform
from footfall.models import MODELS
from footfall.privacy.pseudonyms import MintKey
from footfall.registry.registry import Registry
from footfall.runtime.cli import Job
from footfall.runtime.runner import Runner
from footfall.runtime.scoring import score_steps
from footfall.runtime.training import train_step
from footfall.settings import MlflowSettings, resolve
from footfall.steps.step import Frames, Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import USER_FEATURES
from jobs import train
from mlflow_file import fresh_mlflow

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2017, 11, 1)
NOW = datetime(2017, 11, 1, 12, tzinfo=UTC)


class World:
    """A lake with 60 people's features, books, and a registry on a sqlite file."""

    def __init__(self, lake: Lake, folder: Path) -> None:
        self.lake = lake
        self.lines: list[str] = []
        self.mlflow = MlflowSettings(tracking_uri=fresh_mlflow(folder), artifact_root=str(folder), experiment="shop")
        self.registry = Registry.open(self.mlflow)
        self.books = Books(lake, owner=Owner.this_process(""), now=NOW)
        self.runner = Runner(lake, self.books, say=self.lines.append, champions=self.registry)

    def job(self, **segments: Any) -> Any:
        """A job whose settings differ from the base only in `segments` and MLflow's place."""
        changed = {f"segments.{key}": value for key, value in {"k_max": 3, "stability_rounds": 1, **segments}.items()}
        settings = resolve(ROOT / "conf", "local", changed).model_copy(update={"mlflow": self.mlflow})
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

    def put_features(self, spark: SparkSession, people: int = 60, extra: str = "") -> None:
        """People of three kinds: often and little, seldom and much, gone; `extra` only makes a new version of the table."""
        kinds = ((2.0, 40, 10.0), (15.0, 6, 90.0), (200.0, 0, 0.0))
        rows = [(f"u{n:02d}", *kinds[n % 3], 1 + n // 3 / 100) for n in range(people)]
        features = spark.createDataFrame(
            rows, "user_id string, recency double, order_count_90d long, value double, near double"
        ).selectExpr(
            "DATE'2017-11-01' AS as_of_date", "user_id", "order_count_90d", "order_count_90d AS order_count_365d",
            "recency * near AS recency_days", "value * near AS order_value_90d",
        )  # fmt: skip
        others = [c for c in USER_FEATURES.columns if c.required and c.name not in features.columns]
        frame = features.selectExpr("*", *(f"CAST(0 AS {c.type}) AS {c.name}" for c in others))

        def apply(_: Frames) -> StepResult:
            return StepResult([Output(USER_FEATURES, conform(frame, USER_FEATURES), as_of=[date(2017, 11, 1)])])

        values = {"people": people, "extra": extra}
        self.runner.run([Step("featurize_users", (), (USER_FEATURES.full_name,), apply, values=values)])


@pytest.fixture
def world(spark: SparkSession, lake: Lake, tmp_path: Path) -> World:
    new_world = World(lake, tmp_path)
    new_world.put_features(spark)
    return new_world


def test_a_champion_is_trained_once_scored_once_and_stays_when_no_number_of_groups_repeats(world: World) -> None:
    job = world.job()
    steps = [*train.steps(job), *(step for step in score_steps(job) if step.name == "score_segments")]
    assert world.runner.run(steps) == []
    assert world.registry.champion_version("segments") == "1"
    assert {row["model_version"] for row in world.lake.read("results.segments").collect()} == {"segments/1"}
    card = world.registry.load_card("segments", "1")
    assert "Serves: k-means." in card
    assert "| silhouette | spending groups |" in card

    world.runner.run(steps)
    assert [line.split()[1:] for line in world.lines[-2:]] == [["nothing", "new"], ["nothing", "new"]]

    picky = replace(world.job(min_stability=1.0, k_min=8, k_max=8), options=Namespace(model=[]))
    missed = world.runner.run([train_step(picky, MODELS["segments"]), steps[-1]])
    assert [words.partition(": ")[0] for words in missed] == ["segments"]
    assert "no number of groups repeats on resamples" in missed[0]
    assert world.registry.champion_version("segments") == "1"


def test_changed_rows_refit_a_model_only_when_its_cadence_is_over_and_the_same_rows_never(
    world: World, spark: SparkSession
) -> None:
    def run(days_later: int) -> str:
        world.books = Books(world.lake, owner=Owner.this_process(""), now=NOW + timedelta(days=days_later))
        world.runner = Runner(world.lake, world.books, say=world.lines.append, champions=world.registry)
        world.runner.run(train.steps(world.job()))
        return str(world.registry.latest_number("segments"))

    assert run(0) == "1"
    world.put_features(spark, people=59)
    assert run(6) == "1"
    assert world.lines[-1].split()[1:] == ["nothing", "new"]
    assert run(7) == "2"
    world.put_features(spark, people=59, extra="a table that changed without the rows")
    assert run(30) == "2"


def test_a_version_whose_run_was_killed_before_its_batch_closed_is_promoted_and_not_trained_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", kill)
        with pytest.raises(KeyboardInterrupt):
            world.runner.run(train.steps(world.job()))
    assert (world.registry.latest_number("segments"), world.registry.champion_version("segments")) == ("1", "")
    assert world.runner.run(train.steps(world.job())) == []
    assert (world.registry.latest_number("segments"), world.registry.champion_version("segments")) == ("1", "1")


def test_a_shop_without_any_model_still_gets_scores_with_the_reason(world: World) -> None:
    steps = [step for step in score_steps(world.job()) if step.name in {"score_people", "score_segments"}]
    world.runner.run(steps)
    scores = world.lake.read("results.user_scores").collect()
    assert {(row["model"], row["score"], row["no_score_reason"]) for row in scores} == {
        ("churn", None, "no model was trained yet")
    }
    assert len(scores) == 60
    assert world.lake.read("results.segments").count() == 0


def test_scratch_of_a_training_is_emptied(world: World) -> None:
    people = world.lake.read("results.user_features")
    with world.lake.staged("train_x", people) as staged:
        assert staged.count() == 60
    assert world.lake.spark.read.schema(people.schema).parquet(world.lake.path("stage.train_x")).count() == 0
