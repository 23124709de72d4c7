"""What a training hands to the registry: a fitted model and what was measured of it. Types only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class PythonModel(Protocol):
    """A fitted model without Spark: what MLflow calls a pyfunc."""

    def predict(self, frame: Any) -> Any:
        """One output row for each input row."""

    def save(self, folder: Path) -> None:
        """Writes what `loader` reads back."""


class CandidateVerdict(Protocol):
    """Who serves; `footfall.models.common.gates.Verdict` is one."""

    @property
    def served_by(self) -> str:
        """The learner or baseline that serves; empty where neither does."""

    def as_json(self) -> dict[str, Any]:
        """The gates with their figures."""


class Candidate(Protocol):
    """A fitted model and what was measured of it; `footfall.models.common.trained.Trained` is one."""

    name: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    feature_version: str
    loader: str  # module whose `_load_pyfunc(folder)` gives the model back
    features: Sequence[tuple[str, str]]  # the signature: (column, MLflow type)
    predictions: Sequence[tuple[str, str]]
    evaluation: Mapping[str, Any]  # the plotted numbers, for the report
    curve: Sequence[tuple[int, str, float]]  # (step, name, value) of the training, where it had steps

    @property
    def model(self) -> PythonModel:
        """What becomes a pyfunc."""

    @property
    def verdict(self) -> CandidateVerdict:
        """Who serves, and the gates."""

    @property
    def missed(self) -> str:
        """The gates missed, in words; empty: all passed."""
