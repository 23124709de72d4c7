"""The requests that run footfall's stages on Amazon EMR, on EC2 or Serverless, as boto3 and the AWS command line take them.

Pure functions of names; the Spark settings are those of conf/env/emr/spark.conf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECRET = "FOOTFALL_PSEUDONYM_SECRET"  # noqa: S105 - the name of an environment variable
PYTHON = "./environment/bin/python"
DELTA = "/usr/share/aws/delta/lib/delta-spark.jar,/usr/share/aws/delta/lib/delta-storage.jar"  # as EMR installs it
_NOT_PASSED = ("spark.master", "spark.submit.deployMode")  # EMR sets them


@dataclass(frozen=True)
class Shipped:
    """What lies on S3 below `folder`, as infra/emr/README.md puts it there: the package, the Python, the settings, the jobs.

    `secret_arn` names the secret in Secrets Manager, `release` an EMR release with Spark 4.2.
    """

    folder: str
    release: str
    secret_arn: str

    def at(self, name: str) -> str:
        """The address of one of the files."""
        return f"{self.folder.rstrip('/')}/{name}"


def spark_settings(conf: Path) -> dict[str, str]:
    """The lines of a spark.conf that a caller may set."""
    lines = (line.split(None, 1) for line in conf.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    settings = {parts[0]: parts[1].strip() for parts in lines if len(parts) == 2}
    return {key: value for key, value in settings.items() if key not in _NOT_PASSED}


def cluster_request(
    shipped: Shipped, settings: Mapping[str, str], stages: Sequence[str], *, as_of: str, run_id: str
) -> dict[str, Any]:
    """For `emr.run_job_flow`: a cluster that runs the stages one after the other and ends, also after a failure."""
    secret = {f"EMR.secret@spark.yarn.appMasterEnv.{SECRET}": shipped.secret_arn}
    return {
        "Name": "footfall",
        "ReleaseLabel": shipped.release,
        "LogUri": shipped.at("logs/"),
        "Applications": [{"Name": "Spark"}],
        "ServiceRole": "EMR_DefaultRole",
        "JobFlowRole": "EMR_EC2_DefaultRole",
        "VisibleToAllUsers": True,
        "Configurations": [
            {"Classification": "delta-defaults", "Properties": {"delta.enabled": "true"}},
            {"Classification": "spark-defaults", "Properties": {**settings, **secret}},
            # the nodes' shuffle service asks for the run's secret too
            {"Classification": "yarn-site", "Properties": {"spark.authenticate": "true"}},
        ],
        "Instances": {
            "InstanceGroups": [
                {"Name": "primary", "InstanceRole": "MASTER", "InstanceType": "m6i.xlarge", "InstanceCount": 1},
                {"Name": "core", "InstanceRole": "CORE", "InstanceType": "m6i.2xlarge", "InstanceCount": 4},
            ],
            "KeepJobFlowAliveWhenNoSteps": False,
            "TerminationProtected": False,
        },
        "Steps": [
            {
                "Name": stage,
                "ActionOnFailure": "TERMINATE_CLUSTER",
                "HadoopJarStep": {
                    "Jar": "command-runner.jar",
                    "Args": [
                        "spark-submit",
                        *_on_yarn(shipped),
                        shipped.at(f"jobs/{stage}.py"),
                        *_words(as_of, run_id),
                    ],
                },
            }
            for stage in stages
        ],
    }


def application_request(shipped: Shipped) -> dict[str, Any]:
    """For `emr-serverless.create_application`: where the jobs of `job_requests` run."""
    return {"name": "footfall", "releaseLabel": shipped.release, "type": "SPARK", "clientToken": "footfall"}


def job_requests(
    shipped: Shipped,
    settings: Mapping[str, str],
    stages: Sequence[str],
    *,
    application: str,
    role: str,
    as_of: str,
    run_id: str,
) -> list[dict[str, Any]]:
    """For `emr-serverless.start_job_run`, one a stage: start each when the one before it has succeeded."""
    environment = {
        "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": PYTHON,
        "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": PYTHON,
        "spark.executorEnv.PYSPARK_PYTHON": PYTHON,
        "spark.archives": f"{shipped.at('python.tar.gz')}#environment",
        "spark.submit.pyFiles": shipped.at("footfall.zip"),
        "spark.files": shipped.at("settings.yaml"),
        "spark.jars": DELTA,
        f"spark.emr-serverless.driverEnv.{SECRET}": f"EMR.secret@{shipped.secret_arn}",
    }
    on_serverless = {key: value for key, value in settings.items() if not key.startswith("spark.yarn.")}
    configuration = {"classification": "spark-defaults", "properties": {**on_serverless, **environment}}
    logs = {"s3MonitoringConfiguration": {"logUri": shipped.at("logs/")}}
    return [
        {
            "name": f"footfall {stage}",
            "applicationId": application,
            "executionRoleArn": role,
            "clientToken": f"{run_id}-{stage}",
            "jobDriver": {
                "sparkSubmit": {
                    "entryPoint": shipped.at(f"jobs/{stage}.py"),
                    "entryPointArguments": _words(as_of, run_id),
                }
            },
            "configurationOverrides": {
                "applicationConfiguration": [configuration],
                "monitoringConfiguration": logs,
            },
        }
        for stage in stages
    ]


def _on_yarn(shipped: Shipped) -> list[str]:
    """spark-submit's options: the driver runs in a container, and what it needs comes from S3."""
    python = {"spark.yarn.appMasterEnv.PYSPARK_PYTHON": PYTHON, "spark.executorEnv.PYSPARK_PYTHON": PYTHON}
    return [
        *("--deploy-mode", "cluster"),
        *("--jars", DELTA),
        *("--py-files", shipped.at("footfall.zip")),
        *("--archives", f"{shipped.at('python.tar.gz')}#environment"),
        *("--files", shipped.at("settings.yaml")),
        *(word for key, value in python.items() for word in ("--conf", f"{key}={value}")),
    ]


def _words(as_of: str, run_id: str) -> list[str]:
    """What every job is told: the settings file in its working folder, the day, the run."""
    return ["--settings", "settings.yaml", "--as-of", as_of, "--run-id", run_id]
