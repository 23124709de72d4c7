"""What travels with a registered model, and that it loads where footfall is not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from infra.submit.package import build_package
from packaging.requirements import Requirement

from footfall.models.common.binary_scorer import BinaryScorer
from footfall.models.common.featureset import Feature, Transform
from footfall.models.common.gates import Role, Verdict
from footfall.models.common.logistic import Linear
from footfall.models.common.ngrams import NGrams
from footfall.models.common.scaling import Scaler
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.common.trained import LOADER, Fitted, Served, Trained
from footfall.models.sentiment.model import SentimentModel
from footfall.registry.registry import Registry
from footfall.registry.shipped import requirements
from mlflow_file import fresh_mlflow

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "libs" / "footfall"
TEXTS = ["good coffee", "bad coffee", "好喝的咖啡"]


def sentiment() -> SentimentModel:
    """A head over n-grams and vectors of two numbers."""
    ngrams = NGrams.fit(TEXTS * 2, longest=2)
    of_ngrams = Softmax(np.linspace(-1, 1, 2 * len(ngrams.used)).reshape(2, -1).round(5), np.array([0.25, 0.0]))
    of_vectors = Softmax(np.array([[0.5, -0.5], [-1.0, 1.0]]), np.zeros(2))
    return SentimentModel("both", "enc1", TextHead(("negative", "positive"), of_vectors, of_ngrams, ngrams))


def churn() -> BinaryScorer:
    """A scorer of one feature."""
    scaler = Scaler((Feature("recency_days", Transform.LOG, "recency"),), (1.0,), (0.0,), (6.0,), (2.0,), (1.5,))
    return BinaryScorer("churn", "logistic regression", "features1", scaler, Linear((0.7,), -0.2))


SENTIMENT_ROWS = pd.DataFrame({"text": TEXTS, "vector": [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]})
CHURN_ROWS = pd.DataFrame({"recency_days": [0.0, 12.0, 300.0]})


def trained(name: str, fitted: Fitted, columns: tuple[tuple[str, str], ...]) -> Trained:
    """The fitted model with what a training hands over beside it."""
    return Trained(
        name, Served(fitted), columns, (("score", "double"),), "1", {}, {}, Verdict(Role.LEARNER, "both", ()), {}
    )


@pytest.fixture(scope="module")
def model_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of a registered version by model, as MLflow keeps them."""
    folder = tmp_path_factory.mktemp("shipped")
    registry = Registry(fresh_mlflow(folder), str(folder / "files"), "shop")
    text = (("text", "string"), ("vector", "array<double>"))
    registry.record(trained("sentiment", sentiment(), text), tables={}, step="train_sentiment")
    registry.record(trained("churn", churn(), (("recency_days", "double"),)), tables={}, step="train_churn")
    path_before = list(sys.path)
    assert registry.load("churn", "1").model == churn()
    assert sys.path == path_before, "what is imported later comes from the footfall that runs"
    with registry._reached():
        import mlflow

        fetch = mlflow.artifacts.download_artifacts
        return {name: Path(fetch(f"models:/{name}/1", dst_path=str(folder / name))) for name in ("sentiment", "churn")}


def relative_files(folder: Path) -> set[str]:
    """Paths below a folder, without what Python caches."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in files}


def test_a_models_requirements_are_the_packages_of_scoring_and_of_serving_each_with_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["serve"]]
    listed = [Requirement(line) for line in requirements(LOADER)]
    assert [one.name for one in listed] == sorted(Requirement(line).name for line in declared)
    assert all(str(one.specifier).startswith("==") for one in listed)


def test_a_tuned_encoder_requires_the_packages_that_read_texts_too() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = [Requirement(line).name for line in project["optional-dependencies"]["text"]]
    more = set(requirements("footfall.models.sentiment_encoder.model")) - set(requirements(LOADER))
    assert sorted(Requirement(line).name for line in more) == text


def test_the_whole_library_travels_with_a_model_and_its_requirements_name_none_of_it(
    model_folders: dict[str, Path],
) -> None:
    assert relative_files(model_folders["churn"] / "code" / "footfall") == relative_files(LIBRARY)
    lines = (model_folders["churn"] / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines == requirements(LOADER)


def test_the_library_is_copied_from_the_zip_that_travels_to_a_cluster_too(tmp_path: Path) -> None:
    package = build_package(ROOT, tmp_path)
    copy = "import sys; from pathlib import Path; from footfall.registry.shipped import copy_library; "
    command = [sys.executable, "-c", copy + "print(copy_library(Path(sys.argv[1])))", str(tmp_path / "code")]
    environment = {**os.environ, "PYTHONPATH": str(package)}
    shown = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == str(tmp_path / "code" / "footfall")
    assert relative_files(tmp_path / "code" / "footfall") == relative_files(LIBRARY)


PREDICT = """
import importlib.util, json, sys, mlflow, pandas
assert importlib.util.find_spec("footfall") is None and importlib.util.find_spec("pyspark") is None
for folder, rows in json.load(sys.stdin):
    predicted = mlflow.pyfunc.load_model(folder).predict(pandas.DataFrame(rows))
    print(json.dumps(predicted.to_dict("list")))
"""


def test_a_registered_model_predicts_the_same_in_an_environment_that_has_only_what_its_requirements_list(
    model_folders: dict[str, Path], tmp_path: Path
) -> None:
    python = fresh_environment(tmp_path / "venv", model_folders["sentiment"] / "requirements.txt")
    rows = {"sentiment": SENTIMENT_ROWS, "churn": CHURN_ROWS}
    calls = [[str(model_folders[name]), frame.to_dict("list")] for name, frame in rows.items()]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "MLFLOW_DISABLE_TELEMETRY": "true"}
    shown = subprocess.run(
        [str(python), "-c", PREDICT],
        input=json.dumps(calls),
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    kept = SentimentModel.from_json(sentiment().as_json())  # files keep rounded weights
    expected = [kept.predict(SENTIMENT_ROWS), churn().predict(CHURN_ROWS)]
    assert [json.loads(line) for line in shown.stdout.splitlines()] == [frame.to_dict("list") for frame in expected]


def fresh_environment(folder: Path, requirements_file: Path) -> Path:
    """Its Python. Versions that the file leaves open are those of the lock file, so that uv finds them in its cache."""
    uv = str(ROOT / ".venv" / "bin" / "uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    python = folder / "bin" / "python"
    install = [uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(requirements_file)]
    subprocess.run([*install, "--constraint", str(ROOT / "infra/local/requirements.lock")], check=True)
    return python
