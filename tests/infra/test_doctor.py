"""The doctor names every fault at once and says how to fix it."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "infra/local/doctor.py"
_spec = importlib.util.spec_from_file_location("doctor", SOURCE)
assert _spec is not None
assert _spec.loader is not None
doctor = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(doctor)
WANTED = " or ".join(map(str, doctor.JAVA))


def fake_java(home: Path, first_line: str) -> Path:
    program = home / "bin/java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{first_line}' >&2\n")
    program.chmod(0o755)
    return home


def test_an_old_python_can_still_read_the_doctor():
    ast.parse(SOURCE.read_text(), feature_version=(3, 6))


def test_an_old_python_is_a_fault_with_a_way_out():
    finding = doctor.python(version=(3, 10, 14))
    assert finding.fault == "this is Python 3.10.14, needed is 3.11 or newer"
    assert "make PYTHON=python3.11" in finding.fix


def test_the_oldest_python_that_will_do_is_no_fault():
    assert doctor.python(version=(3, 11, 0)).fault == ""


def test_a_java_that_the_tests_did_not_run_on_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = fake_java(tmp_path, 'openjdk version "11.0.2" 2019-01-15')
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert doctor.java().fault == f"{home}/bin/java is Java 11, needed is {WANTED}"


def test_java_8_writes_its_version_in_the_old_way_and_is_still_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, 'java version "1.8.0_401"')))
    assert doctor.java().fault.endswith(f"is Java 1, needed is {WANTED}")


@pytest.mark.parametrize("version", doctor.JAVA)
def test_a_java_that_the_tests_ran_on_is_no_fault(version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, f'openjdk version "{version}.0.1" 2025-04-15')))
    assert doctor.java().fault == ""


def test_doctor_spark_submit_and_ci_accept_the_same_versions_of_java():
    root = SOURCE.parents[2]
    submit = re.search(r'^java_versions="([\d ]+)"', (root / "spark-submit.sh").read_text(), re.MULTILINE)
    ci = re.search(r"version \"\(([\d|]+)\)'", (root / ".ci/run").read_text())
    assert submit is not None
    assert ci is not None
    accepted = list(map(str, doctor.JAVA))
    assert (submit[1].split(), ci[1].split("|")) == (accepted, accepted)


def test_a_java_home_without_java_is_a_fault_even_when_the_path_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert doctor.java().fault == f"JAVA_HOME is {tmp_path}, where there is no bin/java"


def test_little_disk_and_little_memory_are_faults():
    assert doctor.disk(free_gb=2.9).fault.startswith("3 GB free of the ")
    assert doctor.memory(total_gb=4.0).fault == "4 GB of memory, needed are 7 GB"


def test_enough_disk_and_memory_are_no_faults():
    assert doctor.disk(free_gb=float(doctor.DISK_FREE_GB)).fault == ""
    assert doctor.memory(total_gb=float(doctor.MEMORY_GB)).fault == ""


def test_all_faults_are_shown_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.main(["--for-tests"]) == 2
    shown = capsys.readouterr().out
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("  MISSING")] == [
        "Java",
        "Chromium",
        "Maven",
    ]
    assert "openjdk-17-jre-headless" in shown
    assert "install chromium" in shown
    assert "install maven" in shown


def test_what_only_the_tests_need_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, 'openjdk version "17.0.1"')))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.main(["--quiet"]) == 0
    assert capsys.readouterr().out == ""
