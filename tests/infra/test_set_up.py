"""What is installed where: on a machine without a GPU, and on the nodes of a cluster."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import archive
import pytest
import set_up
from lock_file import GPU_ONLY, REQUIREMENTS, entries, is_of_cuda, only, without
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = REQUIREMENTS.read_text(encoding="utf-8")
DEVELOPERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]


def test_the_lock_file_is_read_package_by_package_with_conditions_and_hashes() -> None:
    lock = (
        "# a comment\n"
        "pandas==2.3.3 ; python_full_version < '3.15' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "torch==2.15.0 \\\n    --hash=sha256:cc\n"
    )
    assert only(lock, ["torch"]) == "torch==2.15.0 \\\n    --hash=sha256:cc\n"
    assert without(lock, {"torch"}) == lock.partition("torch")[0].partition("\n")[2]
    with pytest.raises(KeyError, match="keras"):
        only(lock, ["keras"])


def test_no_package_of_the_real_lock_file_is_lost() -> None:
    assert "".join(entries(LOCK).values()) == "".join(
        line for line in LOCK.splitlines(keepends=True) if not line.startswith("#")
    )


def test_a_machine_without_a_gpu_lacks_only_packages_of_cuda_which_the_lock_file_holds() -> None:
    assert entries(without(LOCK, GPU_ONLY)).keys() == entries(LOCK).keys() - GPU_ONLY
    assert entries(LOCK).keys() >= GPU_ONLY
    assert all(map(is_of_cuda, GPU_ONLY))


@pytest.mark.parametrize(("files", "variant"), [((), set_up.ON_CPU), (("nvidiactl",), "")])
def test_the_machine_decides_unless_somebody_chooses(
    files: tuple[str, ...], variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in files:
        (tmp_path / name).touch()
    monkeypatch.setattr(set_up, "NVIDIA", (tmp_path / "nvidiactl", tmp_path / "version"))
    assert set_up.environment(None).variant == variant
    assert set_up.environment("1").variant == set_up.ON_CPU
    assert set_up.environment("0").variant == ""


def test_an_environment_that_somebody_chose_stays_until_somebody_chooses_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_up, "NVIDIA", ())
    chosen = replace(set_up.environment("0"), stamp=tmp_path / ".set-up", make=lambda: None)
    chosen.set_up()
    assert chosen.is_there
    assert replace(set_up.environment(None), stamp=chosen.stamp).is_there
    assert not replace(set_up.environment("1"), stamp=chosen.stamp).is_there


@pytest.mark.parametrize("cpu", [False, True])
def test_the_archive_for_nodes_holds_what_runs_there_and_no_tool_of_developers(*, cpu: bool) -> None:
    names = archive.node_packages(cpu=cpu)
    assert names >= {"pyspark", "py4j", "pyarrow", "pandas", "torch", "tokenizers", "mlflow", "scikit-learn", "jinja2"}
    tools = {canonicalize_name(Requirement(line).name) for line in DEVELOPERS}
    assert tools >= {"pytest", "ruff", "mypy", "moto", "duckdb", "hatchling"}
    assert names & tools == set()
    assert only(LOCK, names).count("--hash=sha256:") > len(names), "each is in the lock file, with its hashes"


def test_the_archive_for_nodes_without_a_gpu_lacks_the_same_packages_as_such_a_machine() -> None:
    assert archive.node_packages(cpu=False) - archive.node_packages(cpu=True) == GPU_ONLY
