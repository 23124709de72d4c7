"""The one shape of all models: what training hands to the registry, gates, and models as files. Pure but for `save`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from footfall.errors import ContractError
from footfall.models.common.featureset import FeatureSet

LOADER = "footfall.models.common.exported"
FILE = "model.json"


class Fitted(Protocol):
    """A fitted model: a frozen value without Spark, of numbers and words only, the same in the API and in the batch."""

    @property
    def feature_version(self) -> str:
        """Version of the FeatureSet that it was fitted on."""

    def as_json(self) -> dict[str, Any]:
        """All that it is, for `exported` to read back."""

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """One row for each row, in the same order and with the same index."""


@dataclass(frozen=True)
class Served:
    """A fitted model as MLflow's pyfunc: `predict` for those who load it there, `get_raw_model` for footfall."""

    fitted: Fitted

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """What MLflow calls; there are no parameters."""
        return self.fitted.predict(frame)

    def get_raw_model(self) -> Fitted:
        """The fitted model itself."""
        return self.fitted

    def save(self, folder: Path) -> None:
        """Writes the model as JSON: readable, and nobody runs code by opening it."""
        (folder / FILE).write_text(json.dumps(self.fitted.as_json(), ensure_ascii=False, indent=1), encoding="utf-8")


class Saved(Protocol):
    """What MLflow serves: `Served`, or a model with files of its own."""

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """One row for each row."""

    def save(self, folder: Path) -> None:
        """Writes what the loader reads back."""


@dataclass(frozen=True)
class Gate:
    """One condition for becoming champion, in words with its figures."""

    name: str
    passed: bool
    words: str


@dataclass
class Trained:
    """What a training hands to the registry."""

    name: str
    model: Saved
    features: Sequence[tuple[str, str]]
    predictions: Sequence[tuple[str, str]]
    feature_version: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    gates: Sequence[Gate]
    figures: Mapping[str, Any] = field(default_factory=dict)
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    curve: Sequence[tuple[int, str, float]] = ()
    loader: str = LOADER

    @property
    def missed(self) -> str:
        """The gates missed, in words; empty where all passed."""
        missed = [gate.words for gate in self.gates if not gate.passed]
        return f"{self.name}: {'; '.join(missed)}" if missed else ""


def require_version(fitted: Fitted, featureset: FeatureSet, *, name: str) -> None:
    """Raises ContractError where a model was fitted on other features than this footfall makes."""
    if fitted.feature_version != featureset.version:
        raise ContractError(
            f"model {name} was fitted on features {fitted.feature_version}, this footfall makes {featureset.version}.",
            fix="Run jobs/train.py, then score again; or score with the footfall that trained it.",
        )
