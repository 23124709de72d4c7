"""An encoder that lies on HDFS is fetched from there by Hadoop's client in Spark's own jars; nothing else need be installed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from cluster.conftest import Hdfs
from footfall.errors import EnvironmentFault
from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.registry.fetch import fetched_model
from footfall.text.weights import load
from text.conftest import make_tiny, spec_of

CPU = Device("cpu", NumberType.FP32, "a test")
FETCH = partial(fetched_model, tracking_uri="")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_tiny(tmp_path / "tiny", "bert")


def test_an_encoder_on_hdfs_is_the_one_that_was_put_there(hdfs: Hdfs, tiny: Path) -> None:
    found = load(spec_of(hdfs.put(tiny, "/models/tiny"), max_tokens=16), CPU, FETCH)
    assert found.content_hash == load(spec_of(tiny, max_tokens=16), CPU, None).content_hash


def test_a_path_that_is_not_on_hdfs_is_told(hdfs: Hdfs) -> None:
    told = pytest.raises(EnvironmentFault, match=r"/models/none(.|\n)*No such file(.|\n)*text\.encoder(.|\n)*JAVA_HOME")
    with told, FETCH(f"{hdfs.uri}/models/none"):
        pass


def test_a_machine_without_java_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    told = pytest.raises(EnvironmentFault, match=r"No such file or directory(.|\n)*JAVA_HOME")
    with told, FETCH("hdfs://127.0.0.1:1/models/none"):
        pass
