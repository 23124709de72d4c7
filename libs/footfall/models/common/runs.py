"""What a training and a scoring are given: frames, the model's own settings, dates. Values only, no session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from footfall.contract import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from footfall.features.dates import AsOfDates
    from footfall.models.common.declaration import Model


@dataclass(frozen=True)
class LoadedModel:
    """A version of a model as the registry gives it: `version` is name/number, `served_by` its learner or baseline."""

    fitted: Any
    version: str
    served_by: str


@dataclass(frozen=True)
class TrainingRun:
    """One training.

    `settings` are the model's own section, `frames` its tables by name. `champion` is None where there is none, or where it
    reads other features; `former` is the champion's fitted model, whatever it reads. `encoder_fingerprint` raises TooFew where
    no text was read yet.
    """

    model: Model
    frames: Mapping[str, DataFrame]
    settings: Mapping[str, Any]
    as_of: date
    dates: AsOfDates
    time_zone: str
    bootstrap_rounds: int
    max_champion_loss: float
    champion: LoadedModel | None
    former: Any
    encoder_fingerprint: Callable[[], str]
    encoder_folder: Callable[[], AbstractContextManager[Any]]
    text: Mapping[str, Any]

    def frame(self, table: Table) -> DataFrame:
        """The rows of a table that the model declares to read."""
        return self.frames[table.name]


@dataclass(frozen=True)
class ScoringRun:
    """One scoring.

    `champion` is None where nothing serves, and `reason` says why. `others` are the champions of `Model.score_with`.
    `read_before` is None unless the model's tables, among `frames` as they are, were written by the same champions, code
    and settings. Then it is, of each table that was read for them, the newest batch that it had.
    """

    model: Model
    frames: Mapping[str, DataFrame]
    settings: Mapping[str, Any]
    as_of: date
    time_zone: str
    champion: LoadedModel | None
    reason: str
    others: Mapping[str, LoadedModel | None]
    read_before: Mapping[str, int] | None = None

    def frame(self, table: Table) -> DataFrame:
        """The rows of a table that the model declares to read for scoring, or that it wrote before."""
        return self.frames[table.name]
