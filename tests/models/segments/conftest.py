"""Segments trained once on people of four known kinds."""

from __future__ import annotations

import pytest
from models_shared import training_run
from pyspark.sql import DataFrame

from footfall.models.common.trained import Trained
from footfall.models.segments import MODEL
from footfall.models.segments.model import SegmentsModel
from footfall.models.segments.training import rows, train
from footfall.tables import USER_FEATURES


@pytest.fixture(scope="session")
def trained(shoppers: DataFrame) -> Trained:
    """Three to five groups tried, two refits each."""
    run = training_run(MODEL, frames={USER_FEATURES: shoppers}, k_min=3, k_max=5, stability_rounds=2)
    return train(rows(run), run)


@pytest.fixture(scope="session")
def model(trained: Trained) -> SegmentsModel:
    """The fitted model."""
    assert isinstance(trained.model.fitted, SegmentsModel)
    return trained.model.fitted
