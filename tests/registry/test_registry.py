"""The registry on a sqlite file of its own: aliases, gates, rollback, what is loaded back, what happens out of reach."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from footfall.errors import DataError, EnvironmentFault, TryAgain
from footfall.models.common.gates import GateReport, Role, Verdict
from footfall.models.common.measures import Interval
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.common.trained import Served, Trained
from footfall.models.sentiment.model import SentimentModel
from footfall.registry import __main__ as command
from footfall.registry.place import registry_uri, without_password
from footfall.registry.registry import Registry
from footfall.settings import MlflowSettings
from mlflow_file import fresh_mlflow

REPORT = GateReport("accuracy", "n-grams", Interval(0.1, 0.05, 0.15), 0.0)
PASSED = Verdict(Role.LEARNER, "vectors + n-grams", (REPORT,))
MISSED = Verdict(Role.CHAMPION, "sentiment/1", (REPORT,), "accuracy is no better")


def crown(registry: Registry, candidate: Trained) -> str:
    """Records a version and promotes it, as a training and the runner do one after the other."""
    number = registry.record(candidate, tables={}, step="train_sentiment", card="# a card")
    registry.promote("sentiment", number)
    return number


def _head(weight: float) -> TextHead:
    return TextHead(("negative", "positive"), Softmax(np.array([[0.0], [weight]]), np.zeros(2)), None, None)


def trained(weight: float, *, passed: bool = True) -> Trained:
    """A head of one weight, with all that a real training hands over."""
    return Trained(
        name="sentiment",
        model=Served(SentimentModel("vectors", "enc1", _head(weight))),
        features=(("vector", "double"),),
        predictions=(("positive_probability", "double"),),
        feature_version="enc1",
        parameters={"penalty": 0.1},
        metrics={"accuracy": 0.8, "accuracy_low": 0.7},
        verdict=PASSED if passed else MISSED,
        evaluation={"accuracy": 0.8},
    )


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's tables, made once: that takes seconds."""
    folder = tmp_path_factory.mktemp("mlflow")
    crown(Registry(fresh_mlflow(folder), str(folder), "empty"), trained(0.0))
    return folder / "mlflow.db"


@pytest.fixture
def registry(fresh: Path, tmp_path: Path) -> Registry:
    """A registry with one champion of weight 0, version 1."""
    shutil.copy(fresh, tmp_path / "mlflow.db")
    place = MlflowSettings(
        tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}", artifact_root=str(tmp_path / "files"), experiment="shop"
    )
    return Registry.open(place)


def weight_of(registry: Registry) -> float:
    loaded = registry.load_champion("sentiment").model
    assert isinstance(loaded, SentimentModel)
    assert loaded.head.of_vectors is not None
    return float(loaded.head.of_vectors.coefficients[1, 0])


def test_a_promoted_version_is_champion_and_loads_as_the_same_object(registry: Registry) -> None:
    number = registry.record(trained(2.0), tables={"results.text_vectors": "3@1"}, step="train_sentiment")
    assert registry.champion_version("sentiment") == "1"  # until the batch is closed
    registry.promote("sentiment", number)
    registry.promote("sentiment", number)
    champion = registry.load_champion("sentiment")
    assert champion.version == f"sentiment/{number}" == "sentiment/2"
    assert (champion.feature_version, champion.served_by) == ("enc1", "vectors + n-grams")
    assert weight_of(registry) == 2.0


def test_steps_side_by_side_can_record_into_an_mlflow_that_does_not_exist_yet(tmp_path: Path) -> None:
    registry = Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", str(tmp_path / "files"), "shop")
    names = [f"model_{n}" for n in range(3)]

    def record(name: str) -> str:
        candidate = replace(trained(1.0), name=name)
        return registry.record(candidate, tables={}, step=f"train_{name}", tags={"of": name})

    with ThreadPoolExecutor(len(names)) as threads:
        assert list(threads.map(record, names)) == ["1", "1", "1"]
    assert [registry.latest_tags(name)["of"] for name in names] == names


def test_a_recorded_version_is_the_challenger_with_its_tags(registry: Registry) -> None:
    number = registry.record(
        trained(2.0, passed=False), tables={}, step="train_sentiment", tags={"training_rows": "9 rows, 17"}
    )
    assert registry.latest_number("sentiment") == number
    tags = registry.latest_tags("sentiment")
    assert tags["training_rows"] == "9 rows, 17"
    assert tags["gates"] == "sentiment: the champion stays, since accuracy is no better"
    assert weight_of(registry) == 0.0


def test_where_nothing_serves_any_more_the_alias_is_taken_away(registry: Registry) -> None:
    registry.promote("sentiment", "")
    registry.promote("sentiment", "")
    assert registry.champion_version("sentiment") == ""


def test_rollback_brings_back_the_champion_before_and_only_what_was_champion(registry: Registry) -> None:
    crown(registry, trained(2.0))
    registry.record(trained(3.0, passed=False), tables={}, step="train_sentiment")
    crown(registry, trained(4.0))
    assert registry.rollback("sentiment") == "2"
    assert weight_of(registry) == 2.0
    assert registry.rollback("sentiment") == "1"
    with pytest.raises(DataError, match="no champion before 1"):
        registry.rollback("sentiment")


def test_the_command_rolls_back(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    crown(registry, trained(2.0))
    arguments = ["rollback", "sentiment", "--set", f"mlflow.tracking_uri={registry.uri}"]
    assert command.main(arguments) == 0
    assert capsys.readouterr().out == "sentiment: champion is version 1\n"
    assert command.main(arguments) == 2
    assert "no champion before 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--env", "emr"], "you have to fill in: mlflow.tracking_uri is https://<your MLflow server>.\nFix: "),
        (["--settings", "."], ". cannot be read: is a directory.\nFix: "),
        (["--set", "mlflow.tracking_uri=foo://x"], "mlflow.tracking_uri is foo://x, which cannot be used: "),
        (["--set", "mlflow.tracking_uri=mssql://x"], "names a database, mssql, whose Python package is absent: "),
        (["--set", "mlflow.tracking_uri="], "mlflow.tracking_uri: the value is empty"),
    ],
)
def test_the_command_refuses_a_place_that_cannot_be_used(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["champion", "sentiment", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_the_command_needs_no_other_section_filled_in(registry: Registry) -> None:
    place = ["--env", "emr", "--set", f"mlflow.tracking_uri={registry.uri}"]
    assert command.main(["champion", "sentiment", *place]) == 0


def test_the_run_keeps_parameters_metrics_tables_plots_and_the_plotted_numbers(registry: Registry) -> None:
    number = registry.record(
        trained(2.0), tables={"results.text_vectors": "3@1"}, step="train_sentiment", card="# sentiment",
        plots={"empty": go.Figure()},
    )  # fmt: skip
    evaluation = registry.load_evaluation("sentiment", number)
    assert evaluation["accuracy"] == 0.8
    assert evaluation["verdict"]["serves"] == "vectors + n-grams"
    assert registry.load_card("sentiment", number) == "# sentiment"
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


@pytest.mark.parametrize(
    ("tracking_uri", "where"),
    [
        ("databricks", "databricks-uc"),
        ("databricks://profile", "databricks-uc://profile"),
        ("databricks-uc", "databricks-uc"),
        ("https://mlflow.example", "https://mlflow.example"),
        ("sqlite:///databricks/mlflow.db", "sqlite:///databricks/mlflow.db"),
    ],
)
def test_databricks_registers_models_in_unity_catalog(tracking_uri: str, where: str) -> None:
    assert registry_uri(tracking_uri) == where


def test_a_model_of_unity_catalog_has_a_name_of_three_parts(registry: Registry) -> None:
    assert registry.name("churn") == "churn"
    elsewhere = replace(registry, schema="shop.models")
    assert elsewhere.name("churn") == "shop.models.churn"
    number = crown(elsewhere, trained(3.0))  # the same calls, on a registry that takes any name
    assert (elsewhere.champion_version("sentiment"), registry.champion_version("sentiment")) == (number, "1")
    assert elsewhere.load_champion("sentiment").version == f"sentiment/{number}"
    assert elsewhere.load_card("sentiment", number) == "# a card"


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


def test_a_password_in_the_address_is_in_no_message() -> None:
    with pytest.raises(TryAgain) as raised:
        Registry("http://anna:harmless@127.0.0.1:9/mlflow", "", "shop").champion_version("churn")
    assert "http://...@127.0.0.1:9/mlflow" in str(raised.value)
    assert "harmless" not in str(raised.value)
    assert (
        without_password("https://TOKEN@host/x and sqlite:///a@b/m.db") == "https://...@host/x and sqlite:///a@b/m.db"
    )


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("this is a letter, not a database, and it is long enough to be read as one")
    with pytest.raises(EnvironmentFault, match="it is no sqlite database"):
        Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", "", "shop").champion_version("churn")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match=r"file/mlflow\.db cannot be used"):
        Registry(f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}", "", "shop").record(trained(1.0), tables={}, step="x")
