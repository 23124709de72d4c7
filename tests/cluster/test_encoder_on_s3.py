"""An encoder that lies on S3 is fetched from there by Arrow, over HTTP from a real server of the protocol on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs

from footfall.errors import EnvironmentFault
from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.registry.fetch import fetched_model
from footfall.text.weights import load
from text.conftest import make_tiny, spec_of

CPU = Device("cpu", NumberType.FP32, "a test")
FETCH = partial(fetched_model, tracking_uri="")

pytestmark = pytest.mark.filterwarnings("ignore")  # the server's own


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _environment(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"ACCESS_KEY_ID": "of the test", "SECRET_ACCESS_KEY": "of the test", "REGION": "us-east-1"}
    for name, value in {**told, "ENDPOINT_URL": endpoint, "EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_tiny(tmp_path / "tiny", "bert")


@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_an_encoder_on_s3_is_the_one_that_was_put_there(tiny: Path, endpoint: str, scheme: str) -> None:
    storage = fs.S3FileSystem(endpoint_override=endpoint, allow_bucket_creation=True)
    storage.create_dir(f"models-{scheme}")
    fs.copy_files(str(tiny), f"models-{scheme}/text/tiny", destination_filesystem=storage)
    found = load(spec_of(f"{scheme}://models-{scheme}/text/tiny", max_tokens=16), CPU, FETCH)
    assert found.content_hash == load(spec_of(tiny, max_tokens=16), CPU, None).content_hash


def test_a_path_that_is_not_on_s3_is_told() -> None:
    told = pytest.raises(EnvironmentFault, match=r"s3://nowhere/tiny(.|\n)*text\.encoder(.|\n)*AWS_REGION")
    with told, FETCH("s3://nowhere/tiny"):
        pass


def test_storage_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(EnvironmentFault, match="AWS_ENDPOINT_URL"), FETCH("s3://models/tiny"):
        pass
