"""Trains a yes-or-no model about people: the learner beside its baselines, out of time, on the same people. Pure.

Fitted on earlier as-of dates, evaluated on a later one whose label is complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import TooFew
from footfall.models.common import measures
from footfall.models.common.binary_scorer import BinaryScorer
from footfall.models.common.declaration import Learner, Model
from footfall.models.common.featureset import FeatureSet, Matrix
from footfall.models.common.gates import Contenders, Metric, Verdict, decide
from footfall.models.common.logistic import helps
from footfall.models.common.measures import Labels
from footfall.models.common.runs import TrainingRun
from footfall.models.common.spark_features import fit_scaler, vectors
from footfall.models.common.spark_logistic import LABEL, fit_linear, require_two_classes
from footfall.models.common.trained import Served, Trained

PENALTY, TAIL = 1e-3, 0.002
MOST_HELD_OUT = 200_000  # people whose scores are looked at on the driver; a sample by hash above that
ACTIVE_DAYS = 61  # "active lately": people who were silent for longer flatter a model of their activity
METRICS: Mapping[str, Metric] = {"auroc": measures.auroc, "log_loss": measures.log_loss.negative()}
MORE_HISTORY = "Load more history, or choose another --as-of, horizon or features.training_dates."


def features_of(model: Model, learner: Learner) -> FeatureSet:
    """What a learner or baseline reads."""
    features = learner.features or model.features
    if not isinstance(features, FeatureSet):
        raise TypeError(f"{model.name}: {learner.name} needs a FeatureSet")
    return features


def labelled_rows(model: Model, people: DataFrame, labels: DataFrame, label: str) -> DataFrame:
    """`people` with their label: rows (as_of_date, user_id, the columns of all contenders, `label` 0.0 or 1.0)."""
    columns = dict.fromkeys(
        column for learner in (*model.learners, *model.baselines) for column in features_of(model, learner).columns
    )
    labelled = people.join(labels, ["as_of_date", "user_id"], "inner")
    doubles = (F.col(c).cast("double").alias(c) for c in columns)
    return labelled.select("as_of_date", "user_id", *doubles, F.col(label).cast("double").alias(LABEL))


def train_binary(rows: DataFrame, run: TrainingRun) -> Trained:
    """The version that should serve, of `labelled_rows` on the training dates and the evaluation date.

    Raises TooFew where either side has one class only.
    """
    model, dates = run.model, run.dates
    past = rows.where(F.col("as_of_date").isin(list(dates.training)))
    present = rows.where(F.col("as_of_date") == F.lit(dates.evaluation))
    row_counts = _require_labels(model, past, present, dates.training, dates.evaluation)
    fitted, calibration = _fit_calibrated(model, model.learners[0], past, dates.training)
    scorers = {b.name: _fit(model, b, past) for b in model.baselines} | {model.learners[0].name: fitted}
    sample = _collected(present, model.name)
    outcomes = sample[LABEL].to_numpy(dtype=np.int64)
    contenders = Contenders(
        outcomes=outcomes,
        learner=model.learners[0].name,
        predictions={name: scorer.predict(sample)["score"].to_numpy() for name, scorer in scorers.items()},
        baselines=tuple(b.name for b in model.baselines),
        trivial=np.full(len(outcomes), row_counts[1] / sum(row_counts.values())),
        champion=run.champion.fitted.predict(sample)["score"].to_numpy() if run.champion else None,
        champion_name=run.champion.version if run.champion else "",
    )
    verdict = decide(
        contenders, gates=model.gates, metrics=METRICS, settings=run.settings,
        max_champion_loss=run.max_champion_loss, rounds=run.bootstrap_rounds,
    )  # fmt: skip
    is_active = (sample["recency_days"] <= ACTIVE_DAYS).to_numpy() if "recency_days" in sample else None
    serving = scorers.get(verdict.name, fitted)
    evaluation = evaluate(contenders, serving.learner, is_active, rounds=run.bootstrap_rounds)
    parameters = {
        "training_dates": ", ".join(d.isoformat() for d in dates.training),
        "evaluation_date": dates.evaluation.isoformat(),
        "rows_fitted": sum(row_counts.values()),
        "rows_evaluated": len(sample),
        "penalty": PENALTY,
        "calibration": calibration,
    }
    return _trained(model, serving, verdict, evaluation, parameters)


def _fit(model: Model, learner: Learner, past: DataFrame) -> BinaryScorer:
    features = features_of(model, learner)
    scaler = fit_scaler(past, features.features, tail=TAIL)
    linear = fit_linear(vectors(scaler, past, LABEL), penalty=PENALTY)
    return BinaryScorer(model.name, learner.name, features.version, scaler, linear)


def _fit_calibrated(
    model: Model, learner: Learner, past: DataFrame, training: Sequence[date]
) -> tuple[BinaryScorer, str]:
    """The model, and how it was calibrated: by Platt only where that helps on the latest training date, held out."""
    scorer = _fit(model, learner, past)
    latest = max(training)
    earlier = past.where(F.col("as_of_date") < F.lit(latest))
    if len(training) < 2 or earlier.select(LABEL).distinct().count() < 2:
        return scorer, "none needed"
    trial = fit_linear(vectors(scorer.scaler, earlier, LABEL), penalty=PENALTY)
    sample = _collected(past.where(F.col("as_of_date") == F.lit(latest)), model.name)
    platt = helps(sample[LABEL].to_numpy(dtype=np.int64), trial.log_odds(scorer.scaler.apply(sample)))
    if not platt:
        return scorer, "none needed"
    calibrated = BinaryScorer(
        model.name, learner.name, scorer.feature_version, scorer.scaler, scorer.linear.stretched(*platt)
    )
    return calibrated, f"Platt, slope {platt[0]:.3f}, shift {platt[1]:.3f}"


def evaluate(contenders: Contenders, serving: str, is_active: Any, *, rounds: int) -> dict[str, Any]:
    """Metrics of the serving learner or baseline with intervals, AUROC of all, and the numbers behind the plots, its curve first.

    `is_active` is bool[n_rows] or None.
    """
    y: Labels = contenders.outcomes
    p: Matrix = contenders.of(serving)
    baselines = {name: contenders.of(name) for name in contenders.baselines}
    ranked = {"auroc": measures.auroc, "average_precision": measures.average_precision}
    figures = measures.intervals(
        y, p, {**ranked, "brier": measures.brier, "log_loss": measures.log_loss}, rounds=rounds
    )
    if is_active is not None and is_active.any():
        of_active = measures.intervals(y[is_active], p[is_active], ranked, rounds=rounds)
        figures |= {f"{name}_active_people": interval for name, interval in of_active.items()}
    if others := {name: s for name, s in baselines.items() if name != serving}:
        figures["auroc_gain"] = measures.gain(y, p, others, rounds=rounds)
    compared = {contenders.learner: contenders.of(contenders.learner), **baselines}
    auroc = {
        name: measures.intervals(y, s, {"auroc": measures.auroc}, rounds=rounds)["auroc"]
        for name, s in compared.items()
    }
    return {
        "metrics": {name: asdict(interval) for name, interval in figures.items()},
        "auroc": {name: asdict(interval) for name, interval in auroc.items()},
        "calibration_error": measures.calibration_error(y, p),
        "calibration_by_chance": measures.calibration_by_chance(y, p),
        "calibration": measures.calibration(y, p),
        "gain_curve": {name: measures.gain_curve(y, s) for name, s in {serving: p, **compared}.items()},
        "people": len(y),
        "people_active": int(is_active.sum()) if is_active is not None else len(y),
        "positive_share": float(y.mean()),
    }


def _trained(
    model: Model, serving: BinaryScorer, verdict: Verdict, evaluation: dict[str, Any], parameters: Mapping[str, Any]
) -> Trained:
    words = {f.name: f.words for f in serving.scaler.features}
    coefficients = zip((f.name for f in serving.scaler.features), serving.linear.coefficients, strict=True)
    evaluation["coefficients"] = {words[name]: value for name, value in coefficients}
    figures = {name: measures.Interval(**interval) for name, interval in evaluation["metrics"].items()}
    figures |= {
        f"auroc_{name.replace(' + ', '_').replace(' ', '_')}": measures.Interval(**interval)
        for name, interval in evaluation["auroc"].items()
    }
    features = features_of(model, next(x for x in (*model.learners, *model.baselines) if x.name == serving.learner))
    return Trained(
        name=model.name,
        model=Served(serving),
        features=features.signature,
        predictions=(("score", "double"), ("reasons", "string")),
        feature_version=serving.feature_version,
        parameters={**parameters, "learner": serving.learner},
        metrics=measures.flat(figures) | {"calibration_error": evaluation["calibration_error"]},
        verdict=verdict,
        evaluation=evaluation,
    )


def _require_labels(
    model: Model, past: DataFrame, present: DataFrame, training: Sequence[date], evaluation: date
) -> dict[int, int]:
    dates = f"{min(training)} to {max(training)}"
    row_counts = require_two_classes(past, what=f"{model.name}, training dates {dates}", fix=MORE_HISTORY)
    require_two_classes(present, what=f"{model.name}, evaluation date {evaluation}", fix=MORE_HISTORY)
    return row_counts


def _collected(rows: DataFrame, name: str) -> pd.DataFrame:
    """The rows on the driver, in an order of their own; a sample by hash where there are very many."""
    columns = [c for c in rows.columns if c not in {"as_of_date", "user_id"}]
    ordered = rows.orderBy(F.xxhash64("user_id"), "user_id").limit(MOST_HELD_OUT)
    sample = ordered.select(*columns).toPandas()
    if sample.empty:
        raise TooFew(f"{name}: nobody to evaluate on.", fix="Choose another --as-of, or load more history.")
    return sample
