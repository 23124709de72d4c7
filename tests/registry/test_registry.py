"""The registry on a sqlite file of its own: aliases, gates, rollback, what is loaded back, what happens out of reach."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from footfall.errors import DataError, EnvironmentFault, TryAgain
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.common.trained import Gate, Served, Trained
from footfall.models.sentiment.training import SentimentModel
from footfall.registry import registry as command
from footfall.registry.registry import Registry
from footfall.settings import MlflowSettings


def _head(weight: float) -> TextHead:
    return TextHead(("negative", "positive"), Softmax(np.array([[0.0], [weight]]), np.zeros(2)), None, None)


def trained(weight: float, *, passed: bool = True) -> Trained:
    """A head of one weight, with all that a real training hands over."""
    return Trained(
        name="sentiment",
        model=Served(SentimentModel("enc1", _head(weight))),
        features=(("vector", "double"),),
        predictions=(("positive_probability", "double"),),
        feature_version="enc1",
        parameters={"penalty": 0.1},
        metrics={"accuracy": 0.8, "accuracy_low": 0.7},
        gates=[Gate("beats_majority", passed, "accuracy 0.8 must exceed 0.9")],
        figures={"empty": go.Figure()},
        evaluation={"accuracy": 0.8},
    )


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's tables, made once: that takes seconds."""
    folder = tmp_path_factory.mktemp("mlflow")
    Registry(f"sqlite:///{folder / 'mlflow.db'}", str(folder), "empty").record(trained(0.0), tables={}, step="first")
    return folder / "mlflow.db"


@pytest.fixture
def registry(fresh: Path, tmp_path: Path) -> Registry:
    """A registry with one champion of weight 0, version 1."""
    shutil.copy(fresh, tmp_path / "mlflow.db")
    told = MlflowSettings(
        tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}", artifact_root=str(tmp_path / "files"), experiment="shop"
    )
    return Registry.open(told)


def weight_of(registry: Registry) -> float:
    loaded = registry.load_champion("sentiment").model
    assert isinstance(loaded, SentimentModel)
    assert loaded.head.of_vectors is not None
    return float(loaded.head.of_vectors.coefficients[1, 0])


def test_a_model_past_its_gates_becomes_champion_and_loads_as_the_same_object(registry: Registry) -> None:
    number = registry.record(trained(2.0), tables={"results.text_vectors": "3@1"}, step="train_sentiment")
    champion = registry.load_champion("sentiment")
    assert champion.version == f"sentiment/{number}" == "sentiment/2"
    assert champion.feature_version == "enc1"
    assert weight_of(registry) == 2.0


def test_a_missed_gate_leaves_the_champion_and_makes_a_challenger(registry: Registry) -> None:
    number = registry.record(trained(2.0, passed=False), tables={}, step="train_sentiment")
    assert registry.champion_version("sentiment") == "1"
    assert registry._version_of("sentiment", "challenger") == number
    assert weight_of(registry) == 0.0


def test_rollback_brings_back_the_champion_before_and_only_what_was_champion(registry: Registry) -> None:
    registry.record(trained(2.0), tables={}, step="train_sentiment")
    registry.record(trained(3.0, passed=False), tables={}, step="train_sentiment")
    registry.record(trained(4.0), tables={}, step="train_sentiment")
    assert registry.rollback("sentiment") == "2"
    assert weight_of(registry) == 2.0
    assert registry.rollback("sentiment") == "1"
    with pytest.raises(DataError, match="no champion before 1"):
        registry.rollback("sentiment")


def test_the_command_rolls_back(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    registry.record(trained(2.0), tables={}, step="train_sentiment")
    arguments = ["rollback", "sentiment", "--set", f"mlflow.tracking_uri={registry.uri}"]
    assert command.main(arguments) == 0
    assert capsys.readouterr().out == "sentiment: champion is version 1\n"
    assert command.main(arguments) == 2
    assert "no champion before 1" in capsys.readouterr().err


def test_the_run_keeps_parameters_metrics_tables_plots_and_the_plotted_numbers(registry: Registry) -> None:
    number = registry.record(trained(2.0), tables={"results.text_vectors": "3@1"}, step="train_sentiment")
    assert registry.load_evaluation("sentiment", number) == {"accuracy": 0.8}
    with registry._reached() as client:
        run = client.get_run(client.get_model_version("sentiment", number).run_id)
        assert [file.path for file in client.list_artifacts(run.info.run_id, "plots")] == ["plots/empty.html"]
    assert run.data.params == {"feature_version": "enc1", "penalty": "0.1"}
    assert run.data.metrics == {"accuracy": 0.8, "accuracy_low": 0.7}
    assert run.data.tags["table.results.text_vectors"] == "3@1"
    assert run.data.tags["gates"] == "passed"


def test_the_pyfunc_predicts_for_who_loads_it_from_mlflow(registry: Registry) -> None:
    number = registry.record(trained(2.0), tables={}, step="train_sentiment")
    with registry._reached():
        import mlflow

        loaded = mlflow.pyfunc.load_model(f"models:/sentiment/{number}")
        assert [column.name for column in loaded.metadata.signature.inputs] == ["vector"]
        raw = loaded.get_raw_model()
    assert raw.predict(pd.DataFrame({"text": ["", ""], "vector": [[1.0], [-1.0]]}))["sentiment"].tolist() == [
        "positive",
        "negative",
    ]


def test_without_a_champion_the_message_says_what_to_run(registry: Registry, tmp_path: Path) -> None:
    nowhere = Registry(f"sqlite:///{tmp_path / 'none' / 'mlflow.db'}", "", "shop")
    assert nowhere.champion_version("churn") == ""
    assert not (tmp_path / "none").exists()
    assert registry.champion_version("churn") == ""
    with pytest.raises(DataError, match="model 'churn' has no champion"):
        registry.load_champion("churn")


def test_a_server_that_is_away_is_told_within_half_a_minute() -> None:
    started = time.monotonic()
    with pytest.raises(TryAgain, match="does not answer"):
        Registry("http://127.0.0.1:9", "", "shop").champion_version("churn")
    assert time.monotonic() - started < 30


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("this is a letter, not a database, and it is long enough to be read as one")
    with pytest.raises(EnvironmentFault, match="it is no sqlite database"):
        Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", "", "shop").champion_version("churn")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match=r"file/mlflow\.db cannot be used"):
        Registry(f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}", "", "shop").record(trained(1.0), tables={}, step="x")
