"""What MLflow calls to open a tuned encoder; footfall must be installed, Spark is not used."""

from __future__ import annotations

from pathlib import Path

from footfall.models.sentiment_encoder.training import TunedEncoder


def _load_pyfunc(path: str) -> TunedEncoder:
    """What MLflow asks of a loader."""
    return TunedEncoder.load(Path(path))
