"""Makes the archive of Python packages for nodes that lack them: `make archive`, then `spark-submit.sh --python-archive`.

The packages are those of the extras EXTRAS with the versions of the lock file: what the driver and the executors import, and
no tool of developers. footfall itself is not among them; it travels with each job.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from lock_file import GPU_ONLY, REQUIREMENTS, entries, is_of_cuda, only
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = ("spark", "text", "train", "report")
FOLDER = ROOT / "build" / "archive"


def node_packages(*, cpu: bool) -> set[str]:
    """Names of the packages that nodes need, with those that these depend on; `cpu`: for nodes without an NVIDIA GPU.

    Reads what the packages in .venv declare. Those of CUDA are read from the lock file: this machine may lack them.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]
    names = {name for name in entries(REQUIREMENTS.read_text(encoding="utf-8")) if is_of_cuda(name)}
    waiting = [Requirement(line) for line in lines]
    visited: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in () if is_of_cuda(name) else {"", *requirement.extras}:
            if (name, extra) not in visited:
                visited.add((name, extra))
                waiting += _dependencies(name, extra)
    names |= {name for name, _ in visited}
    return names - GPU_ONLY if cpu else names


def _dependencies(name: str, extra: str) -> list[Requirement]:
    """What an installed package needs on this machine, for itself or for one of its extras."""
    requirements = [Requirement(line) for line in metadata.requires(name) or ()]
    return [r for r in requirements if r.marker is None or r.marker.evaluate({"extra": extra})]


def make_archive(out: Path, *, cpu: bool) -> None:
    """Installs the packages into a virtual environment of their own and packs it into `out`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    listed = FOLDER / "requirements.txt"
    names = node_packages(cpu=cpu)
    listed.write_text(only(REQUIREMENTS.read_text(encoding="utf-8"), names), encoding="utf-8")
    tools = Path(sys.executable).parent
    environment = FOLDER / "venv"
    run(tools / "uv", "venv", "--quiet", "--clear", "--python", Path(sys.executable).resolve(), environment)
    python = ["--python", environment / "bin" / "python"]
    built = ["--require-hashes", "--no-build-isolation", *python]  # pyspark is built by the setuptools of the lock file
    setuptools = FOLDER / "setuptools.txt"
    setuptools.write_text(only(REQUIREMENTS.read_text(encoding="utf-8"), ["setuptools"]), encoding="utf-8")
    run(tools / "uv", "pip", "install", "--quiet", *built, "-r", setuptools)
    run(tools / "uv", "pip", "sync", "--quiet", *built, listed)
    run(tools / "venv-pack", "--quiet", "--force", "-p", environment, "-o", out)
    print(f"{out}: {len(names)} packages, {out.stat().st_size / 1e6:.0f} MB")


def run(*command: object) -> None:
    """Runs a command in the repository's root; raises SystemExit with its exit code where it fails."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    """Makes the archive that the command line asks for."""
    parser = argparse.ArgumentParser(description="Packs the Python packages that nodes need into one file.")
    parser.add_argument("--cpu", choices=("0", "1"), default="0", help="1: nodes have no NVIDIA GPU (default: 0)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "python.tar.gz", help="file to write")
    options = parser.parse_args()
    make_archive(options.out, cpu=options.cpu == "1")


if __name__ == "__main__":
    main()
