"""What an import loads: contracts and scoring need neither Spark nor a plotting library, so that a service stays small."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from architecture.sources import LIBRARY, ROOT
from footfall.models import MODELS
from footfall.models.common.declaration import Stage

HEAVY = ("pyspark", "plotly", "mlflow", "torch", "transformers", "jinja2", "optuna", "matplotlib")
AT_WORK = (set(HEAVY) - {"pyspark"}) | {"sklearn", "scipy", "PIL"}  # what a job loads only where it has work for it
CONTRACTS = ("footfall", "footfall.errors", "footfall.contract", "footfall.tables")
SHOW_LOADED = """
import importlib, json, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(*modules: str) -> set[str]:
    """Names of the top-level packages that importing `modules` adds to a fresh Python."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (LIBRARY.parent, ROOT)))}
    command = [sys.executable, "-c", SHOW_LOADED, *modules]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(shown.stdout)}


@pytest.mark.parametrize("module", CONTRACTS)
def test_contracts_load_no_package_beyond_python(module: str) -> None:
    assert loaded_by(module) - sys.stdlib_module_names == {"footfall"}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_fitted_model_loads_neither_spark_nor_a_plotting_library(name: str) -> None:
    module = MODELS[name].fitted.partition(":")[0]
    encoder = {"torch"} if MODELS[name].stage is Stage.FINE_TUNE else set()  # the model is the encoder
    assert loaded_by(module) & set(HEAVY) == encoder


@pytest.mark.parametrize("module", ["footfall.models", "footfall.models.common.exported"])
def test_the_declarations_of_models_and_their_loader_load_nothing_heavy(module: str) -> None:
    assert loaded_by(module) & set(HEAVY) == set()


def test_the_heavy_packages_are_seen_where_they_are_loaded() -> None:
    assert loaded_by("footfall.runtime.session") & set(HEAVY) == {"pyspark"}


def test_jobs_load_no_package_for_work_that_may_not_be_there() -> None:
    loaded = loaded_by(*(f"jobs.{path.stem}" for path in (ROOT / "jobs").glob("[a-z]*.py")))
    assert loaded & (AT_WORK | {"pyspark"}) == {"pyspark"}
