"""What Spark's processes send on every cluster is encrypted, and no environment holds a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from infra.submit.options import spark_setting
from infra.submit.secret_settings import refuse_secrets

CONF = Path(__file__).resolve().parents[2] / "conf" / "env"
CLUSTERS = ["emr", "k8s", "standalone", "yarn"]  # Databricks encrypts by its own means
SWITCHES = ("spark.authenticate", "spark.network.crypto.enabled", "spark.io.encryption.enabled")


def _spark_conf(env: str) -> str:
    return (CONF / env / "spark.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize("env", CLUSTERS)
def test_every_cluster_authenticates_and_encrypts_what_it_sends_and_spills(env: str):
    assert {key: spark_setting(key, [], _spark_conf(env)) for key in SWITCHES} == dict.fromkeys(SWITCHES, "true")


@pytest.mark.parametrize("env", sorted(path.name for path in CONF.iterdir()))
def test_no_environment_holds_a_secret(env: str):
    """By the rule that refuses secrets on a command line."""
    keys = [line.split()[0] for line in _spark_conf(env).splitlines() if line.strip() and not line.startswith("#")]
    refuse_secrets([word for key in keys for word in ("--conf", f"{key}=x")])


def test_on_kubernetes_the_secret_is_a_file_that_both_kinds_of_pods_mount():
    text = _spark_conf("k8s")
    folder, _, _ = str(spark_setting("spark.authenticate.secret.file", [], text)).rpartition("/")
    pods = [spark_setting(f"spark.kubernetes.{pod}.secrets.footfall-spark", [], text) for pod in ("driver", "executor")]
    assert pods == [folder, folder]
