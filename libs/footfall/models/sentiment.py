"""Sentiment: the probability that a text is positive, from its stored vector. Pure functions of frames.

A new head costs no pass of the encoder. It is fitted on labelled texts that are no customer's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import ContractError, DataError
from footfall.models import measures
from footfall.models.featureset import Matrix
from footfall.models.logistic import LABEL, Linear, fit_linear, require_two_classes
from footfall.models.measures import Interval
from footfall.models.scaling import VECTOR
from footfall.models.shape import Gate, Served, Trained

NAME = "sentiment"
PENALTY = 1e-3
MOST_JUDGED = 100_000
SCORED = T.StructType(
    [T.StructField("sentiment", T.StringType()), T.StructField("positive_probability", T.DoubleType())]
)


@dataclass(frozen=True)
class SentimentModel:
    """Coefficients over the encoder's vector; its features are the encoder, so their version is its fingerprint."""

    feature_version: str
    linear: Linear

    def as_json(self) -> dict[str, Any]:
        """All that it is."""
        return {"kind": NAME, **asdict(self)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> SentimentModel:
        """The model that `as_json` told."""
        return cls(told["feature_version"], Linear(tuple(told["linear"]["coefficients"]), told["linear"]["intercept"]))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`sentiment` and `positive_probability` for the column `vector` (one list or array of floats a row)."""
        positive = self.linear.probability(self._matrix(frame["vector"]))
        said = np.where(positive >= 0.5, "positive", "negative")
        return pd.DataFrame({"sentiment": said, "positive_probability": positive}, index=frame.index)

    def _matrix(self, vectors: pd.Series) -> Matrix:
        wide = len(self.linear.coefficients)
        sizes = sorted({len(v) for v in vectors} - {wide})
        if sizes:
            raise DataError(
                f"the sentiment model reads vectors of {wide} numbers, these have {sizes}.",
                mend="Use vectors of the encoder that it was trained on.",
            )
        rows = [np.asarray(v, dtype=np.float64) for v in vectors]
        return np.stack(rows) if rows else np.empty((0, wide))


def train(
    labelled_texts: DataFrame,
    text_vectors: DataFrame,
    *,
    fingerprint: str,
    judged_share: float,
    min_accuracy_gain: float,
    bootstrap_rounds: int,
) -> Trained:
    """Fits on most of the labelled texts and judges on the others, beside the majority.

    The parts are cut by a hash of the text, so that they repeat; a text stands in one of them only, since
    labelled_texts has each once.
    """
    vectors = text_vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id", "vector")
    rows = labelled_texts.join(vectors, "text_id", "inner").select(
        (F.col("label") == "positive").cast("double").alias(LABEL),
        F.coalesce("language", F.lit("unknown")).alias("language"),
        "vector",
        (F.pmod(F.xxhash64("text"), F.lit(1000)) < F.lit(judged_share * 1000)).alias("is_judged"),
        F.xxhash64("text").alias("order"),
    )
    fitted, judged = rows.where(~F.col("is_judged")), rows.where("is_judged")
    mend = "Map a source with labels of both kinds into labelled_texts and run jobs/understand_text.py."
    counts = require_two_classes(fitted, what="sentiment, labelled texts with vectors", mend=mend)
    linear = fit_linear(
        fitted.orderBy("order").select(LABEL, array_to_vector(F.col("vector")).alias(VECTOR)),
        penalty=PENALTY,
        standardise=True,
    )
    model = SentimentModel(fingerprint, linear)
    told = evaluate(model, _collect(judged), majority_positive=counts[1] >= counts[0], rounds=bootstrap_rounds)
    parameters = {"texts_fitted": sum(counts.values()), "texts_judged": told["texts"], "penalty": PENALTY}
    found = {name: Interval(**interval) for name, interval in told["metrics"].items()}
    return Trained(
        name=NAME,
        model=Served(model),
        features=(("vector", "array<float>"),),
        predictions=(("sentiment", "string"), ("positive_probability", "double")),
        feature_version=fingerprint,
        parameters={**parameters, "encoder_fingerprint": fingerprint, "judged_share": judged_share},
        metrics=measures.flat(found),
        gates=gates(told, min_accuracy_gain=min_accuracy_gain),
        evaluation=told,
    )


def evaluate(model: SentimentModel, judged: pd.DataFrame, *, majority_positive: bool, rounds: int) -> dict[str, Any]:
    """Accuracy and AUROC with intervals, of all and by language; the gain over always saying the majority."""
    labels = judged[LABEL].to_numpy(dtype=np.int64)
    positive = model.predict(judged)["positive_probability"].to_numpy()
    measured = {"accuracy": measures.accuracy, "auroc": measures.auroc}
    found = measures.intervals(labels, positive, measured, rounds=rounds)
    majority = np.full(len(labels), float(majority_positive))
    found["accuracy_majority"] = measures.intervals(labels, majority, {"it": measures.accuracy}, rounds=rounds)["it"]
    for language in sorted(judged["language"].unique()):
        mine = (judged["language"] == language).to_numpy()
        by_language = measures.intervals(labels[mine], positive[mine], measured, rounds=rounds)
        found |= {f"{name}_{language}": interval for name, interval in by_language.items()}
    return {
        "metrics": {name: asdict(interval) for name, interval in found.items()},
        "calibration": measures.calibration(labels, positive),
        "texts": len(labels),
        "texts_by_language": {str(k): int(n) for k, n in judged["language"].value_counts().sort_index().items()},
    }


def gates(told: Mapping[str, Any], *, min_accuracy_gain: float) -> list[Gate]:
    """Even the low end of the accuracy's interval beats the majority."""
    ours, majority = told["metrics"]["accuracy"], told["metrics"]["accuracy_majority"]["value"]
    words = (
        f"accuracy {ours['value']:.3f} (95% interval from {ours['low']:.3f}) must exceed the majority's "
        f"{majority:.3f} by {min_accuracy_gain}"
    )
    return [Gate("beats_majority", bool(ours["low"] >= majority + min_accuracy_gain), words)]


def score_reviews(
    reviews: DataFrame, text_vectors: DataFrame, *, model: SentimentModel, model_version: str, fingerprint: str
) -> DataFrame:
    """Rows of results.text_insights: every review whose text has a vector of the encoder.

    Raises ContractError where the model was trained on another encoder's vectors.
    """
    if model.feature_version != fingerprint:
        raise ContractError(
            f"model {model_version} reads vectors of encoder {model.feature_version}, these are of {fingerprint}.",
            mend="Run jobs/train.py --model sentiment, then understand the texts again.",
        )
    vectors = text_vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id", "vector")
    keep = ("review_id", "event_time", "event_date", "known_at", "actor_id", "item_id", "text_id")
    rows = reviews.select(*keep).join(vectors, "text_id", "inner").select(*keep, "vector")
    schema = T.StructType([f for f in rows.schema.fields if f.name != "vector"] + SCORED.fields)

    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield pd.concat([batch.drop(columns="vector"), model.predict(batch)], axis=1)

    told = rows.mapInPandas(predict, schema)
    return told.withColumn("model_version", F.lit(model_version)).withColumn("encoder_fingerprint", F.lit(fingerprint))


def _collect(judged: DataFrame) -> pd.DataFrame:
    found = judged.orderBy("order").limit(MOST_JUDGED).select(LABEL, "language", "vector").toPandas()
    if found.empty:
        raise DataError(
            "sentiment: no labelled text is left to judge.",
            mend="Map more labelled texts, or raise the setting sentiment.judged_share.",
        )
    return found
