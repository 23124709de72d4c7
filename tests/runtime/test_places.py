"""On a cluster, settings that name places of one machine are refused before any work, with what to set instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.errors import SettingsError
from footfall.runtime.places import is_local, require_shared_places
from footfall.runtime.session import Machines, machines_of
from footfall.settings import Settings, resolve

ROOT = Path(__file__).resolve().parents[2]
SERVER = {"mlflow.tracking_uri": "http://mlflow:5000", "text.encoder": "hdfs:///models/e5"}
CLIENT, REMOTE = Machines(is_cluster=True, driver_is_local=True), Machines(is_cluster=True, driver_is_local=False)


def _settings(**changes: Any) -> Settings:
    return resolve(ROOT / "conf", "local", {key.replace("__", "."): value for key, value in changes.items()})


def test_the_defaults_are_for_one_machine_and_all_their_faults_on_a_cluster_are_named_at_once() -> None:
    require_shared_places(_settings(), Machines(is_cluster=False, driver_is_local=True))
    with pytest.raises(SettingsError) as raised:
        require_shared_places(_settings(fine_tune__enabled=True), REMOTE)
    what = raised.value.what
    assert "mlflow.tracking_uri is sqlite:///build/mlflow/mlflow.db, a file of one machine: set the address" in what
    assert "text.encoder is .cache/models/multilingual-e5-small, a folder of one machine: set a hub id" in what
    assert "report.path is build/report/index.html, a file of the driver" in what
    assert "fine_tune.folder is build/encoders/sentiment, a folder of one machine" in what
    assert "set cluster.shared_paths to true" in raised.value.fix
    assert raised.value.exit_code == 2


def test_the_driver_on_the_machine_that_started_the_job_may_write_the_page_there() -> None:
    with pytest.raises(SettingsError) as raised:
        require_shared_places(_settings(fine_tune__enabled=True), CLIENT)
    assert "report.path" not in raised.value.what
    assert "fine_tune.folder" not in raised.value.what
    require_shared_places(resolve(ROOT / "conf", "local", SERVER), CLIENT)


def test_an_earlier_encoder_that_still_serves_is_looked_at_too() -> None:
    serving = [{"encoder": "models:/e5/1"}, {"encoder": "/models/e5"}]
    settings = resolve(ROOT / "conf", "local", {**SERVER, "text.serving": serving})
    with pytest.raises(SettingsError, match=r"text\.serving\[1\]\.encoder is /models/e5") as raised:
        require_shared_places(settings, CLIENT)
    assert "serving[0]" not in raised.value.what


def test_a_shop_without_texts_needs_no_encoder_on_the_workers() -> None:
    mapping = str(ROOT / "conf" / "sources" / "clickstream.yaml")
    changes = {"sources.mappings": [mapping], "mlflow.tracking_uri": "http://mlflow:5000"}
    require_shared_places(resolve(ROOT / "conf", "local", changes), CLIENT)


def test_paths_that_all_machines_see_are_said_to_be_so() -> None:
    require_shared_places(_settings(cluster__shared_paths=True, fine_tune__enabled=True), REMOTE)


@pytest.mark.parametrize(
    ("encoder", "expected"),
    [
        ("/models/e5", True),
        (".cache/models/e5", True),
        ("~/models/e5", True),
        ("file:///models/e5", True),
        (str(ROOT / "conf"), True),
        ("intfloat/multilingual-e5-small", False),
        ("hdfs:///models/e5", False),
        ("s3://models/e5", False),
        ("models:/sentiment_encoder@champion", False),
    ],
)
def test_a_path_is_distinguished_from_a_hub_id_and_from_a_uri_of_shared_storage(
    encoder: str, *, expected: bool
) -> None:
    assert is_local(encoder) is expected


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ({"spark.master": "local[*]"}, Machines(is_cluster=False, driver_is_local=True)),
        ({"spark.master": "local-cluster[2,1,1024]"}, Machines(is_cluster=False, driver_is_local=True)),
        ({"spark.master": "spark://host:7077", "spark.submit.deployMode": "client"}, CLIENT),
        ({"spark.master": "yarn", "spark.submit.deployMode": "cluster"}, REMOTE),
        ({"spark.master": "k8s://https://host:6443", "spark.submit.deployMode": "cluster"}, REMOTE),
        ({"spark.master": "local[*, 4]", "spark.databricks.clusterUsageTags.clusterId": "0101-abc"}, REMOTE),
    ],
)
def test_the_machines_of_a_session_follow_from_its_settings(
    monkeypatch: pytest.MonkeyPatch, conf: dict[str, str], expected: Machines
) -> None:
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
    assert machines_of(lambda key: conf.get(key, "")) == expected


def test_the_session_of_one_machine_is_no_cluster(spark: SparkSession) -> None:
    assert machines_of(lambda key: spark.conf.get(key, "") or "") == Machines(is_cluster=False, driver_is_local=True)
