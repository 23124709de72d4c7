"""The requests for Amazon EMR, without AWS: sound by botocore's models, taken by moto, and what they run is footfall's stages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator
from infra.emr.__main__ import main
from infra.emr.requests import Shipped, application_request, cluster_request, job_requests, spark_settings
from infra.submit.secret_settings import refuse_secrets
from jobs.pipeline import STAGES
from moto import mock_aws

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = Shipped(
    "s3://bucket/footfall", "emr-8.0.0", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:footfall"
)
SETTINGS = spark_settings(ROOT / "conf" / "env" / "emr" / "spark.conf")
RUN = {"as_of": "2018-01-01", "run_id": "run-7"}
ROLE = "arn:aws:iam::123456789012:role/footfall"

pytestmark = pytest.mark.filterwarnings("ignore")  # moto's and botocore's own


@pytest.fixture
def cluster() -> dict[str, Any]:
    return cluster_request(SHIPPED, SETTINGS, STAGES, **RUN)


@pytest.fixture
def jobs() -> list[dict[str, Any]]:
    return job_requests(SHIPPED, SETTINGS, STAGES, application="00abcdefghijk", role=ROLE, **RUN)


def faults(request: dict[str, Any], service: str, operation: str) -> list[str]:
    """What botocore's model of the operation has against a request; botocore itself checks no enumeration and no pattern."""
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape).generate_report()
    return [*filter(None, [report]), *_odd_values(request, shape, "")]


def _odd_values(value: Any, shape: Shape, where: str) -> Iterator[str]:
    for inner, inner_shape, name in _parts(value, shape):
        yield from _odd_values(inner, inner_shape, f"{where}.{name}")
    if isinstance(value, str):
        allowed, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern", "")
        if allowed and value not in allowed:
            yield f"{where}: {value} is none of {allowed}"
        # Python's patterns know no ranges of surrogates, by which some of AWS's allow all characters
        if pattern and "D800" not in pattern and not re.fullmatch(pattern, value, re.DOTALL):
            yield f"{where}: {value} is not like {pattern}"


def _parts(value: Any, shape: Shape) -> Iterator[tuple[Any, Shape, str]]:
    """(value, shape, name) of what a structure, list or map holds."""
    if isinstance(shape, StructureShape):
        yield from ((inner, shape.members[key], key) for key, inner in value.items() if key in shape.members)
    elif isinstance(shape, ListShape):
        yield from ((inner, shape.member, "") for inner in value)
    elif isinstance(shape, MapShape):
        yield from ((inner, shape.value, key) for key, inner in value.items())


def test_the_cluster_s_request_is_sound(cluster: dict[str, Any]):
    assert faults(cluster, "emr", "RunJobFlow") == []


def test_the_serverless_requests_are_sound(jobs: list[dict[str, Any]]):
    assert faults(application_request(SHIPPED), "emr-serverless", "CreateApplication") == []
    assert [faults(job, "emr-serverless", "StartJobRun") for job in jobs] == [[]] * len(STAGES)


def test_a_wrong_key_type_enumeration_or_pattern_would_be_noticed(cluster: dict[str, Any], jobs: list[dict[str, Any]]):
    steps = cluster["Steps"]
    assert faults({**cluster, "Step": steps}, "emr", "RunJobFlow")
    assert faults({**cluster, "Name": 5}, "emr", "RunJobFlow")
    assert faults({**cluster, "Steps": [{**steps[0], "ActionOnFailure": "GIVE_UP"}]}, "emr", "RunJobFlow")
    assert faults({**jobs[0], "executionRoleArn": "footfall's own role"}, "emr-serverless", "StartJobRun")


def test_each_stage_is_a_step_that_ends_the_cluster_where_it_fails(cluster: dict[str, Any], jobs: list[dict[str, Any]]):
    assert [step["Name"] for step in cluster["Steps"]] == list(STAGES)
    assert {step["ActionOnFailure"] for step in cluster["Steps"]} == {"TERMINATE_CLUSTER"}
    words = cluster["Steps"][0]["HadoopJarStep"]["Args"]
    expected = [
        "s3://bucket/footfall/jobs/ingest.py",
        "--settings",
        "settings.yaml",
        "--as-of",
        "2018-01-01",
        "--run-id",
        "run-7",
    ]
    assert words[-7:] == expected
    driver = jobs[0]["jobDriver"]["sparkSubmit"]
    assert [driver["entryPoint"], *driver["entryPointArguments"]] == expected


def test_both_have_the_environment_s_spark_settings_with_encryption(
    cluster: dict[str, Any], jobs: list[dict[str, Any]]
):
    on_ec2 = {c["Classification"]: c["Properties"] for c in cluster["Configurations"]}
    assert on_ec2["spark-defaults"].items() >= SETTINGS.items()
    assert on_ec2["yarn-site"] == {"spark.authenticate": "true"}
    (serverless,) = jobs[0]["configurationOverrides"]["applicationConfiguration"]
    assert serverless["properties"]["spark.network.crypto.enabled"] == "true"
    assert not any(key.startswith(("spark.yarn.", "spark.master")) for key in serverless["properties"])


def test_the_secret_is_named_and_never_written_nor_on_a_command_line(
    cluster: dict[str, Any], jobs: list[dict[str, Any]]
):
    on_ec2 = {c["Classification"]: c["Properties"] for c in cluster["Configurations"]}
    key = "EMR.secret@spark.yarn.appMasterEnv.FOOTFALL_PSEUDONYM_SECRET"
    assert on_ec2["spark-defaults"][key] == SHIPPED.secret_arn
    (serverless,) = jobs[0]["configurationOverrides"]["applicationConfiguration"]
    value = serverless["properties"]["spark.emr-serverless.driverEnv.FOOTFALL_PSEUDONYM_SECRET"]
    assert value == f"EMR.secret@{SHIPPED.secret_arn}"
    for step in cluster["Steps"]:
        refuse_secrets(step["HadoopJarStep"]["Args"])


def test_moto_takes_the_cluster_and_its_steps(cluster: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        emr = boto3.client("emr")
        flow = emr.run_job_flow(**cluster)["JobFlowId"]
        steps = emr.list_steps(ClusterId=flow)["Steps"]
        assert sorted(step["Name"] for step in steps) == sorted(STAGES)


def test_moto_takes_the_serverless_job(jobs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        serverless = boto3.client("emr-serverless")
        application = serverless.create_application(**application_request(SHIPPED))["applicationId"]
        serverless.start_application(applicationId=application)
        started = serverless.start_job_run(**{**jobs[0], "applicationId": application})
        run = serverless.get_job_run(applicationId=application, jobRunId=started["jobRunId"])["jobRun"]
        assert run["jobDriver"] == jobs[0]["jobDriver"]


@pytest.mark.parametrize("what", ["cluster", "maintain", "application", "jobs"])
def test_the_command_prints_what_the_aws_command_line_reads(what: str, capsys: pytest.CaptureFixture[str]):
    names = ["--folder", SHIPPED.folder, "--release", SHIPPED.release, "--secret-arn", SHIPPED.secret_arn]
    run = ["--as-of", RUN["as_of"], "--run-id", RUN["run_id"], "--application", "00abcdefghijk", "--role", ROLE]
    assert main([what, *names, *run]) == 0
    printed = json.loads(capsys.readouterr().out)
    expected = {
        "cluster": cluster_request(SHIPPED, SETTINGS, STAGES, **RUN),
        "maintain": cluster_request(SHIPPED, SETTINGS, ("maintain",), **RUN),
        "application": application_request(SHIPPED),
        "jobs": job_requests(SHIPPED, SETTINGS, STAGES, application="00abcdefghijk", role=ROLE, **RUN),
    }
    assert printed == expected[what]
