"""spark-submit.sh: what goes where, what travels, what a person sees, and what is refused before Spark starts."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from infra.submit import __main__ as submission
from infra.submit.options import job_options, joined_lists, spark_setting, split, take
from infra.submit.package import build_package

from cluster.submission import ROOT, submit
from footfall.errors import EnvironmentFault, SettingsError

HELP = """usage: refine.py [-h] [--env NAME] [--take-over]

options:
  -h, --help            show this help message and exit
  --env NAME            environment
  --set KEY=VALUE       one setting, such as --verbose mode
  --a-long-option-name DATE
                        score as of
  -n N, --number N      count
  --take-over           resume

exit codes: 0 done
"""
KNOWN = {
    "--help": False,
    "--env": True,
    "--set": True,
    "--a-long-option-name": True,
    "--number": True,
    "--take-over": False,
}
JOB = '''"""Prints its arguments and ends with a code, without Spark."""
import argparse, sys
parser = argparse.ArgumentParser()
for name in ("--env", "--lake", "--raw", "--set", "--settings"):
    parser.add_argument(name)
parser.add_argument("--end-with", type=int, default=0)
options = parser.parse_args()
print("settings", options.settings, "lake", options.lake)
sys.exit(options.end_with)
'''


@pytest.fixture
def job(tmp_path: Path) -> str:
    """A job that needs no Spark."""
    path = tmp_path / "echo.py"
    path.write_text(JOB, encoding="utf-8")
    return str(path)


def test_the_options_of_a_job_are_read_from_its_help() -> None:
    assert job_options(HELP) == KNOWN


def test_what_the_job_lists_goes_to_the_job_and_the_rest_to_spark_with_its_value() -> None:
    words = ["--env", "yarn", "--num-executors", "4", "--verbose", "--take-over", "--set=a.b=1", "--conf", "x=y"]
    assert split(words, KNOWN) == (
        ["--env", "yarn", "--take-over", "--set=a.b=1"],
        ["--num-executors", "4", "--verbose", "--conf", "x=y"],
    )


def test_a_word_on_its_own_goes_to_the_job_and_a_value_may_look_like_an_option_of_java() -> None:
    assert split(["stray", "--driver-java-options", "-Dx=1"], KNOWN) == (["stray"], ["--driver-java-options", "-Dx=1"])


def test_the_values_of_one_option_are_taken_in_order() -> None:
    assert take(["--set", "a=1", "--env", "x", "--set=b=2"], "--set") == (["a=1", "b=2"], ["--env", "x"])


def test_lists_of_the_caller_are_added_to_ours() -> None:
    words = ["--jars", "mine.jar", "--queue", "night", "--files", "a.txt"]
    assert joined_lists(words, {"--jars": ["delta.jar", "storage.jar"]}) == [
        "--jars", "delta.jar,storage.jar,mine.jar", "--files", "a.txt", "--queue", "night",
    ]  # fmt: skip


def test_a_spark_setting_is_the_last_conf_else_the_line_of_the_file() -> None:
    file = "# spark.master yarn\nspark.master   local[*]\n"
    assert spark_setting("spark.master", [], file) == "local[*]"
    assert (
        spark_setting("spark.master", ["--conf", "spark.master=yarn", "--conf", "spark.master=local"], file) == "local"
    )
    assert spark_setting("spark.submit.deployMode", [], file) is None


def test_library_and_jobs_travel_as_packages_with_their_queries(tmp_path: Path) -> None:
    for name in (
        "libs/footfall/text/__init__.py",
        "libs/footfall/text/a.sql",
        "libs/footfall/__init__.py",
        "jobs/x.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("SELECT 1" if name.endswith("sql") else "", encoding="utf-8")
    (tmp_path / "libs/footfall/__pycache__").mkdir()
    (tmp_path / "libs/footfall/__pycache__/x.pyc").touch()
    package = build_package(tmp_path, tmp_path / "out")
    assert zipfile.ZipFile(package).namelist() == [
        "footfall/__init__.py",
        "footfall/text/__init__.py",
        "footfall/text/a.sql",
        "jobs/__init__.py",
        "jobs/x.py",
    ]
    assert build_package(tmp_path, tmp_path / "out") == package, "the same files make the same package"


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `plan` finds what spark-submit.sh sets for it; returns a place for the log."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}/libs:{ROOT}")
    return tmp_path / "x.log"


def test_in_cluster_mode_settings_and_python_travel_by_name(
    job: str, planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop")
    archive = planned.with_name("python.tar.gz")
    archive.touch()
    words = ["--env", "yarn", "--deploy-mode", "cluster", "--python-archive", str(archive), "--lake", "hdfs:///lake"]
    words += ["--set", "mlflow.tracking_uri=https://mlflow.example"]
    command, env = submission.plan(job, words, planned)
    settings = planned.with_suffix(".settings.yaml")
    assert command[command.index(job) :] == [job, "--settings", settings.name]
    assert take(command, "--files")[0] == [str(settings)]
    assert take(command, "--archives")[0] == [f"{archive}#environment"]
    assert "spark.pyspark.python=./environment/bin/python" in command
    assert '"root": "hdfs:///lake"' in settings.read_text(encoding="utf-8")
    assert env["FOOTFALL_LOG"] == str(planned)


def test_in_client_mode_the_driver_has_our_python_and_the_settings_by_path(job: str, planned: Path) -> None:
    command, env = submission.plan(job, ["--env", "local", "--end-with", "3"], planned)
    settings = planned.with_suffix(".settings.yaml")
    assert command[command.index(job) :] == [job, "--end-with", "3", "--settings", str(settings)]
    assert f"spark.pyspark.python={sys.executable}" in command
    assert env["TZ"] == "UTC"
    assert "PYTHONPATH" not in env, "the library comes from the package, as on a node"


@pytest.mark.parametrize(
    ("words", "are_sent"),
    [
        (["--lake", "s3a://shop/lake"], True),
        (["--set", "sources.root=s3a://shop/raw"], True),
        (["--lake", "build/lake"], False),
        (["--lake", "s3a://shop/lake", "--packages", "org.apache.hadoop:hadoop-aws:3.5.0"], False),
    ],
)
def test_the_jars_of_s3_travel_where_an_address_needs_them(
    job: str, planned: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, *, are_sent: bool
) -> None:
    monkeypatch.setattr(submission, "S3_JARS", planned.parent)
    jar = planned.with_name("hadoop-aws-3.5.0.jar")
    jar.touch()
    command, _ = submission.plan(job, ["--env", "local", *words], planned)
    (jars,) = take(command, "--jars")[0]
    assert (str(jar) in jars.split(",")) == are_sent


def test_a_local_run_on_s3_without_its_jars_is_refused_with_the_fix(
    job: str, planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "S3_JARS", planned.parent)
    with pytest.raises(EnvironmentFault, match=r"jars of S3 are not fetched(.|\n)*make s3"):
        submission.plan(job, ["--env", "local", "--lake", "s3a://shop/lake"], planned)


@pytest.mark.parametrize(
    ("words", "fault", "message"),
    [
        (["--env", "nope"], SettingsError, "there is no conf/env/nope/spark.conf.\nFix: Take one of: databricks, emr"),
        (
            ["--env", "standalone"],
            SettingsError,
            "--env standalone needs a master.\nFix: Add one, such as --master spark://",
        ),
        (["--env", "yarn"], EnvironmentFault, "Set HADOOP_CONF_DIR"),
        (["--set", "churn.horizon=5"], SettingsError, "churn.horizon: unknown key"),
        (["--python-archive", "no.tar.gz"], EnvironmentFault, "no such file.\nFix: Run `make archive`"),
        (["--secret-conf", "no.conf"], SettingsError, "--secret-conf no.conf: no such file."),
    ],
)
def test_what_cannot_run_is_refused_before_spark_starts(
    job: str, planned: Path, words: list[str], fault: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
    monkeypatch.delenv("YARN_CONF_DIR", raising=False)
    with pytest.raises(fault) as raised:
        submission.plan(job, words, planned)
    assert message in str(raised.value)


def test_help_explains_and_so_does_a_call_without_words() -> None:
    shown = submit("--help")
    assert shown.returncode == 0
    parts = ("--env local", "--env standalone", "--env yarn", "make archive", "--secret-conf", "Exit codes", "75")
    assert [part for part in parts if part not in shown.stdout] == []
    assert submit().returncode == 2


def test_the_help_of_a_job_needs_no_java(job: str) -> None:
    shown = submit(job, "--env", "local", "--help", env={"JAVA_HOME": "/nowhere"})
    assert (shown.returncode, shown.stdout[:14]) == (0, "usage: echo.py")


def fake_java(home: Path, first_line: str) -> Path:
    """A `java` that only shows its version."""
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho '{first_line}' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    return java


def test_no_java_and_a_wrong_one_are_refused_with_the_fix(job: str, tmp_path: Path) -> None:
    absent = submit(job, env={"JAVA_HOME": str(tmp_path)})
    assert (absent.returncode, absent.stdout) == (2, "")
    assert (
        f"is needed, and there is no {tmp_path}/bin/java (JAVA_HOME={tmp_path}).\nFix: Install a JDK" in absent.stderr
    )
    java = fake_java(tmp_path / "jdk", 'openjdk version "11.0.2" 2019-01-15')
    wrong = submit(job, env={"JAVA_HOME": str(tmp_path / "jdk")})
    assert wrong.returncode == 2
    assert f"is needed, and {java} is version 11.\nFix: Install a JDK or JRE of such a version" in wrong.stderr


def test_a_job_that_is_not_there_is_refused_with_the_names_of_those_that_are() -> None:
    refused = submit("jobs/nope.py", "--env", "local")
    assert refused.returncode == 2
    assert refused.stderr.startswith("there is no job jobs/nope.py.\nFix: Take one of: jobs/")


def test_a_machine_that_is_not_set_up_is_refused(job: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "spark-submit.sh", tmp_path)
    call = [tmp_path / "spark-submit.sh", job]
    no_python = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (no_python.returncode, no_python.stderr[-18:]) == (2, "Run `make setup`.\n")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    no_jars = subprocess.run(call, capture_output=True, text=True, check=False)
    assert no_jars.returncode == 2
    assert no_jars.stderr.startswith("Delta Lake's jars are not in ")


def test_the_jobs_exit_code_is_kept_and_its_words_reach_the_console(job: str) -> None:
    done = submit(job, "--env", "local", "--end-with", "3", "--driver-memory", "512m")
    assert done.returncode == 3
    assert "settings /" in done.stdout
    assert done.stderr.startswith("Spark's log: build/logs/echo-")


def test_an_option_that_neither_knows_is_refused(job: str) -> None:
    done = submit(job, "--env", "local", "--no-such-option", "5")
    assert done.returncode == 2
    assert f"--no-such-option: neither {job} nor Spark knows this option." in done.stderr


def test_any_other_exit_code_becomes_1_with_the_path_of_the_log(job: str) -> None:
    done = submit(job, "--env", "local", "--end-with", "7", "--driver-memory", "512m")
    assert done.returncode == 1
    assert "Details are in build/logs/echo-" in done.stderr
