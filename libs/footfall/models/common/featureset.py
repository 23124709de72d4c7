"""What a model reads: ordered, typed columns with their null policy, and a version. No Spark; reads footfall's own .sql."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import resources

import numpy as np
import numpy.typing as npt
import pandas as pd

from footfall.contract import Table

Matrix = npt.NDArray[np.float64]


class Transform(StrEnum):
    """What a model sees of a column."""

    LINEAR = "linear"
    LOG = "log"  # log(1 + value): counts, days and money, whose ratios matter; below 0 counts as 0
    MISSING = "missing"  # 1 where the value is NULL, else 0


class Null(StrEnum):
    """What stands for NULL, after the transform."""

    MEDIAN = "median"  # of the training rows that have a value
    ZERO = "zero"


@dataclass(frozen=True)
class Feature:
    """One input of a model, made of one column; `words` is what a person reads."""

    column: str
    transform: Transform
    words: str
    null: Null = Null.MEDIAN

    @property
    def name(self) -> str:
        """The column, or that it is missing."""
        return f"{self.column}_missing" if self.transform is Transform.MISSING else self.column


@dataclass(frozen=True)
class FeatureSet:
    """The inputs of a model, in order, and the table that they stand in; `queries` begin the names of its .sql files."""

    table: Table
    features: tuple[Feature, ...]
    queries: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Distinct columns, in order: the signature."""
        return tuple(dict.fromkeys(f.column for f in self.features))

    @property
    def signature(self) -> tuple[tuple[str, str], ...]:
        """(column, MLflow type): doubles, so that NULL has a value (NaN) on both sides."""
        return tuple((column, "double") for column in self.columns)

    @property
    def version(self) -> str:
        """Hash of the .sql that makes the table, of the columns' contract and of the features."""
        declaration = {
            "table": self.table.full_name,
            "contract": [(c, self.table.column(c).type, self.table.column(c).comment) for c in self.columns],
            "features": [asdict(f) for f in self.features],
        }
        digest = hashlib.sha256(json.dumps(declaration, sort_keys=True).encode())
        for query in _queries(self.queries):
            digest.update(query)
        return digest.hexdigest()[:12]


def _queries(begin: tuple[str, ...]) -> list[bytes]:
    folder = resources.files("footfall.features")
    files = [f for f in folder.iterdir() if f.name.endswith(".sql") and f.name.startswith(begin)]
    return [f.read_bytes() for f in sorted(files, key=lambda f: f.name)]


USER_QUERIES = ("daily_activity", "people_as_of", "user_", "item_categories")


def feature_words(features_of_models: Iterable[FeatureSet]) -> dict[str, str]:
    """Name of a feature -> what a person reads; the first model that has it decides."""
    words: dict[str, str] = {}
    for features in features_of_models:
        for feature in features.features:
            words.setdefault(feature.name, feature.words)
    return words


def feature_values(features: Sequence[Feature], frame: pd.DataFrame) -> Matrix:
    """float64[n_rows, n_features], NaN where the value is NULL."""
    columns = [_feature_column(feature, frame[feature.column].to_numpy(dtype=np.float64)) for feature in features]
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _feature_column(feature: Feature, values: Matrix) -> Matrix:
    if feature.transform is Transform.MISSING:
        return np.isnan(values).astype(np.float64)
    return np.log1p(np.maximum(values, 0.0)) if feature.transform is Transform.LOG else values
