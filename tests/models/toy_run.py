"""Trains and scores the toy on a lake of its own; run as a program by test_toy_model, in a copy of the library that has the toy."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from footfall.contract.frames import conform
from footfall.features.dates import AsOfDates
from footfall.models import MODELS
from footfall.models.common.declaration import Stage
from footfall.privacy.pseudonyms import MintKey
from footfall.registry.registry import Registry
from footfall.runtime.cli import Job
from footfall.runtime.runner import Runner
from footfall.runtime.scoring import score_steps
from footfall.runtime.session import local_session
from footfall.runtime.training import train_step, trained_models
from footfall.settings import MlflowSettings, resolve
from footfall.steps.step import Frames, Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import USER_FEATURES

DAY, NOW = date(2018, 1, 1), datetime(2018, 1, 1, 12, tzinfo=UTC)


def person(number: int, day: date) -> tuple[Any, ...]:
    """Orders decide whether the weeks are many; recency says little, and both are a little noisy."""
    orders = number * 37 % 40
    weeks = min(12, orders * 12 // 40 + (number * 13 + day.month) % 3)
    return (day, f"u{number:03d}", float((number * 7 + day.day) % 50 + 1), orders, weeks)


def put_features(lake: Lake, runner: Runner, dates: AsOfDates) -> None:
    """Sixty people on every date."""
    schema = "as_of_date date, user_id string, recency_days double, order_count_90d long, active_weeks_12w long"
    people = lake.spark.createDataFrame([person(n, day) for day in dates.every for n in range(60)], schema)
    people = people.selectExpr("*", "order_count_90d AS order_count_365d")
    others = [c for c in USER_FEATURES.columns if c.required and c.name not in people.columns]
    frame = people.selectExpr("*", *(f"CAST(0 AS {c.type}) AS {c.name}" for c in others))

    def apply(_: Frames) -> StepResult:
        return StepResult([Output(USER_FEATURES, conform(frame, USER_FEATURES), as_of=dates.every)])

    runner.run([Step("user_features", (), (USER_FEATURES.full_name,), apply)])


def main(folder: Path, jars: Path) -> None:
    """Prints what came of it, one line a fact."""
    spark = local_session("toy", jars)
    place = MlflowSettings(
        tracking_uri=f"sqlite:///{folder / 'mlflow.db'}", artifact_root=str(folder / "files"), experiment="toy"
    )
    settings = resolve(Path("conf"), "local", {"training.bootstrap_rounds": 50}).model_copy(update={"mlflow": place})
    lake, registry = Lake(spark, str(folder / "lake")), Registry.open(place)
    books = Books(lake, owner=Owner.this_process(""), now=NOW)
    lines: list[str] = []
    runner = Runner(lake, books, say=lines.append, champions=registry)
    job = Job(settings, DAY, NOW, spark, lake, books, registry, MintKey(bytes(32)), Namespace(model=["toy"]))
    put_features(lake, runner, job.dates)
    steps = [train_step(job, model) for model in trained_models(job, Stage.TRAIN)]
    people = [step for step in score_steps(job) if step.name == "score_people"]
    runner.run([*steps, *people])
    scores = lake.read("results.user_scores").toPandas()
    toy, churn = (scores[scores["model"] == name]["score"] for name in ("toy", "churn"))
    runner.run(steps)
    print(f"toy champion: {registry.champion_version('toy')}")
    print(f"toy served by: {registry.load_champion('toy').served_by}")
    print(f"toy scores: {toy.notna().sum()} of {len(toy)}, churn {churn.isna().sum()} NULL")
    print(f"toy card: {registry.load_card('toy', '1').splitlines()[0]}")
    print(f"toy again: {lines[-1].removeprefix('train_toy').strip()}")
    assert MODELS["toy"].package == "footfall.models.toy"
    assert timedelta(0) <= DAY - job.dates.evaluation
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
