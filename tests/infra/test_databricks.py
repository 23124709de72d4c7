"""The Databricks bundle, without a workspace: its fields are Databricks' own, its tasks are footfall's stages in their order."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from databricks.sdk.service.jobs import JobSettings
from infra.submit.options import spark_setting
from jobs.pipeline import STAGES

from footfall.settings import resolve

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "infra" / "databricks"


@pytest.fixture(scope="module")
def bundle() -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load((FOLDER / "databricks.yml").read_text(encoding="utf-8"))
    return whole


@pytest.fixture
def job(bundle: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(bundle["resources"]["jobs"]["footfall"])


def test_every_field_of_the_job_is_one_of_databricks_own(job: dict[str, Any]):
    assert JobSettings.from_dict(job).as_dict() == job


def test_the_weekly_job_runs_maintain_with_fields_of_databricks_own(bundle: dict[str, Any]):
    weekly = bundle["resources"]["jobs"]["footfall_maintain"]
    assert JobSettings.from_dict(weekly).as_dict() == weekly
    (task,) = weekly["tasks"]
    assert task["python_wheel_task"]["parameters"][:3] == ["maintain", "--env", "databricks"]


@pytest.mark.parametrize("wrong", [{"task_kee": "x"}, {"new_cluster": {"data_security_mode": "ALL_USERS"}}])
def test_a_wrong_field_would_be_noticed(job: dict[str, Any], wrong: dict[str, Any]):
    job["tasks"][0] |= wrong
    assert JobSettings.from_dict(job).as_dict() != job


def test_the_tasks_are_the_stages_each_after_the_one_before_it(job: dict[str, Any]):
    tasks = job["tasks"]
    assert tuple(task["task_key"] for task in tasks) == STAGES
    before = [[each["task_key"] for each in task.get("depends_on", [])] for task in tasks]
    assert before == [[], *([stage] for stage in STAGES[:-1])]
    for task in tasks:
        words = task["python_wheel_task"]["parameters"]
        assert words[:3] == [task["task_key"], "--env", "databricks"]


def test_the_wheel_s_own_command_is_called(job: dict[str, Any]):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    called = {(t["python_wheel_task"]["package_name"], t["python_wheel_task"]["entry_point"]) for t in job["tasks"]}
    assert called == {(project["name"], *project["scripts"])}


def test_only_the_reading_of_texts_gets_gpus_one_a_task(job: dict[str, Any]):
    clusters = {cluster["job_cluster_key"]: cluster["new_cluster"] for cluster in job["job_clusters"]}
    assert [task["task_key"] for task in job["tasks"] if task["job_cluster_key"] == "gpu"] == ["understand_text"]
    assert clusters["gpu"]["spark_conf"]["spark.task.resource.gpu.amount"] == "1"
    assert resolve(ROOT / "conf", "databricks", {}).text.tasks == clusters["gpu"]["num_workers"]


def test_the_clusters_have_the_environment_s_spark_settings(job: dict[str, Any]):
    text = (ROOT / "conf" / "env" / "databricks" / "spark.conf").read_text(encoding="utf-8")
    keys = [line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("#")]
    expected = {key: spark_setting(key, [], text) for key in keys}
    for cluster in job["job_clusters"]:
        conf = cluster["new_cluster"]["spark_conf"]
        assert {key: conf.get(key) for key in expected} == expected


def test_the_secret_comes_from_a_scope(job: dict[str, Any]):
    for cluster in job["job_clusters"]:
        assert cluster["new_cluster"]["spark_env_vars"]["FOOTFALL_PSEUDONYM_SECRET"].startswith("{{secrets/")


def test_every_variable_is_declared_and_every_declared_one_is_used(bundle: dict[str, Any]):
    used = set(re.findall(r"\$\{var\.(\w+)\}", (FOLDER / "databricks.yml").read_text(encoding="utf-8")))
    assert used == set(bundle["variables"])


def test_the_packages_are_those_of_the_extras_less_what_the_runtime_brings():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        *project["dependencies"],
        *(package for name in ("spark", "text", "train", "report") for package in extras[name]),
    }
    lines = (FOLDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = {line for line in lines if not line.startswith("#")}
    assert listed == {package for package in wanted if not re.match(r"(pyspark|delta-spark)\b", package)}
