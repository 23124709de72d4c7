"""`python -m infra.submit jobs/<name>.py ...`, called by spark-submit.sh, which has checked Java, Python and jars."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import yaml
from infra.daemons import LOOPBACK, ROOT, end_with_parent
from infra.local import class_archive
from infra.standalone.cluster import spark_home
from infra.submit.console import driver_exit_code, last_cause, refused_option, relay
from infra.submit.options import job_options, joined_lists, spark_setting, split, take
from infra.submit.package import build_package
from infra.submit.secret_settings import driver_secret, read_secret_conf, refuse_secrets, text_of, write_private

from footfall.errors import EnvironmentFault, FootfallError, SettingsError
from footfall.settings import write as write_settings

S3_JARS = ROOT / ".cache" / "s3"
_KEPT_CODES = (0, 2, 3, 75)
_SECRET_NAME = "FOOTFALL_PSEUDONYM_SECRET"  # noqa: S105 - the name of an environment variable; privacy.secret_env may give another
# options of the job that go into the settings file -> those of footfall.settings
_RESOLVED = {"--conf-dir": "--conf", "--env": "--env", "--set": "--set", "--lake": "--lake", "--raw": "--raw"}


def main(words: list[str]) -> int:
    """Runs one job through Spark's spark-submit; returns the job's exit code, or 1."""
    job, *rest = words
    log = _new_log(Path(job).stem)
    try:
        command, env = plan(job, rest, log)
    except FootfallError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    print(f"Spark's log: {log.relative_to(ROOT)}", file=sys.stderr, flush=True)
    try:
        code = _run(command, env, log)
    finally:
        _private(log).unlink(missing_ok=True)
    text = log.read_text(encoding="utf-8", errors="replace")
    code = driver_exit_code(text) or code
    if option := refused_option(text):
        print(f"{option}: neither {job} nor Spark knows this option.", file=sys.stderr)
        print(f"See ./spark-submit.sh {job} --help, and {spark_home()}/bin/spark-submit --help.", file=sys.stderr)
        return 2
    if code not in _KEPT_CODES:
        print(f"{job} failed: {last_cause(text) or f'Spark ended with code {code}'}", file=sys.stderr)
        print(f"Details are in {log.relative_to(ROOT)}.", file=sys.stderr)
        return 1
    return code


def plan(job: str, words: list[str], log: Path) -> tuple[list[str], dict[str, str]]:
    """The command for Spark's spark-submit and its environment variables; raises a FootfallError.

    Neither holds a secret in the command. Where Spark needs one in a setting, a private file beside `log` holds it.
    """
    refuse_secrets(words)
    known = job_options(_help_of(job, log))
    archive, words = take(words, "--python-archive")
    secret_files, words = take(words, "--secret-conf")
    ours, sparks = split(words, known)
    env_name = (take(ours, "--env")[0] or ["local"])[-1]
    properties = _properties(Path((take(ours, "--conf-dir")[0] or ["conf"])[-1]), env_name)
    public, private = text_of(properties, str(properties)).rstrip("\n") + "\n", read_secret_conf(secret_files)
    text = public + private
    master = _master(env_name, _setting("--master", "spark.master", sparks, text))
    is_cluster = _setting("--deploy-mode", "spark.submit.deployMode", sparks, text) == "cluster"
    shipped: dict[str, list[str]] = {
        "--jars": sorted(str(jar) for jar in (ROOT / ".cache" / "jars").glob("*.jar")),
        "--py-files": [str(build_package(ROOT, ROOT / ".cache" / "submit"))],
    }
    settings = log.with_suffix(".settings.yaml")
    if "--settings" in known and not take(ours, "--settings")[0]:
        ours = _with_settings(ours, settings, shipped, is_cluster=is_cluster)
    if _names_s3([*words, settings.read_text(encoding="utf-8") if settings.exists() else ""]):
        shipped["--jars"] += _s3_jars(master, [*words, text])
    if is_cluster and master == "yarn":
        private += driver_secret(_secret_name(settings), os.environ)
    python = _python(archive, shipped, is_cluster=is_cluster)
    if private:
        properties = write_private(public + private, _private(log))
    fixed = ["--properties-file", str(properties), "--name", f"footfall {Path(job).stem}", *python]
    command = [str(spark_home() / "bin" / "spark-submit"), *fixed, *joined_lists(sparks, shipped), job, *ours]
    loopback = {"SPARK_LOCAL_IP": LOOPBACK} if master.startswith("local") else {}
    return command, {**loopback, **_environment(log)}


def _names_s3(texts: Sequence[str]) -> bool:
    """Whether any of the words and settings names an address for Hadoop's client of S3."""
    return any("s3a://" in text for text in texts)


def _s3_jars(master: str, texts: Sequence[str]) -> list[str]:
    """The jars of S3; none where Spark has its own, or is told where to find them. EnvironmentFault where a local run lacks them."""
    if any((spark_home() / "jars").glob("hadoop-aws-*.jar")) or any("hadoop-aws" in text for text in texts):
        return []
    files = sorted(str(jar) for jar in S3_JARS.glob("*.jar"))
    if not files and master.startswith("local"):
        raise EnvironmentFault(
            "an address begins with s3a://, and the jars of S3 are not fetched.", fix="Run `make s3`."
        )
    return files


def _private(log: Path) -> Path:
    """The file of Spark's settings with secrets; it is there while Spark runs."""
    return log.with_suffix(".private.conf")


def _secret_name(settings: Path) -> str:
    """The environment variable that holds the pseudonym secret, as the resolved settings name it."""
    if not settings.exists():
        return _SECRET_NAME
    return str(yaml.safe_load(settings.read_text(encoding="utf-8"))["privacy"]["secret_env"])


def _help_of(job: str, log: Path) -> str:
    """The job's own --help; it also proves, before Spark starts, that the job can be imported."""
    command = [sys.executable, job, "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})
    if shown.returncode != 0:
        log.write_text(shown.stderr, encoding="utf-8")
        what = f"{job} cannot be loaded: {last_cause(shown.stderr, has_rows=False) or 'its --help fails'}"
        raise EnvironmentFault(what, fix=f"See {log.relative_to(ROOT)}.")
    return shown.stdout


def _properties(conf: Path, env_name: str) -> Path:
    """The Spark settings of an environment."""
    file = conf / "env" / env_name / "spark.conf"
    if not file.exists():
        names = ", ".join(sorted(path.parent.name for path in file.parent.parent.glob("*/spark.conf")))
        raise SettingsError(f"--env {env_name}: there is no {file}.", fix=f"Take one of: {names}.")
    return file


def _setting(option: str, key: str, sparks: list[str], properties: str) -> str | None:
    """The value that Spark will use: its option, else the setting of that meaning."""
    values, _ = take(sparks, option)
    return values[-1] if values else spark_setting(key, sparks, properties)


def _master(env_name: str, master: str | None) -> str:
    """The master, checked: without one Spark would run on this machine and say nothing."""
    if master is None:
        raise SettingsError(f"--env {env_name} needs a master.", fix="Add one, such as --master spark://host:7077.")
    if master == "yarn" and not {"HADOOP_CONF_DIR", "YARN_CONF_DIR"} & os.environ.keys():
        raise EnvironmentFault(
            "--master yarn: nothing says where the cluster is.",
            fix="Set HADOOP_CONF_DIR to the folder that holds its yarn-site.xml and core-site.xml.",
        )
    return master


def _with_settings(ours: list[str], file: Path, shipped: dict[str, list[str]], *, is_cluster: bool) -> list[str]:
    """Resolves the settings now, so that a fault shows before Spark starts; the job gets the one file."""
    arguments: list[str] = []
    for name, settings_name in _RESOLVED.items():
        values, ours = take(ours, name)
        arguments += [word for value in values for word in (settings_name, value)]
    write_settings([*arguments, "--out", str(file)])
    if is_cluster:
        shipped["--files"] = [str(file)]
    return [*ours, "--settings", file.name if is_cluster else str(file)]


def _python(archive: list[str], shipped: dict[str, list[str]], *, is_cluster: bool) -> list[str]:
    """Which Python the driver and the executors run: this one, or the one in the archive that is shipped."""
    shipped_python = "./environment/bin/python"
    if not archive:
        return ["--conf", f"spark.pyspark.python={sys.executable}"]
    if not Path(archive[-1]).exists():
        raise EnvironmentFault(
            f"--python-archive {archive[-1]}: no such file.",
            fix="Run `make archive`, which writes build/python.tar.gz.",
        )
    shipped["--archives"] = [f"{archive[-1]}#environment"]
    driver = shipped_python if is_cluster else sys.executable
    return ["--conf", f"spark.pyspark.python={shipped_python}", "--conf", f"spark.pyspark.driver.python={driver}"]


def _environment(log: Path) -> dict[str, str]:
    """UTC in every process, the log's path, and where a progress bar may be drawn (the job itself writes to a pipe)."""
    log4j = ROOT / "infra" / "submit" / "log4j2.properties"
    options = f"-Dlog4j2.configurationFile={shlex.quote(log4j.as_uri())} -Dfootfall.log={shlex.quote(str(log))}"
    terminal = {"FOOTFALL_TERMINAL": os.ttyname(2)} if os.isatty(2) else {}
    java_options = f"{options} {class_archive.use()} {os.environ.get('SPARK_SUBMIT_OPTS', '')}".strip()
    fixed = {"SPARK_HOME": str(spark_home()), "SPARK_SUBMIT_OPTS": java_options, "TZ": "UTC"}
    # without PYTHONPATH: the shipped library runs, nothing else
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**inherited, **fixed, "FOOTFALL_LOG": str(log), "PYTHONUNBUFFERED": "1", **terminal}


def _run(command: list[str], env: dict[str, str], log: Path) -> int:
    """Spark's stderr (its log before logging begins) goes to the log, the job's output to the console."""
    with log.open("ab") as sink:
        spark = subprocess.Popen(
            command,
            env=env,
            stdout=subprocess.PIPE,
            stderr=sink,
            preexec_fn=end_with_parent,
        )
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal signals Spark too; wait for it
        signal.signal(signal.SIGTERM, lambda *_: spark.terminate())
        assert spark.stdout is not None  # noqa: S101 - stdout is a PIPE
        relay(iter(partial(os.read, spark.stdout.fileno(), 65536), b""), sys.stdout.buffer, sink)
        return spark.wait()


def _new_log(name: str) -> Path:
    folder = ROOT / "build" / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    log.touch()
    return log


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
