"""The environments of conf/env: each resolves, and what a cluster needs to have of its own is not this machine's."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest

from footfall.docs.declared import declaring_job
from footfall.errors import SettingsError
from footfall.runtime.cli import parser, settings_of
from footfall.settings import Settings, main, resolve
from jobs import report

CONF = Path(__file__).resolve().parents[2] / "conf"
ENVIRONMENTS = sorted(path.name for path in (CONF / "env").iterdir() if path.is_dir())
CLUSTERS = [name for name in ENVIRONMENTS if name != "local"]


def _values(settings: Settings) -> dict[str, str]:
    """Dotted key -> value of every setting that is text; the sources' mappings are left out."""
    dump = settings.model_dump(exclude={"sources": {"mappings"}})
    return {
        f"{section}.{key}": value
        for section, keys in dump.items()
        for key, value in keys.items()
        if isinstance(value, str)
    }


def test_every_environment_is_known():
    assert ENVIRONMENTS == ["databricks", "emr", "k8s", "local", "standalone", "yarn"]


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_environment_resolves(env: str):
    assert resolve(CONF, env, {}).shop.currency == "USD"


@pytest.mark.parametrize("env", CLUSTERS)
def test_no_cluster_keeps_anything_below_a_folder_of_one_checkout(env: str):
    """A relative path is below the working directory, which on a cluster is another one in each process."""
    values = _values(resolve(CONF, env, {}))
    places = {
        key: values[key] for key in ("lake.root", "sources.root", "text.encoder", "fine_tune.folder", "report.path")
    }
    if values["lake.catalog"]:
        assert places.pop("lake.root") == ""
    assert {key: value for key, value in places.items() if not (value.startswith("/") or "://" in value)} == {}
    assert {key: value for key, value in values.items() if value.startswith("build/")} == {}


@pytest.mark.parametrize("env", CLUSTERS)
def test_no_cluster_keeps_models_in_a_file_of_one_machine(env: str):
    mlflow = resolve(CONF, env, {}).mlflow
    assert mlflow.tracking_uri.startswith("https://") or mlflow.tracking_uri == "databricks"
    assert mlflow.artifact_root == ""


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (
            {"mlflow.tracking_uri": "databricks"},
            r"on Databricks Unity Catalog registers models as catalog\.schema\.model",
        ),
        ({"mlflow.registry_schema": "shop.models"}, "only Databricks has a registry_schema"),
    ],
)
def test_models_are_registered_in_a_schema_on_databricks_and_nowhere_else(settings: dict[str, str], fault: str):
    with pytest.raises(SettingsError, match=fault):
        resolve(CONF, "local", settings)


@pytest.mark.parametrize("env", CLUSTERS)
def test_a_cluster_s_page_is_written_where_the_report_can_write(env: str):
    report.steps(replace(declaring_job(CONF), settings=resolve(CONF, env, {})))


@pytest.mark.parametrize("env", CLUSTERS)
def test_what_is_left_to_fill_in_is_told_with_every_key_before_spark_starts(env: str, tmp_path: Path, capsys):
    arguments = ["--conf", str(CONF), "--env", env, "--out", str(tmp_path / "settings.json")]
    assert main(arguments) == SettingsError.exit_code
    words = capsys.readouterr().err
    unfilled = {key: value for key, value in _values(resolve(CONF, env, {})).items() if "<your " in value}
    assert unfilled
    assert [key for key, value in unfilled.items() if f"{key} is {value}" not in words] == []
    assert "Fix: Write your own names into conf/env/<env>/settings.yaml" in words
    assert not (tmp_path / "settings.json").exists()

    filled = [
        word
        for key, value in unfilled.items()
        for word in ("--set", f"{key}={value.replace('<your ', '').replace('>', '')}")
    ]
    assert main([*arguments, *filled]) == 0
    resolved = json.loads((tmp_path / "settings.json").read_text(encoding="utf-8"))
    assert "<your " not in json.dumps({key: value for key, value in resolved.items() if key != "sources"})


def test_a_job_that_is_started_without_spark_submit_tells_it_too():
    arguments: argparse.Namespace = parser("a test").parse_args(["--conf-dir", str(CONF), "--env", "yarn"])
    with pytest.raises(SettingsError, match=r"mlflow\.tracking_uri is https://<your MLflow server>"):
        settings_of(arguments)


def test_this_machine_needs_nothing_to_be_filled_in():
    assert settings_of(parser("a test").parse_args(["--conf-dir", str(CONF)])).lake.root == "build/lake"
