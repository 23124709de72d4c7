"""Segments as fitted: centres in scaled features, each with its number and name. No Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from footfall.models.common.clusters import distances
from footfall.models.common.scaling import Scaler


@dataclass(frozen=True)
class SegmentsModel:
    """A value of plain numbers; `learner` is the learner or baseline that made it."""

    learner: str
    feature_version: str
    scaler: Scaler
    centres: tuple[tuple[float, ...], ...]
    numbers: tuple[int, ...]
    names: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Every field."""
        return {"kind": "segments", **asdict(self)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> SegmentsModel:
        """The model whose `as_json` these fields are."""
        return cls(
            fields["learner"],
            fields["feature_version"],
            Scaler.from_json(fields["scaler"]),
            tuple(tuple(centre) for centre in fields["centres"]),
            tuple(fields["numbers"]),
            tuple(fields["names"]),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that `predict` reads."""
        return tuple(dict.fromkeys(f.column for f in self.scaler.features))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`segment_id` and `distance` to its centre, in scaled features."""
        to_centres = distances(self.scaler.apply(frame), np.array(self.centres))
        numbers = np.array(self.numbers, dtype=np.int32)[to_centres.argmin(axis=1)]
        return pd.DataFrame({"segment_id": numbers, "distance": to_centres.min(axis=1)}, index=frame.index)
