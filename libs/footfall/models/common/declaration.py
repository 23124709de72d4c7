"""What a model is: one declaration, from which Steps, command line, registry, report and docs follow. No Spark, no libraries."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from footfall.contract import Table
from footfall.models.common.featureset import FeatureSet

Reference = str  # "package.module:name", imported when it is used, so that a declaration loads nothing


class Stage(StrEnum):
    """Which job trains a model."""

    TRAIN = "train"
    FINE_TUNE = "fine_tune"  # an application of its own on clusters, since it wants GPUs


@dataclass(frozen=True)
class Population:
    """About whom or what the model speaks; `rows` names the function `(TrainingRun) -> DataFrame` of rows to train on."""

    words: str
    rows: Reference


@dataclass(frozen=True)
class Label:
    """What the model predicts, in words, and when it is known."""

    words: str


@dataclass(frozen=True)
class TextFeatures:
    """Inputs of a model that reads texts: the stored vector, the normalised text, or both; their version is the encoder's."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Learner:
    """One way to make the model, or a baseline beside it. `features` are its inputs where they differ from the model's."""

    name: str
    words: str
    features: FeatureSet | None = None


@dataclass(frozen=True)
class Gate:
    """A condition for serving: the low end of the paired 95% interval of a metric's gain over the better baseline.

    `metric` is a key of the training module's METRICS; `least_gain`, which must be exceeded, is a number or the name of the
    model's setting that holds it. Against the champion on the same rows, the low end must be at least minus
    `training.max_champion_loss`.
    """

    metric: str
    least_gain: float | str = 0.0


@dataclass(frozen=True)
class DocumentColumns:
    """Columns of results.text_insights that the model fills, and of which kinds of documents."""

    columns: tuple[str, ...]
    kinds: tuple[str, ...] = ("review", "ticket")


@dataclass(frozen=True)
class Model:
    """One model. A package `models/<name>/` exports it as MODEL, and a line in `models/__init__.py` names the package.

    `train` names `(DataFrame, TrainingRun) -> Trained`; the frame holds the rows of `population`. `score` names
    `(ScoringRun) -> Sequence[Output]`; models that write the same table are scored by one Step. `fitted` names the class of
    the fitted model, which needs no Spark. `needs` are tables of which a source must feed one, else there is nothing to train.
    """

    name: str
    about: str
    population: Population
    features: FeatureSet | TextFeatures
    label: Label | None
    learners: tuple[Learner, ...]
    baselines: tuple[Learner, ...]
    gates: tuple[Gate, ...]
    reads: tuple[Table, ...]
    writes: tuple[Table, ...]
    settings: str  # its section in conf/base.yaml
    fitted: Reference
    train: Reference
    score: Reference = ""
    score_reads: tuple[Table, ...] = ()
    score_with: tuple[str, ...] = ()  # other models whose champions its scoring uses
    score_settings: tuple[str, ...] = ()  # keys of its settings that scoring reads and training does not
    needs: tuple[Table, ...] = ()
    documents: DocumentColumns | None = None
    stage: Stage = Stage.TRAIN
    uses_settings: tuple[str, ...] = ()  # other sections, nested below their names in `TrainingRun.settings`
    enabled_by: str = ""  # a boolean key of its settings without which it is not trained
    cadence_days: int | None = None  # None: the setting training.cadence_days
    plots: dict[str, str] = field(default_factory=dict)  # name of a plot -> the function of `plots` that draws it

    @property
    def package(self) -> str:
        """The package that holds it."""
        return f"footfall.models.{self.name}"


def imported(reference: Reference) -> Any:
    """What a reference names."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)
