"""Who serves changes: a model that loses its place leaves no old rows, and an encoder that reads no more is not passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.models import MODELS
from footfall.runtime.scoring import no_model_reasons
from footfall.runtime.training import train_step
from footfall.steps.step import Step, StepResult, has_same_definition
from footfall.storage.lake import Lake
from footfall.tables import TEXT_ASPECTS, TEXT_INSIGHTS, TEXT_TOPICS, USER_FEATURES
from runtime.scoring_world import DAY, World

SCORED = (TEXT_INSIGHTS, TEXT_ASPECTS, TEXT_TOPICS)


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
