"""Whom the toy speaks of, with their label, and their scores."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.models.common.binary_training import labelled_rows
from footfall.models.common.people_scoring import score_people
from footfall.models.common.runs import ScoringRun, TrainingRun
from footfall.steps.step import Output
from footfall.tables import USER_FEATURES, USER_SCORES


def rows(run: TrainingRun) -> DataFrame:
    """Everybody on the training dates and the evaluation date."""
    polars = sys.modules.get("polars")  # MLflow's; scikit-learn fails in one thread while another is importing it
    print(f"toy polars before training: {'whole' if hasattr(polars, 'DataFrame') else 'not there'}")
    people = run.frame(USER_FEATURES).where(F.col("as_of_date").isin([*run.dates.training, run.dates.evaluation]))
    labels = people.select("as_of_date", "user_id", (F.col("active_weeks_12w") >= 6).alias("is_steady"))
    return labelled_rows(run.model, people, labels, "is_steady")


def score(run: ScoringRun) -> Sequence[Output]:
    """Rows of results.user_scores."""
    people = run.frame(USER_FEATURES).where(F.col("as_of_date") == F.lit(run.as_of))
    return [Output(USER_SCORES, score_people(people, run), as_of=(run.as_of,))]
