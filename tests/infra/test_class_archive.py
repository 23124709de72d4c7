"""The JVM's class archive: a JVM that can use it does, and one that cannot says nothing and starts all the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from infra.local import class_archive
from infra.standalone.cluster import spark_home


def spark_version(options: str) -> subprocess.CompletedProcess[str]:
    """What `spark-submit --version` prints in a JVM with these options."""
    command = [spark_home() / "bin" / "spark-submit", "--version"]
    environment = {**os.environ, "SPARK_SUBMIT_OPTS": options}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def test_classes_come_from_the_archive_that_set_up_made(tmp_path: Path) -> None:
    loaded = tmp_path / "loaded"
    spark_version(f"{class_archive.use()} -Xlog:class+load:file={loaded}")
    lines = loaded.read_text().splitlines()
    of_spark = [line for line in lines if " org.apache.spark." in line and "Lambda" not in line]
    archived = [line for line in of_spark if "shared objects file (top)" in line]
    assert len(archived) > len(of_spark) / 2


def test_a_jvm_that_cannot_use_it_starts_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "a folder" / "classes.jsa"
    monkeypatch.setattr(class_archive, "ARCHIVE", broken)
    assert class_archive.use() == ""
    broken.parent.mkdir()
    broken.write_bytes(b"of another Java")
    done = spark_version(class_archive.use())
    assert "jsa" not in done.stdout + done.stderr
    assert "version 4." in done.stderr + done.stdout
