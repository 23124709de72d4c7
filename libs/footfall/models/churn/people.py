"""Whom churn is asked about, with their label for training, and their scores. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.features.labels import no_purchase
from footfall.models.common.binary_training import labelled_rows
from footfall.models.common.people_scoring import score_people
from footfall.models.common.runs import ScoringRun, TrainingRun
from footfall.steps.step import Output
from footfall.tables import DAILY_ACTIVITY, IDENTITIES, USER_FEATURES, USER_SCORES


def population(user_features: DataFrame, *, dates: Sequence[date], active_within_days: int) -> DataFrame:
    """The rows of those dates of people who ordered within so many days."""
    return user_features.where(F.col("as_of_date").isin(list(dates)) & (F.col("recency_days") <= active_within_days))


def rows(run: TrainingRun) -> DataFrame:
    """The population of the training dates and the evaluation date, with its label."""
    settings, dates = run.settings, (*run.dates.training, run.dates.evaluation)
    people = population(run.frame(USER_FEATURES), dates=dates, active_within_days=settings["active_within_days"])
    labels = no_purchase(
        people.select("as_of_date", "user_id"),
        daily_activity=run.frame(DAILY_ACTIVITY),
        identities=run.frame(IDENTITIES),
        horizon_days=settings["horizon_days"],
        return_window_days=settings["return_window_days"],
        time_zone=run.time_zone,
    )
    return labelled_rows(run.model, people, labels, "no_purchase")


def score(run: ScoringRun) -> Sequence[Output]:
    """Rows of results.user_scores."""
    within = run.settings["active_within_days"]
    people = population(run.frame(USER_FEATURES), dates=(run.as_of,), active_within_days=within)
    return [Output(USER_SCORES, score_people(people, run), as_of=(run.as_of,))]
