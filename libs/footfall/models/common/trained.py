"""What a training hands to the registry, and fitted models as files. No Spark."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from footfall.errors import ContractError
from footfall.models.common.gates import Role, Verdict

LOADER = "footfall.models.common.exported"
FILE = "model.json"


class Fitted(Protocol):
    """A fitted model: a frozen value without Spark, of numbers and words only, the same in the API and in the batch."""

    @property
    def feature_version(self) -> str:
        """Version of the FeatureSet, or fingerprint of the encoder, that it was fitted on."""

    def as_json(self) -> dict[str, Any]:
        """Every field, for `exported` to read back; `kind` is the model's name."""

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
        """Writes the model as JSON: readable, and nobody runs code by opening it. Lines would cost the slow encoder."""
        (folder / FILE).write_text(json.dumps(self.fitted.as_json(), ensure_ascii=False), encoding="utf-8")


class Saved(Protocol):
    """What MLflow serves: `Served`, or a model with files of its own."""

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """One row for each row."""

    def save(self, folder: Path) -> None:
        """Writes what the loader reads back."""


@dataclass
class Trained:
    """A candidate version: the fitted model of whoever the verdict lets serve (of the learner where nobody or the champion does)."""

    name: str
    model: Saved
    features: Sequence[tuple[str, str]]
    predictions: Sequence[tuple[str, str]]
    feature_version: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    verdict: Verdict
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    curve: Sequence[tuple[int, str, float]] = ()
    loader: str = LOADER

    @property
    def serves(self) -> bool:
        """Whether this version becomes champion: the learner, or a baseline in its place."""
        return self.verdict.role in {Role.LEARNER, Role.BASELINE}

    @property
    def missed(self) -> str:
        """The gates that the learner missed and who serves instead, in words; empty where it passed all."""
        return {
            Role.LEARNER: "",
            Role.BASELINE: f"{self.name}: the baseline {self.verdict.name} serves, since {self.verdict.reason}",
            Role.CHAMPION: f"{self.name}: the champion stays, since {self.verdict.reason}",
            Role.NOBODY: f"{self.name}: nothing serves, since {self.verdict.reason}",
        }[self.verdict.role]


def require_version(fitted: Fitted, expected: str, *, name: str) -> None:
    """Raises ContractError where a model was fitted on other features than this footfall makes."""
    if fitted.feature_version != expected:
        raise ContractError(
            f"model {name} was fitted on features {fitted.feature_version}, this footfall makes {expected}.",
            fix="Run jobs/train.py, then score again; or score with the footfall that trained it.",
        )
