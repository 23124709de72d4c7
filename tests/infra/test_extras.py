"""The packages that footfall declares: what the code imports and nothing else, each kind of use in an extra of its own."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
NOT_IMPORTED = {
    "delta-spark": "for notebooks; it also refuses a pyspark that its jars do not fit",
    "mlflow-skinny": "the part of mlflow that loads models and predicts",
}
# Packages that are imported by name and that a declared package always brings.
COMES_WITH = {"huggingface-hub": "transformers", "markupsafe": "jinja2", "py4j": "pyspark", "pydantic-core": "pydantic"}


def names(lines: Iterable[str]) -> set[str]:
    """Names of the packages that requirement lines are about."""
    return {canonicalize_name(Requirement(line).name) for line in lines}


@cache
def imported_packages() -> dict[str, set[str]]:
    """Name of an installed package outside Python and footfall -> the files of library and jobs that import it."""
    distributions = metadata.packages_distributions()
    files: dict[str, set[str]] = {}
    for path in [*(ROOT / "libs").rglob("*.py"), *(ROOT / "jobs").glob("*.py")]:
        for module in modules_of(path) - sys.stdlib_module_names - {"footfall", "jobs"}:
            package = canonicalize_name(min(distributions[module], key=len))
            files.setdefault(package, set()).add(path.relative_to(ROOT).as_posix())
    return files


def modules_of(path: Path) -> set[str]:
    """Top-level modules that a file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in plain | parts}


def test_every_package_that_the_code_imports_is_declared_and_every_declared_one_is_imported() -> None:
    declared = names(PROJECT["dependencies"]).union(*(names(lines) for lines in EXTRAS.values())) - {"footfall"}
    imported = set(imported_packages()) - set(COMES_WITH)
    assert declared - imported == set(NOT_IMPORTED)
    assert imported - declared == set(), {name: imported_packages()[name] for name in imported - declared}


def test_what_comes_with_a_declared_package_is_named_by_it() -> None:
    assert [name for name, package in COMES_WITH.items() if name not in names(metadata.requires(package) or ())] == []


def test_the_extra_all_holds_every_other_extra() -> None:
    (line,) = EXTRAS["all"]
    assert Requirement(line).extras == set(EXTRAS) - {"all"}


def test_every_range_allows_what_the_lock_file_installs() -> None:
    lock = (ROOT / "infra/local/requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = dict(line.split()[0].split("==") for line in lock if "==" in line and line[0].isalnum())
    lines = [*PROJECT["dependencies"], *(line for extra, lines in EXTRAS.items() if extra != "all" for line in lines)]
    assert [line for line in lines if not Requirement(line).specifier.contains(locked[Requirement(line).name])] == []
