"""Scores of people by a champion, or NULL with the reason where nothing serves. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.models.common.binary_training import features_of
from footfall.models.common.runs import ScoringRun
from footfall.models.common.spark_features import typed
from footfall.models.common.trained import require_version
from footfall.tables import USER_SCORES

SCORED = USER_SCORES.schema("user_id", "score", "reasons")


def score_people(people: DataFrame, run: ScoringRun) -> DataFrame:
    """Rows of results.user_scores for `people`, the rows of user_features of one date whom the model speaks of."""
    if run.champion is None:
        scored = people.select("user_id").withColumns(
            {name: F.lit(None).cast(USER_SCORES.column(name).type) for name in ("score", "reasons")}
        )
    else:
        fitted = run.champion.fitted
        learners = (*run.model.learners, *run.model.baselines)
        features = features_of(run.model, next(x for x in learners if x.name == fitted.learner))
        require_version(fitted, features.version, name=run.champion.version)

        def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
            for batch in batches:
                yield pd.concat([batch[["user_id"]], fitted.predict(batch)], axis=1)

        scored = typed(features, people, "user_id").mapInPandas(predict, SCORED)
    champion = run.champion
    return scored.select(
        F.lit(run.as_of).alias("as_of_date"),
        "user_id",
        F.lit(run.model.name).alias("model"),
        "score",
        "reasons",
        F.lit(champion.served_by if champion else None).cast("string").alias("served_by"),
        F.lit(None if champion else run.reason).cast("string").alias("no_score_reason"),
        F.lit(champion.version if champion else None).cast("string").alias("model_version"),
    )
