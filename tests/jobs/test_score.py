"""Who serves changes: a model that loses its place leaves no old rows, and an encoder that reads no more is not passed over."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from footfall.contract import Table
from footfall.contract.frames import conform
from footfall.models import MODELS
from footfall.models.common.gates import Role, Verdict
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.common.trained import Served, Trained
from footfall.models.sentiment.model import SentimentModel
from footfall.privacy.pseudonyms import MintKey
from footfall.registry.registry import Registry
from footfall.runtime.cli import Job
from footfall.runtime.runner import Runner
from footfall.runtime.scoring import no_model_reasons, score_steps
from footfall.runtime.training import train_step
from footfall.settings import MlflowSettings, resolve
from footfall.steps.step import Frames, Output, Step, StepResult, has_same_definition
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import REVIEWS, TEXT_ASPECTS, TEXT_INSIGHTS, TEXT_TOPICS, TEXT_VECTORS, USER_FEATURES

ROOT = Path(__file__).resolve().parents[2]
DAY, NOW = date(2018, 1, 1), datetime(2018, 1, 1, 12, tzinfo=UTC)
HEAD = TextHead(("negative", "positive"), Softmax(np.array([[0.0], [1.0]]), np.zeros(2)), None, None)
SCORED = (TEXT_INSIGHTS, TEXT_ASPECTS, TEXT_TOPICS)


class World:
    """A lake with reviews, and a registry on a sqlite file; every job has the books as a new process reads them."""

    def __init__(self, lake: Lake, folder: Path) -> None:
        self.lake = lake
        self.mlflow = MlflowSettings(
            tracking_uri=f"sqlite:///{folder / 'mlflow.db'}", artifact_root=str(folder), experiment="shop"
        )
        self.registry = Registry.open(self.mlflow)

    def job(self, days_later: int = 0) -> Job:
        """A job of the shop as the base settings have it."""
        now = NOW + timedelta(days=days_later)
        books = Books(self.lake, owner=Owner.this_process(), now=now)
        settings = resolve(ROOT / "conf", "local", {}).model_copy(update={"mlflow": self.mlflow})
        return Job(
            settings, DAY, now, self.lake.spark, self.lake, books, self.registry, MintKey(bytes(32)), Namespace(model=[])
        )  # fmt: skip

    def run(self, *steps: Step, job: Job | None = None) -> list[str]:
        """Runs the steps, and gives what was printed."""
        lines: list[str] = []
        Runner(self.lake, (job or self.job()).books, say=lines.append, champions=self.registry).run(steps)
        return lines

    def score(self, *names: str) -> list[str]:
        """Runs those Steps of jobs/score.py."""
        job = self.job()
        return self.run(*(step for step in score_steps(job) if step.name in names), job=job)

    def put(self, table: Table, *rows: str, step: str, **models: str) -> None:
        """Appends rows, each the columns of a SELECT, by a Step of that name that notes the models."""
        frame = self.lake.spark.sql(" UNION ALL ".join(f"SELECT {row}" for row in rows))

        def apply(_: Frames) -> StepResult:
            return StepResult([Output(table, conform(frame, table))], models=models)

        self.run(Step(step, (), (table.full_name,), apply, values={"rows": rows}))

    def read_by(self, encoder: str, *text_ids: str) -> None:
        """What jobs/understand_text.py leaves behind when that encoder has read the texts."""
        vector = "array(1.0f) AS vector, 3 AS token_count, 1.0f AS norm"
        rows = [f"'{text_id}' AS text_id, '{encoder}' AS encoder_fingerprint, {vector}" for text_id in text_ids]
        self.put(TEXT_VECTORS, *rows, step="understand_text_vectors", text_encoder=encoder)

    def review(self, *text_ids: str) -> None:
        """Reviews, each with the text of that id."""
        clocks = (
            "TIMESTAMP'2017-12-01' AS event_time, DATE'2017-12-01' AS event_date, TIMESTAMP'2017-12-01' AS known_at"
        )
        rows = [f"'{t}' AS review_id, {clocks}, 'a' AS actor_id, '{t}' AS text, '{t}' AS text_id" for t in text_ids]
        self.put(REVIEWS, *rows, step="refine_reviews")

    def crown(self, name: str, encoder: str) -> None:
        """The model of that name is served by a head over that encoder's vectors."""
        version = Trained(
            name=name, model=Served(SentimentModel("vectors", encoder, HEAD)), features=(("vector", "double"),),
            predictions=(("positive_probability", "double"),), feature_version=encoder, parameters={}, metrics={},
            verdict=Verdict(Role.LEARNER, "vectors", ()), evaluation={},
        )  # fmt: skip
        self.registry.promote(name, self.registry.record(version, tables={}, step=f"train_{name}"))

    def texts_scored(self) -> list[str]:
        """The texts that results.text_insights has a row of."""
        return sorted(row["text_id"] for row in self.lake.read(TEXT_INSIGHTS.full_name).collect())


@pytest.fixture
def world(lake: Lake, tmp_path: Path) -> World:
    """A shop whose one review was read by encoder `old`, over which sentiment serves."""
    new_world = World(lake, tmp_path)
    new_world.review("t1")
    new_world.read_by("old", "t1")
    new_world.crown("sentiment", "old")
    return new_world


def test_a_model_that_loses_its_place_leaves_no_rows_of_the_time_before(world: World) -> None:
    world.score("score_documents")
    assert world.texts_scored() == ["t1"]
    clocks = "TIMESTAMP'2017-12-01' AS event_time, DATE'2017-12-01' AS event_date, TIMESTAMP'2017-12-01' AS known_at"
    mention = f"'t1' AS document_id, 'review' AS document_kind, 1 AS clause_number, 'price' AS aspect, {clocks}"
    mention += ", 'a' AS actor_id, 't1' AS text_id, 0 AS start_char, 2 AS end_char, 'positive' AS sentiment"
    mention += ", .9D AS positive_probability, .9D AS probability, array('t1') AS evidence"
    world.put(
        TEXT_ASPECTS, f"{mention}, 'aspects/1' AS model_version, 'old' AS encoder_fingerprint", step="score_aspects"
    )
    world.registry.promote("sentiment", "")
    world.score("score_documents", "score_aspects", "score_topics")
    assert [world.lake.read(table.full_name).count() for table in SCORED] == [0, 0, 0]


def test_a_model_that_needs_another_one_says_which_is_absent(world: World) -> None:
    names = ["sentiment", "topics", "aspects"]
    assert no_model_reasons(world.job(), names) == dict.fromkeys(["topics", "aspects"], "no model was trained yet")
    world.crown("aspects", "old")
    world.registry.promote("sentiment", "")
    assert no_model_reasons(world.job(), names) == {
        "sentiment": "no model was trained yet",
        "topics": "no model was trained yet",
        "aspects": "it needs the sentiment model (no model was trained yet)",
    }


def test_a_changed_encoder_refits_text_models_at_once_and_is_warned_of_where_none_is_refitted(world: World) -> None:
    def trained_now() -> str:
        return train_step(world.job(), MODELS["sentiment"]).fingerprint({})

    before = trained_now()
    assert world.score("score_documents")[1:] == []

    world.review("t2")
    world.read_by("new", "t1", "t2")
    assert not has_same_definition(trained_now(), before)  # so its cadence is not waited for
    (warning,) = world.score("score_documents")[1:]
    assert warning.startswith("warning: sentiment/1 reads vectors of encoder old, which reads new texts no more")
    assert "jobs/train.py --model sentiment" in warning
    assert world.texts_scored() == ["t1"]

    world.crown("sentiment", "new")
    assert world.score("score_documents")[1:] == []
    assert world.texts_scored() == ["t1", "t2"]


def test_another_reason_why_nothing_serves_reaches_the_scores(world: World) -> None:
    given = {"as_of_date": f"DATE'{DAY}'", "user_id": "'u1'", "recency_days": "1.0D"}
    given |= {c.name: f"CAST(0 AS {c.type})" for c in USER_FEATURES.columns if c.required and c.name not in given}
    world.put(USER_FEATURES, ", ".join(f"{value} AS {name}" for name, value in given.items()), step="featurize_users")

    def reasons() -> set[str]:
        world.score("score_people")
        return {row["no_score_reason"] for row in world.lake.read("results.user_scores").collect()}

    assert reasons() == {"no model was trained yet"}
    for reason in ("too few people bought", "too few people came back"):
        missed = StepResult(gate_failed=f"churn: not trained, since {reason}")
        world.run(Step("train_churn", (), (), lambda _, missed=missed: missed, values={"reason": reason}))
        assert reasons() == {f"not trained, since {reason}"}


def test_a_champion_that_mlflow_lost_is_trained_anew_and_named_as_lost(world: World) -> None:
    step = train_step(world.job(), MODELS["sentiment"])
    registered = StepResult(models={"sentiment": "1"}, promotes={"sentiment": "1"}, gate_failed="sentiment: a baseline")
    world.run(Step(step.name, (), (), lambda _: registered))
    before = train_step(world.job(), MODELS["sentiment"]).fingerprint({})

    (Path(world.mlflow.tracking_uri.removeprefix("sqlite:///"))).unlink()
    assert not has_same_definition(train_step(world.job(), MODELS["sentiment"]).fingerprint({}), before)
    reason = "version 1 served and is champion no longer in MLflow"
    assert no_model_reasons(world.job(), ["sentiment"]) == {"sentiment": reason}
