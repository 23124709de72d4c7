"""footfall's wheel: what is in it, and that a job runs from it where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `make wheel` does; hatchling is in the lock file, so no index is asked."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files, as an installation has them."""
    folder = tmp_path_factory.mktemp("site-packages")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def run_in(folder: Path, installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A Python that sees the wheel's files and not the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "COLUMNS": "120"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def files_below(folder: str) -> set[str]:
    """Paths in the repository, without what Python caches."""
    paths = (ROOT / folder).rglob("*")
    return {path.relative_to(ROOT).as_posix() for path in paths if path.is_file() and "__pycache__" not in path.parts}


def test_the_wheel_holds_library_jobs_and_settings_with_all_their_resources_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    library = {name.removeprefix("libs/") for name in files_below("libs/footfall")}
    assert {Path(name).suffix for name in library} >= {".py", ".sql", ".yaml", ".j2", ".css", ".js"}
    assert names == library | files_below("jobs") | {f"footfall/{name}" for name in files_below("conf")}


def test_a_job_of_the_wheel_explains_itself_without_a_checkout(installed: Path, tmp_path: Path) -> None:
    shown = run_in(tmp_path, installed, "-m", "jobs", "refine", "--help")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("usage: refine.py")
    unknown = run_in(tmp_path, installed, "-m", "jobs", "refined")
    assert unknown.returncode == 2
    assert unknown.stdout.startswith("There is no job refined.\n")


def test_the_settings_of_the_wheel_apply_where_the_working_folder_has_none(installed: Path, tmp_path: Path) -> None:
    server = ["--set", "mlflow.tracking_uri=https://mlflow.example"]
    resolved = run_in(
        tmp_path, installed, "-m", "footfall.settings", "--env", "yarn", *server, "--out", "settings.yaml"
    )
    assert resolved.returncode == 0, resolved.stderr
    assert '"source": "completejourney"' in (tmp_path / "settings.yaml").read_text(encoding="utf-8")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/base.yaml").write_text("shop: {name: own}\n", encoding="utf-8")
    own = run_in(tmp_path, installed, "-m", "footfall.settings", "--env", "yarn", "--out", "settings.yaml")
    assert own.returncode == 2
    assert "--env yarn: no folder conf/env/yarn.\nFix: Use one of: none." in own.stderr
