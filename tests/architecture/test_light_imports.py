"""What an import loads: contracts and scoring need neither Spark nor a plotting library, so that a service stays small."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from architecture.sources import LIBRARY

HEAVY = ("pyspark", "plotly", "mlflow", "torch", "transformers", "jinja2", "optuna", "matplotlib")
CONTRACTS = ("footfall", "footfall.errors", "footfall.contract", "footfall.tables")
SHOW_LOADED = """
import importlib, json, sys
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(module: str) -> set[str]:
    """Names of the top-level packages that importing `module` adds to a fresh Python."""
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY.parent)}
    command = [sys.executable, "-c", SHOW_LOADED, module]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(shown.stdout)}


@pytest.mark.parametrize("module", CONTRACTS)
def test_contracts_load_no_package_beyond_python(module: str) -> None:
    assert loaded_by(module) - sys.stdlib_module_names == {"footfall"}


def test_the_heavy_packages_are_seen_where_they_are_loaded() -> None:
    assert loaded_by("footfall.runtime.session") & set(HEAVY) == {"pyspark"}
