"""Churn: the probability that somebody orders nothing within the horizon, with reasons. Pure functions of frames.

Fitted on earlier as-of dates, judged on a later one whose label is complete. Demographics stay out: they have no date.
Windows of 90 days and 12 weeks only, since a year's window is cut short at the earliest dates of a young log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import DataError
from footfall.models.churn.evaluation import ChurnPredictions, evaluate, gates
from footfall.models.common import measures, plots
from footfall.models.common.featureset import USER_QUERIES, Feature, FeatureSet, Matrix, Transform
from footfall.models.common.logistic import LABEL, Linear, fit_linear, helps, require_two_classes
from footfall.models.common.measures import Interval
from footfall.models.common.scaling import Scaler, fit_scaler
from footfall.models.common.trained import Served, Trained
from footfall.tables import USER_FEATURES, USER_SCORES

NAME = "churn"
PENALTY, TAIL = 1e-3, 0.002
MOST_JUDGED = 200_000  # people whose scores are looked at on the driver; a sample by hash above that
REASONS = 3
ACTIVE_DAYS = 61  # "active lately": people who were silent for longer flatter a churn model

LOG, LINEAR, MISSING = Transform.LOG, Transform.LINEAR, Transform.MISSING
FEATURES = FeatureSet(
    USER_FEATURES,
    (
        Feature("recency_days", LOG, "days since the last order"),
        Feature("gap_mean_days", LOG, "usual days between orders"),
        Feature("gap_stddev_days", LOG, "how much the days between orders vary"),
        Feature("gap_max_days", LOG, "longest pause between orders"),
        Feature("gap_mean_days", MISSING, "has ordered on one day only"),
        Feature("active_weeks_12w", LINEAR, "weeks with an order, of the last 12"),
        Feature("order_count_30d", LOG, "orders in the last 30 days"),
        Feature("order_count_90d", LOG, "orders in the last 90 days"),
        Feature("amount_90d", LOG, "paid in the last 90 days"),
    ),
    USER_QUERIES,
)
RFM = (
    Feature("recency_days", LOG, "recency"),
    Feature("order_count_365d", LOG, "frequency"),
    Feature("amount_365d", LOG, "monetary value"),
)
SCORED = USER_SCORES.schema("user_id", "score", "reasons")
WORDS = {f.name: f.words for f in FEATURES.features}


@dataclass(frozen=True)
class ChurnModel:
    """Probability of no order within the horizon, and what moved it; a value of plain numbers."""

    feature_version: str
    horizon_days: int
    scaler: Scaler
    linear: Linear

    def as_json(self) -> dict[str, Any]:
        """All that it is."""
        return {"kind": NAME, **asdict(self)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> ChurnModel:
        """The model that `as_json` told."""
        return cls(
            told["feature_version"],
            told["horizon_days"],
            Scaler.from_json(told["scaler"]),
            Linear(tuple(told["linear"]["coefficients"]), told["linear"]["intercept"]),
        )

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`score`, and `reasons`: the features that moved the log-odds most, against the mean person."""
        inputs = self.scaler.apply(frame)
        reasons = self._reasons(frame, inputs * np.array(self.linear.coefficients))
        return pd.DataFrame({"score": self.linear.probability(inputs), "reasons": reasons}, index=frame.index)

    def _reasons(self, frame: pd.DataFrame, moved: Matrix) -> list[list[dict[str, Any]]]:
        features = self.scaler.features
        raw = np.column_stack([frame[f.column].to_numpy(dtype=np.float64) for f in features])
        for place, feature in enumerate(features):
            if feature.transform is MISSING:
                raw[:, place] = np.isnan(raw[:, place])
        strongest = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :REASONS]
        return [
            [
                {
                    "feature": features[i].name,
                    "value": None if np.isnan(values[i]) else float(values[i]),
                    "contribution": float(parts[i]),
                }
                for i in order
            ]
            for values, parts, order in zip(raw, moved, strongest, strict=True)
        ]


def population(user_features: DataFrame, *, dates: Sequence[date], active_within_days: int) -> DataFrame:
    """The rows of those dates of people who ordered within so many days: whom churn is asked about."""
    return user_features.where(F.col("as_of_date").isin(list(dates)) & (F.col("recency_days") <= active_within_days))


def examples(people: DataFrame, labels: DataFrame) -> DataFrame:
    """`population` with its label: rows (as_of_date, user_id, columns of both models, `label` 0.0 or 1.0)."""
    columns = tuple(dict.fromkeys((*FEATURES.columns, *(f.column for f in RFM))))
    labelled = people.join(labels, ["as_of_date", "user_id"], "inner")
    doubles = (F.col(c).cast("double").alias(c) for c in columns)
    return labelled.select("as_of_date", "user_id", *doubles, F.col("no_purchase").cast("double").alias(LABEL))


def train(
    rows: DataFrame,
    *,
    training: Sequence[date],
    judged: date,
    horizon_days: int,
    min_auroc_gain: float,
    bootstrap_rounds: int,
) -> Trained:
    """Fits on the training dates, judges on the judged one beside both baselines, and says which gates are passed.

    `rows` are `examples` of all these dates. Raises DataError with one class.
    """
    past = rows.where(F.col("as_of_date").isin(list(training)))
    counts = _require_labels(past, rows.where(F.col("as_of_date") == F.lit(judged)), training, judged)
    model, calibration = fit(past, training=training, horizon_days=horizon_days)
    rfm_scaler = fit_scaler(past, RFM, tail=TAIL)
    rfm = fit_linear(rfm_scaler.vectors(past, LABEL), penalty=PENALTY)
    sample = _collect(rows.where(F.col("as_of_date") == F.lit(judged)))
    others = {
        "recency alone": sample["recency_days"].to_numpy(dtype=np.float64),
        "RFM + logistic regression": rfm.probability(rfm_scaler.apply(sample)),
    }
    outcome = sample[LABEL].to_numpy(dtype=np.int64)
    scores = model.predict(sample)["score"].to_numpy()
    told = evaluate(
        ChurnPredictions(outcome, scores, others, (sample["recency_days"] <= ACTIVE_DAYS).to_numpy()), bootstrap_rounds
    )
    parameters = {
        "horizon_days": horizon_days,
        "training_dates": ", ".join(d.isoformat() for d in training),
        "judged_date": judged.isoformat(),
        "rows_fitted": sum(counts.values()),
        "rows_judged": len(sample),
        "penalty": PENALTY,
        "calibration": calibration,
    }
    return _trained(model, told, parameters, min_auroc_gain)


def fit(past: DataFrame, *, training: Sequence[date], horizon_days: int) -> tuple[ChurnModel, str]:
    """The model, and how it was calibrated: by Platt only where that helps on the latest training date, held out."""
    scaler = fit_scaler(past, FEATURES.features, tail=TAIL)
    linear = fit_linear(scaler.vectors(past, LABEL), penalty=PENALTY)
    latest = max(training)
    earlier, held_out = (
        past.where(F.col("as_of_date") < F.lit(latest)),
        past.where(F.col("as_of_date") == F.lit(latest)),
    )
    stretch = None
    if len(training) > 1 and earlier.select(LABEL).distinct().count() == 2:
        trial = fit_linear(scaler.vectors(earlier, LABEL), penalty=PENALTY)
        sample = _collect(held_out)
        stretch = helps(sample[LABEL].to_numpy(dtype=np.int64), trial.log_odds(scaler.apply(sample)))
    told = f"Platt, slope {stretch[0]:.3f}, shift {stretch[1]:.3f}" if stretch else "none needed"
    return ChurnModel(FEATURES.version, horizon_days, scaler, linear.stretched(*stretch) if stretch else linear), told


def _trained(model: ChurnModel, told: dict[str, Any], parameters: Mapping[str, Any], min_auroc_gain: float) -> Trained:
    told["coefficients"] = dict(zip((f.name for f in model.scaler.features), model.linear.coefficients, strict=True))
    found = {name: Interval(**interval) for name, interval in told["metrics"].items()}
    found |= {
        f"auroc_{name.replace(' + ', '_').replace(' ', '_')}": Interval(**i) for name, i in told["baselines"].items()
    }
    return Trained(
        name=NAME,
        model=Served(model),
        features=FEATURES.signature,
        predictions=(("score", "double"), ("reasons", "string")),
        feature_version=FEATURES.version,
        parameters=parameters,
        metrics=measures.flat(found) | {"calibration_error": told["calibration_error"]},
        gates=gates(told, min_auroc_gain=min_auroc_gain),
        figures={
            "calibration": plots.calibration(told["calibration"]),
            "gain": plots.gain(told["gain_curve"]),
            "coefficients": plots.coefficients({WORDS[n]: c for n, c in told["coefficients"].items()}),
        },
        evaluation=told,
    )


def _require_labels(past: DataFrame, present: DataFrame, training: Sequence[date], judged: date) -> dict[int, int]:
    fix = "Load more history, or choose another --as-of, churn.horizon_days or features.training_dates."
    dates = f"{min(training)} to {max(training)}"
    counts = require_two_classes(past, what=f"churn, training dates {dates}", fix=fix)
    require_two_classes(present, what=f"churn, judged date {judged}", fix=fix)
    return counts


def _collect(rows: DataFrame) -> pd.DataFrame:
    """The rows on the driver, in an order of their own; a sample by hash where there are very many."""
    columns = [c for c in rows.columns if c not in {"as_of_date", "user_id"}]
    ordered = rows.orderBy(F.xxhash64("user_id"), "user_id").limit(MOST_JUDGED)
    found = ordered.select(*columns).toPandas()
    if found.empty:
        raise DataError("churn: nobody to judge.", fix="Choose another --as-of, or load more history.")
    return found


def score(people: DataFrame, *, model: ChurnModel, model_version: str, as_of: date) -> DataFrame:
    """Rows of results.user_scores for the `population` of that date."""

    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield pd.concat([batch[["user_id"]], model.predict(batch)], axis=1)

    scored = FEATURES.typed(people.where(F.col("as_of_date") == F.lit(as_of)), "user_id").mapInPandas(predict, SCORED)
    return scored.select(
        F.lit(as_of).alias("as_of_date"),
        "user_id",
        F.lit(NAME).alias("model"),
        "score",
        "reasons",
        F.lit(model_version).alias("model_version"),
    )
