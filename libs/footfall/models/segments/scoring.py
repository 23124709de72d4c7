"""Assigns everybody to a segment, and says what sets the segments apart on a date. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pandas as pd
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract.frames import no_rows
from footfall.models.common.runs import ScoringRun
from footfall.models.common.spark_features import scaled_columns
from footfall.models.common.trained import require_version
from footfall.models.segments import FEATURES, SPENDING, SPENDING_GROUPS
from footfall.models.segments.model import SegmentsModel
from footfall.steps.step import Output
from footfall.tables import SEGMENT_CATALOGUE, SEGMENTS, USER_FEATURES


def score(run: ScoringRun) -> Sequence[Output]:
    """Rows of results.segments and results.segment_catalogue; none where nothing serves."""
    features = run.frame(USER_FEATURES)
    if run.champion is None:
        return [Output(table, no_rows(features, table), as_of=(run.as_of,)) for table in (SEGMENTS, SEGMENT_CATALOGUE)]
    model, version = run.champion.fitted, run.champion.version
    expected = SPENDING if model.learner == SPENDING_GROUPS else FEATURES
    require_version(model, expected.version, name=version)
    people = assign(features, model=model, model_version=version, as_of=run.as_of)
    groups = catalogue(features, people, model=model, model_version=version, as_of=run.as_of)
    return [Output(SEGMENTS, people, as_of=(run.as_of,)), Output(SEGMENT_CATALOGUE, groups, as_of=(run.as_of,))]


def assign(user_features: DataFrame, *, model: SegmentsModel, model_version: str, as_of: date) -> DataFrame:
    """Rows of results.segments: each person of that date and the group whose centre is nearest."""

    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield pd.concat([batch[["user_id"]], model.predict(batch)], axis=1)

    people = user_features.where(F.col("as_of_date") == F.lit(as_of))
    doubles = people.select("user_id", *(F.col(column).cast("double") for column in model.columns))
    assigned = doubles.mapInPandas(predict, SEGMENTS.schema("user_id", "segment_id", "distance"))
    dated = F.lit(as_of).alias("as_of_date")
    return assigned.select(dated, "user_id", "segment_id", "distance", F.lit(model_version).alias("model_version"))


def catalogue(
    user_features: DataFrame, assigned: DataFrame, *, model: SegmentsModel, model_version: str, as_of: date
) -> DataFrame:
    """Rows of results.segment_catalogue: the groups that have people on that date, and what sets them apart then."""
    people = user_features.where(F.col("as_of_date") == F.lit(as_of)).drop("as_of_date")
    rows = people.join(assigned.select("user_id", "segment_id"), "user_id", "inner")
    scaled = scaled_columns(model.scaler)
    groups = rows.groupBy("segment_id").agg(
        F.count("*").alias("user_count"),
        F.sum(F.col("net_amount_365d").cast("double")).alias("_amount"),
        *(F.avg(F.col(c).cast("double")).alias(f"_mean_{c}") for c in FEATURES.columns),
        *(F.sum(column).alias(f"_sum_{name}") for name, column in scaled.items()),
    )
    everybody = Window.partitionBy()
    users, paid = F.sum("user_count").over(everybody), F.sum("_amount").over(everybody)
    lifts = {n: F.col(f"_sum_{n}") / F.col("user_count") - F.sum(f"_sum_{n}").over(everybody) / users for n in scaled}
    names = F.create_map(*(F.lit(x) for pair in zip(model.numbers, model.names, strict=True) for x in pair))
    return groups.select(
        F.lit(as_of).alias("as_of_date"),
        "segment_id",
        names[F.col("segment_id")].alias("segment_name"),
        "user_count",
        (F.col("user_count") / users).alias("user_share"),
        F.when(paid > 0, F.col("_amount") / paid).otherwise(0.0).alias("amount_share"),
        _by_name({c: F.col(f"_mean_{c}") for c in FEATURES.columns}).alias("means"),
        _by_name(lifts).alias("lifts"),
        F.lit(model_version).alias("model_version"),
    )


def _by_name(columns: Mapping[str, SparkColumn]) -> SparkColumn:
    return F.create_map(*(part for name, column in columns.items() for part in (F.lit(name), column)))
