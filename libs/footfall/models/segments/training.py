"""Segments: groups of people who behave alike, by MLlib's k-means on scaled features. Pure functions of frames.

Money and counts enter as logarithms, cut at their outer hundredths and standardised, so that neither petrol nor a few
big spenders make a group of their own. Five sides of behaviour, each once: with orders, active weeks, money and variety
all in, the one axis of "how active" drowns the others, and only three groups repeat. k is the greatest that comes out the
same on resamples, has no group of a handful, and keeps its groups nearly as well apart as the best such k. It is chosen on
a sample, on the driver; the groups themselves are fitted on everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml.clustering import KMeans
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from footfall.errors import DataError
from footfall.models.common import plots
from footfall.models.common.clusters import (
    LEAST_SHARE,
    SEED,
    ClusterTrial,
    choose,
    distances,
    fit,
    measure,
    nearest,
    regroup,
)
from footfall.models.common.featureset import USER_QUERIES, Feature, FeatureSet, Matrix, Transform
from footfall.models.common.scaling import VECTOR, Scaler, fit_scaler
from footfall.models.common.trained import Gate, Served, Trained
from footfall.models.segments.naming import group_names, keep_numbers
from footfall.tables import USER_FEATURES

NAME = "segments"
TAIL = 0.01
SPARK_STARTS = 5  # each is a dozen of Spark's jobs; by then k is known to repeat
MOST_SAMPLED = 20_000  # people on whom k is chosen on the driver; a sample by hash of the features above that

LOG, LINEAR = Transform.LOG, Transform.LINEAR
FEATURES = FeatureSet(
    USER_FEATURES,
    (
        Feature("recency_days", LOG, "days since the last order"),
        Feature("order_count_90d", LOG, "orders in the last 90 days"),
        Feature("order_value_90d", LOG, "paid per order"),
        Feature("discount_share_90d", LINEAR, "share of discounts"),
        Feature("weekend_share_365d", LINEAR, "share of orders at the weekend"),
    ),
    USER_QUERIES,
)
WORDS = {f.name: f.words for f in FEATURES.features}


@dataclass(frozen=True)
class SegmentsModel:
    """Centres in scaled features, each with its number and name; a value of plain numbers."""

    feature_version: str
    scaler: Scaler
    centres: tuple[tuple[float, ...], ...]
    numbers: tuple[int, ...]
    names: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """All that it is."""
        return {"kind": NAME, **asdict(self)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> SegmentsModel:
        """The model that `as_json` told."""
        centres = tuple(tuple(centre) for centre in told["centres"])
        scaler = Scaler.from_json(told["scaler"])
        return cls(told["feature_version"], scaler, centres, tuple(told["numbers"]), tuple(told["names"]))

    @property
    def columns(self) -> set[str]:
        """Columns that `predict` reads."""
        return {f.column for f in self.scaler.features}

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`segment_id` and `distance` to its centre, in scaled features."""
        away = distances(self.scaler.apply(frame), np.array(self.centres))
        places = away.argmin(axis=1)
        found = {"segment_id": np.array(self.numbers, dtype=np.int32)[places], "distance": away.min(axis=1)}
        return pd.DataFrame(found, index=frame.index)


def examples(user_features: DataFrame, *, as_of: date) -> DataFrame:
    """The people of that date in order, since k-means|| draws its first centres partition by partition."""
    return user_features.where(F.col("as_of_date") == F.lit(as_of)).orderBy(*FEATURES.columns, "user_id")


def train(
    people: DataFrame,
    *,
    k_min: int,
    k_max: int,
    min_people: int,
    stability_rounds: int,
    min_stability: float,
    before: SegmentsModel | None,
) -> Trained:
    """Groups `examples`, the people of one as-of date; numbers stay with the groups of `before` that share most members.

    Raises DataError with fewer than `min_people`.
    """
    count = people.count()
    if count < min_people:
        raise DataError(
            f"segments: {count} people are too few to group (segments.min_people is {min_people}).",
            fix="Load more history, or lower segments.min_people if you know what you do.",
        )
    scaler = fit_scaler(people, FEATURES.features, tail=TAIL)
    sample = _collect(people, {*FEATURES.columns, "amount_365d", *(before.columns if before else ())})
    scaled = scaler.apply(sample)
    regrouped = {k: regroup(scaled, k=k, rounds=stability_rounds) for k in range(k_min, min(k_max, count // 2) + 1)}
    tried = [measure(scaled, fit(scaled, k), again) for k, again in regrouped.items()]
    centres = fit_centres(scaler.vectors(people, "user_id"), choose(tried, min_stability=min_stability).k)
    measured = measure(scaled, centres, regrouped[len(centres)])
    model = _model(scaler, centres, sample, scaled, before)
    return _trained(model, tried, measured, scaled, count, min_stability)


def fit_centres(rows: DataFrame, k: int) -> Matrix:
    """float64[k, n_features]: the centres of MLlib's k-means on everybody, the best by cost of several starts."""
    starts = (
        KMeans(featuresCol=VECTOR, k=k, seed=SEED + i, maxIter=50, tol=1e-4).fit(rows) for i in range(SPARK_STARTS)
    )
    best = min(starts, key=lambda fitted: fitted.summary.trainingCost)
    return np.array(best.clusterCenters())


def _model(
    scaler: Scaler, centres: Matrix, sample: pd.DataFrame, scaled: Matrix, before: SegmentsModel | None
) -> SegmentsModel:
    groups = nearest(scaled, centres)
    spent = sample["amount_365d"].groupby(groups).median().reindex(range(len(centres)), fill_value=0.0)
    by_size = [int(place) for place in np.argsort(-spent.to_numpy(), kind="stable")]
    had = np.full(len(sample), -1)
    if before is not None and before.columns <= set(sample.columns):
        had = before.predict(sample)["segment_id"].to_numpy()
    numbers = keep_numbers(groups, had, by_size=by_size) if before is not None else _ranks(by_size)
    ordered = centres[np.argsort(numbers)].tolist()
    names = group_names([dict(zip(WORDS, centre, strict=True)) for centre in ordered])
    return SegmentsModel(FEATURES.version, scaler, tuple(map(tuple, ordered)), tuple(sorted(numbers)), tuple(names))


def _ranks(by_size: Sequence[int]) -> list[int]:
    return [by_size.index(place) for place in range(len(by_size))]


def _trained(
    model: SegmentsModel,
    tried: Sequence[ClusterTrial],
    measured: ClusterTrial,
    scaled: Matrix,
    count: int,
    min_stability: float,
) -> Trained:
    shares = np.bincount(nearest(scaled, np.array(model.centres)), minlength=measured.k) / len(scaled)
    lifts = {
        name: dict(zip(WORDS, centre, strict=True)) for name, centre in zip(model.names, model.centres, strict=True)
    }
    told: dict[str, Any] = {
        "tried": [asdict(t) for t in tried],
        "chosen": measured.k,
        "min_stability": min_stability,
        "lifts": lifts,
        "shares": dict(zip(model.names, map(float, shares), strict=True)),
    }
    words = (
        f"k = {measured.k} agrees with its refits by {measured.stability:.2f} (adjusted Rand), at least {min_stability}"
    )
    handful = (
        f"k = {measured.k}: the smallest group holds {measured.least_share:.1%} of people, at least {LEAST_SHARE:.0%}"
    )
    return Trained(
        name=NAME,
        model=Served(model),
        features=FEATURES.signature,
        predictions=(("segment_id", "integer"), ("distance", "double")),
        feature_version=FEATURES.version,
        parameters={"k": measured.k, "k_tried": [t.k for t in tried], "people": count, "seed": SEED, "tail_cut": TAIL},
        metrics={
            "silhouette": measured.silhouette,
            "stability": measured.stability,
            "least_share": measured.least_share,
        },
        gates=[
            Gate("stable", measured.stability >= min_stability, words),
            Gate("no_handful", measured.least_share >= LEAST_SHARE, handful),
        ],
        figures={
            "choice_of_k": plots.choice_of_k(told["tried"], measured.k, min_stability=min_stability),
            "profile": plots.profile({n: {WORDS[f]: v for f, v in group.items()} for n, group in lifts.items()}),
        },
        evaluation=told,
    )


def _collect(people: DataFrame, columns: set[str]) -> pd.DataFrame:
    """Columns of the people on the driver as doubles, in an order without meaning; a sample where there are very many."""
    have = sorted(columns & set(people.columns))
    ordered = people.orderBy(F.xxhash64(*FEATURES.columns), *FEATURES.columns).limit(MOST_SAMPLED)
    return ordered.select(*(F.col(c).cast("double") for c in have)).toPandas()


def assign(user_features: DataFrame, *, model: SegmentsModel, model_version: str, as_of: date) -> DataFrame:
    """Rows of results.segments: each person of that date and the group whose centre is nearest."""

    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield pd.concat([batch[["user_id"]], model.predict(batch)], axis=1)

    people = user_features.where(F.col("as_of_date") == F.lit(as_of))
    found = FEATURES.typed(people, "user_id").mapInPandas(predict, "user_id string, segment_id int, distance double")
    dated = F.lit(as_of).alias("as_of_date")
    return found.select(dated, "user_id", "segment_id", "distance", F.lit(model_version).alias("model_version"))


def catalogue(
    user_features: DataFrame, assigned: DataFrame, *, model: SegmentsModel, model_version: str, as_of: date
) -> DataFrame:
    """Rows of results.segment_catalogue: the groups that have people on that date, and what sets them apart then."""
    people = user_features.where(F.col("as_of_date") == F.lit(as_of)).drop("as_of_date")
    rows = people.join(assigned.select("user_id", "segment_id"), "user_id", "inner")
    scaled = model.scaler.columns()
    groups = rows.groupBy("segment_id").agg(
        F.count("*").alias("user_count"),
        F.sum(F.col("amount_365d").cast("double")).alias("_amount"),
        *(F.avg(F.col(c).cast("double")).alias(f"_mean_{c}") for c in FEATURES.columns),
        *(F.sum(column).alias(f"_sum_{name}") for name, column in scaled.items()),
    )
    everybody = Window.partitionBy()
    users = F.sum("user_count").over(everybody)
    lifts = {n: F.col(f"_sum_{n}") / F.col("user_count") - F.sum(f"_sum_{n}").over(everybody) / users for n in scaled}
    names = F.create_map(*(F.lit(x) for pair in zip(model.numbers, model.names, strict=True) for x in pair))
    return groups.select(
        F.lit(as_of).alias("as_of_date"),
        "segment_id",
        names[F.col("segment_id")].alias("segment_name"),
        "user_count",
        (F.col("user_count") / users).alias("user_share"),
        F.coalesce(F.try_divide("_amount", F.sum("_amount").over(everybody)), F.lit(0.0)).alias("amount_share"),
        _by_name({c: F.col(f"_mean_{c}") for c in FEATURES.columns}).alias("means"),
        _by_name(lifts).alias("lifts"),
        F.lit(model_version).alias("model_version"),
    )


def _by_name(columns: Mapping[str, SparkColumn]) -> SparkColumn:
    return F.create_map(*(part for name, column in columns.items() for part in (F.lit(name), column)))
