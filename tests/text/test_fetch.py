"""An encoder named by a URI of MLflow's registry is fetched from a real one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from mlflow import MlflowClient

from footfall.errors import EnvironmentFault
from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.registry.fetch import fetched_model
from footfall.text.weights import load
from mlflow_file import fresh_mlflow
from text.conftest import spec_of

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow warns of its own parts
CPU = Device("cpu", NumberType.FP32, "a test")


@pytest.fixture
def registry(tmp_path: Path) -> str:
    return fresh_mlflow(tmp_path)


def test_an_encoder_in_the_registry_is_fetched_by_its_alias(
    tiny: Callable[[str], Path], tmp_path: Path, registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, client = tiny("bert"), MlflowClient(registry, registry)
    run = client.create_run(client.create_experiment("encoders", (tmp_path / "artifacts").as_uri()))
    client.log_artifacts(run.info.run_id, str(directory), "encoder")
    client.create_registered_model("encoder")
    version = client.create_model_version("encoder", f"{run.info.artifact_uri}/encoder", run.info.run_id)
    client.set_registered_model_alias("encoder", "champion", version.version)

    fetch = partial(fetched_model, tracking_uri=registry)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    spec = spec_of("models:/encoder@champion", max_tokens=16)
    loaded = load(spec, CPU, fetch)
    assert list((tmp_path / "scratch").iterdir()) == []  # half a gigabyte would stay there with each start
    assert loaded.content_hash == load(spec_of(directory, max_tokens=16), CPU, None).content_hash


def test_an_encoder_that_the_registry_lacks_is_told_with_what_to_look_at(registry: str) -> None:
    message = pytest.raises(EnvironmentFault, match=r"models:/nobody/1 cannot be fetched(.|\n)*text\.encoder")
    with message, fetched_model("models:/nobody/1", tracking_uri=registry):
        pass
