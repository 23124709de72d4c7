"""A model is added with one folder and one line: everything else follows from its declaration."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("toy_run.py")


@pytest.fixture(scope="module")
def with_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library with the toy's folder and its line."""
    copy = tmp_path_factory.mktemp("with_toy")
    for name in ("libs", "jobs", "conf"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    models = copy / "libs/footfall/models"
    shutil.copytree(ROOT / "tests/data/toy_model", models / "toy")
    listed = (models / "__init__.py").read_text(encoding="utf-8")
    (models / "__init__.py").write_text(
        listed.replace('    "churn",\n', '    "churn",\n    "toy",\n'), encoding="utf-8"
    )
    return copy


def run(copy: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    path = os.pathsep.join([str(copy / "libs"), str(copy), str(ROOT / "tests")])
    return subprocess.run(
        [sys.executable, *words], cwd=copy, env={**inherited, "PYTHONPATH": path, **environment}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def test_the_command_lines_and_the_pages_know_it(with_toy: Path, tmp_path: Path) -> None:
    assert "toy" in run(with_toy, "jobs/train.py", "--help").stdout
    assert "whether somebody orders in most of their weeks" in run(with_toy, "-m", "footfall.registry", "--help").stdout
    pages = run(with_toy, "-m", "footfall.docs", "--out", str(tmp_path))
    assert pages.returncode == 0, pages.stderr
    assert "## toy" in (tmp_path / "model_reference.md").read_text(encoding="utf-8")
    assert "train_toy" in (tmp_path / "flow.md").read_text(encoding="utf-8")


def test_it_is_trained_registered_scored_and_carded(with_toy: Path, tmp_path: Path) -> None:
    done = run(with_toy, str(SCRIPT), str(tmp_path), str(ROOT / ".cache/jars"))
    assert done.returncode == 0, done.stderr[-3000:]
    printed = dict(line.split(": ", 1) for line in done.stdout.splitlines() if line.startswith("toy "))
    assert printed["toy polars before training"] == "whole"  # docs/traps.md
    assert printed["toy champion"] == "1"
    assert printed["toy served by"] == "logistic regression"
    assert printed["toy scores"] == "60 of 60, churn 60 NULL"
    assert "# toy" in printed["toy card"]
    assert printed["toy again"] == "nothing new"
