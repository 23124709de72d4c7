"""Intents: what the writer of a message to the shop wants, or that nobody can say; from text and stored vector. Pure.

A new head costs no pass of the encoder. It is fitted on labelled messages that are no customer's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import TooFew
from footfall.models.common import measures
from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Interval, Labels
from footfall.models.common.text_folds import FOLDS, fit_on_folds
from footfall.models.common.text_head import NGRAMS, STRENGTH, VECTORS, TextHead
from footfall.models.common.trained import Served, Trained
from footfall.models.intents.evaluation import NEVER, IntentPredictions, evaluate, gates, places, threshold_for
from footfall.models.intents.key_words import by_words
from footfall.tables.tickets import INTENTS, UNCLEAR
from footfall.text.normal import normalise_text

NAME = "intents"
UNKNOWN = "unknown"  # goes to a person
CLASSES = (*INTENTS, UNCLEAR)
FITTED = {**STRENGTH, VECTORS: 1e-2}  # nine intents want more of the vectors than a mood does
LEAST_TEXTS = 2 * FOLDS
MOST_TEXTS = 100_000


@dataclass(frozen=True)
class IntentsModel:
    """A head over vector and n-grams, and the probability below which it does not know."""

    feature_version: str
    threshold: float
    head: TextHead

    def as_json(self) -> dict[str, Any]:
        """All that it is; no word of a text."""
        told = {"feature_version": self.feature_version, "threshold": self.threshold}
        return {"kind": NAME, **told, "head": self.head.as_json()}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> IntentsModel:
        """The model that `as_json` told."""
        return cls(told["feature_version"], told["threshold"], TextHead.from_json(told["head"]))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`intent`, or UNKNOWN, and `intent_probability`, that of the likeliest, for the columns `text` and `vector`."""
        told, probability = self.likeliest(normalise_text(frame["text"]).fillna("").tolist(), frame["vector"].tolist())
        names = np.array(self.intents, dtype=object)[told]
        said = np.where(probability >= self.threshold, names, UNKNOWN)
        return pd.DataFrame({"intent": said, "intent_probability": probability}, index=frame.index)

    @property
    def intents(self) -> tuple[str, ...]:
        """What it can answer: its classes without UNCLEAR, which comes last where it was trained on such messages."""
        return tuple(name for name in self.head.classes if name != UNCLEAR)

    def likeliest(self, texts: Sequence[str], vectors: npt.ArrayLike) -> tuple[Labels, Matrix]:
        """The place of the likeliest intent and its probability; `texts` are normalised."""
        return _best(self.head.probability(texts, vectors), self.intents)


def train(
    labelled_tickets: DataFrame,
    text_vectors: DataFrame,
    *,
    fingerprint: str,
    judged_share: float,
    min_precision: float,
    bootstrap_rounds: int,
) -> Trained:
    """Fits on most of the labelled messages and judges on the others, beside majority, key words and n-grams.

    The parts are cut by a hash of the text, so that they repeat; a text stands in one of them only, since
    labelled_tickets has each once.
    """
    vectors = text_vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id", "vector")
    asked = labelled_tickets.join(vectors, "text_id", "inner").select(
        "text", F.coalesce("language", F.lit("unknown")).alias("language"), "intent", "vector",
        (F.pmod(F.xxhash64("text"), F.lit(1000)) < F.lit(judged_share * 1000)).alias("is_judged"),
    )  # fmt: skip
    rows = asked.orderBy(F.xxhash64("text"), "text").limit(MOST_TEXTS).toPandas()
    rows["text"] = normalise_text(rows["text"])
    fitted, held = rows[~rows["is_judged"]], rows[rows["is_judged"]]
    _require_enough(fitted, held)
    model = fit(fitted, fingerprint=fingerprint, min_precision=min_precision)
    told = evaluate(judged(model, held, fitted), rounds=bootstrap_rounds)
    figures = {name: Interval(**interval) for name, interval in told["metrics"].items()}
    figures |= {f"{m}_{name}": Interval(**i) for name, found in told["baselines"].items() for m, i in found.items()}
    parameters = {"texts_fitted": len(fitted), "texts_judged": len(held), "threshold": model.threshold}
    asked_for = {"judged_share": judged_share, "min_precision": min_precision, "encoder_fingerprint": fingerprint}
    return Trained(
        name=NAME,
        model=Served(model),
        features=(("text", "string"), ("vector", "array<float>")),
        predictions=(("intent", "string"), ("intent_probability", "double")),
        feature_version=fingerprint,
        parameters={**parameters, **asked_for},
        metrics={**measures.flat(figures), "calibration_error": told["calibration_error"]},
        gates=gates(told, min_precision=min_precision),
        evaluation=told,
    )


def fit(fitted: pd.DataFrame, *, fingerprint: str, min_precision: float) -> IntentsModel:
    """A model of what occurs of CLASSES; its threshold is chosen on what heads said of texts that they had not seen.

    `fitted` has text (normalised), vector and intent, in an order that says nothing of them.
    """
    classes = [intent for intent in CLASSES if intent in set(fitted["intent"])]
    codes = places(fitted["intent"].tolist(), classes)
    made = fit_on_folds(fitted["text"].tolist(), fitted["vector"].tolist(), codes, classes=classes, strength=FITTED)
    model = IntentsModel(fingerprint, NEVER, made.head)
    told, probability = _best(made.unseen, model.intents)
    return replace(model, threshold=threshold_for(told == codes, probability, min_precision=min_precision))


def judged(model: IntentsModel, held: pd.DataFrame, fitted: pd.DataFrame) -> IntentPredictions:
    """What the model and its baselines say of the messages `held`; `fitted` is what all of them learn from."""
    classes, intents = model.head.classes, model.intents
    texts, vectors = held["text"].tolist(), held["vector"].tolist()
    told, probability = model.likeliest(texts, vectors)
    known = places(fitted["intent"].tolist(), classes)
    ngrams = fit_on_folds(
        fitted["text"].tolist(), fitted["vector"].tolist(), known, classes=classes, parts=(NGRAMS,)
    ).head
    others = {
        "majority": np.full(len(held), np.bincount(known)[: len(intents)].argmax()),
        "key_words": places([by_words(text) for text in texts], intents),
        "ngrams": _best(ngrams.probability(texts, vectors), intents)[0],
    }
    labels, languages = places(held["intent"].tolist(), intents), held["language"].to_numpy(dtype=np.str_)
    return IntentPredictions(labels, told, probability, probability >= model.threshold, others, languages)


def _best(found: Matrix, intents: Sequence[str]) -> tuple[Labels, Matrix]:
    """Place and probability of the likeliest intent, by probabilities of which UNCLEAR, if there, is the last."""
    answers = found[:, : len(intents)]
    return answers.argmax(axis=1), answers.max(axis=1)


def _require_enough(fitted: pd.DataFrame, held: pd.DataFrame) -> None:
    """Raises TooFew where an intent has too few messages to fit, or none is left to judge."""
    counts = fitted["intent"].value_counts()
    few = [f"{intent} has {counts.get(intent, 0)}" for intent in CLASSES
           if intent in {*fitted["intent"], *held["intent"]} and counts.get(intent, 0) < LEAST_TEXTS]  # fmt: skip
    faults = [f"{', '.join(few)} to fit on, each needs {LEAST_TEXTS}"] if few else []
    faults += ["there is one intent only"] if len(counts) == 1 else []
    faults += ["none is left to judge"] if held.empty else []
    faults = faults if len(fitted) else ["there are none to fit on"]
    if faults:
        raise TooFew(
            f"intents, labelled messages with vectors: {'; '.join(faults)}.",
            fix="Map a source with messages and their intents into labelled_tickets and run jobs/understand_text.py; "
            "the setting intents.judged_share says how many are kept to judge.",
        )
