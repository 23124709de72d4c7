"""Fits intents on most of the labelled messages and evaluates them on the others, beside key words and n-grams. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import TooFew
from footfall.models.common import measures
from footfall.models.common.gates import Contenders, Verdict, decide
from footfall.models.common.labelled import labelled_rows
from footfall.models.common.measures import Interval
from footfall.models.common.runs import TrainingRun
from footfall.models.common.text_folds import FOLDS, fit_all_on_folds
from footfall.models.common.text_head import NGRAMS, PARTS, STRENGTH, VECTORS
from footfall.models.common.trained import Served, Trained
from footfall.models.intents.evaluation import IntentPredictions, evaluate, metrics, places, threshold_for
from footfall.models.intents.key_words import by_words
from footfall.models.intents.model import CLASSES, NEVER, IntentsModel, best_answer
from footfall.tables import LABELLED_TICKETS, TEXT_VECTORS
from footfall.text.normal import normalise_text

FITTED = {**STRENGTH, VECTORS: 1e-2}  # nine intents want more of the vectors than three sentiments do
LEARNER, KEY_WORDS = "vectors + n-grams", "key words"
VARIANTS = {LEARNER: PARTS, "n-grams": (NGRAMS,)}
LEAST_TEXTS = 2 * FOLDS
MOST_TEXTS = 100_000


def rows(run: TrainingRun) -> DataFrame:
    """The labelled messages that the encoder has read, with their vectors."""
    return labelled_rows(
        run.frame(LABELLED_TICKETS), run.frame(TEXT_VECTORS), fingerprint=run.encoder_fingerprint(), label="intent"
    )


def train(frame: DataFrame, run: TrainingRun) -> Trained:
    """Lets the contender serve that the gates let.

    The held-out messages are cut by a hash of the text, so that they repeat; labelled_tickets has each text once.
    """
    settings, fingerprint = run.settings, run.encoder_fingerprint()
    fitted, held_out = cut(frame, settings["held_out_share"])
    models = fit_variants(fitted, fingerprint=fingerprint, min_precision=settings["min_precision"])
    models[KEY_WORDS] = by_key_words(fitted, fingerprint=fingerprint, min_precision=settings["min_precision"])
    verdict = decide_intents(models, fitted, held_out, run)
    serving = models.get(verdict.name, models[LEARNER])
    predictions = predicted(serving, models, held_out, fitted)
    evaluation = evaluate(predictions, rounds=run.bootstrap_rounds)
    figures = {name: Interval(**interval) for name, interval in evaluation["metrics"].items()}
    figures |= {
        f"{measure}_{name.replace(' ', '_').replace('-', '')}": Interval(**interval)
        for name, of_baseline in evaluation["baselines"].items()
        for measure, interval in of_baseline.items()
    }
    return Trained(
        name="intents",
        model=Served(serving),
        features=(("text", "string"), ("vector", "array<float>")),
        predictions=(("intent", "string"), ("intent_probability", "double")),
        feature_version=fingerprint,
        parameters={
            "learner": serving.learner, "texts_fitted": len(fitted), "texts_held_out": len(held_out),
            "threshold": serving.threshold, "held_out_share": settings["held_out_share"],
            "min_precision": settings["min_precision"], "encoder_fingerprint": fingerprint,
        },
        metrics={**measures.flat(figures), "calibration_error": evaluation["calibration_error"]},
        verdict=verdict,
        evaluation=evaluation,
    )  # fmt: skip


def cut(frame: DataFrame, held_out_share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The messages to fit on and those held out, on the driver: text (normalised), language, intent, vector."""
    is_held_out = F.pmod(F.xxhash64("text"), F.lit(1000)) < F.lit(held_out_share * 1000)
    marked = frame.withColumnRenamed("label", "intent").withColumn("is_held_out", is_held_out)
    messages = marked.orderBy(F.xxhash64("text"), "text").limit(MOST_TEXTS).toPandas()
    messages["text"] = normalise_text(messages["text"])
    held_out = messages["is_held_out"].astype(bool)
    _require_enough(messages[~held_out], messages[held_out])
    return messages[~held_out], messages[held_out]


def fit_variants(
    fitted: pd.DataFrame, *, fingerprint: str, min_precision: float, names: Sequence[str] = tuple(VARIANTS)
) -> dict[str, IntentsModel]:
    """A model of what occurs of CLASSES for each of these VARIANTS; thresholds are chosen on texts that heads had not seen.

    `fitted` has text (normalised), vector and intent, in an order that says nothing of them.
    """
    classes = [intent for intent in CLASSES if intent in set(fitted["intent"])]
    codes = places(fitted["intent"].tolist(), classes)
    on_folds = fit_all_on_folds(
        fitted["text"].tolist(), fitted["vector"].tolist(), codes, classes=classes,
        variants={name: VARIANTS[name] for name in names}, strength=FITTED,
    )  # fmt: skip
    models = {}
    for name, of_variant in on_folds.items():
        intents = IntentsModel(name, fingerprint, NEVER, of_variant.head).intents
        answers, probability = best_answer(of_variant.unseen, intents)
        threshold = threshold_for(answers == codes, probability, min_precision=min_precision)
        models[name] = IntentsModel(name, fingerprint, threshold, of_variant.head)
    return models


def by_key_words(messages: pd.DataFrame, *, fingerprint: str, min_precision: float) -> IntentsModel:
    """The baseline of key words; it answers only if surely `min_precision` of its answers to the messages are right."""
    hits = np.array(
        [by_words(text) == intent for text, intent in zip(messages["text"], messages["intent"], strict=True)]
    )
    threshold = threshold_for(hits, np.ones(len(hits)), min_precision=min_precision)
    return IntentsModel(KEY_WORDS, fingerprint, threshold, None)


def decide_intents(
    models: Mapping[str, IntentsModel], fitted: pd.DataFrame, held_out: pd.DataFrame, run: TrainingRun
) -> Verdict:
    """The verdict over the contenders and the champion on the held-out messages."""
    intents = models[LEARNER].intents
    outcomes = places(held_out["intent"].tolist(), intents)
    known = places(fitted["intent"].tolist(), intents)
    commonest = np.bincount(known[known >= 0]).argmax()
    champion = run.champion
    predictions = {name: answers(model, held_out, intents) for name, model in models.items()}
    contenders = Contenders(
        outcomes=outcomes,
        learner=LEARNER,
        predictions=predictions,
        baselines=tuple(name for name in models if name != LEARNER),
        trivial=np.column_stack([np.full(len(outcomes), commonest), np.zeros(len(outcomes))]),
        champion=answers(champion.fitted, held_out, intents) if champion else None,
        champion_name=champion.version if champion else "",
        objection="" if predictions[LEARNER][:, 1].any() else "it answers no message",
    )
    return decide(
        contenders, gates=run.model.gates, metrics=metrics(run.settings["min_precision"]), settings=run.settings,
        max_champion_loss=run.max_champion_loss, rounds=run.bootstrap_rounds,
    )  # fmt: skip


def answers(model: IntentsModel, messages: pd.DataFrame, intents: tuple[str, ...]) -> Any:
    """float64[n, 2]: the place of the likeliest intent among `intents`, and whether it is answered at all."""
    likeliest, probability = model.likeliest(messages["text"].tolist(), messages["vector"].tolist())
    ours = places([model.intents[place] for place in likeliest], intents)
    return np.column_stack([ours, probability >= model.threshold]).astype(np.float64)


def predicted(
    model: IntentsModel, models: Mapping[str, IntentsModel], held_out: pd.DataFrame, fitted: pd.DataFrame
) -> IntentPredictions:
    """What the serving model and its baselines predict of the held-out messages, for the figures."""
    intents = model.intents
    likeliest, probability = model.likeliest(held_out["text"].tolist(), held_out["vector"].tolist())
    known = places(fitted["intent"].tolist(), intents)
    baselines = {"majority": np.full(len(held_out), np.bincount(known[known >= 0]).argmax())}
    baselines |= {
        name: answers(models[name], held_out, intents)[:, 0].astype(np.int64) for name in (KEY_WORDS, "n-grams")
    }
    labels, languages = places(held_out["intent"].tolist(), intents), held_out["language"].to_numpy(dtype=np.str_)
    return IntentPredictions(labels, likeliest, probability, probability >= model.threshold, baselines, languages)


def _require_enough(fitted: pd.DataFrame, held_out: pd.DataFrame) -> None:
    """Raises TooFew where an intent has too few messages to fit, or none is left to evaluate on."""
    counts = fitted["intent"].value_counts()
    few = [f"{intent} has {counts.get(intent, 0)}" for intent in CLASSES
           if intent in {*fitted["intent"], *held_out["intent"]} and counts.get(intent, 0) < LEAST_TEXTS]  # fmt: skip
    faults = [f"{', '.join(few)} to fit on, each needs {LEAST_TEXTS}"] if few else []
    faults += ["there is one intent only"] if len(counts) == 1 else []
    faults += ["none is left to evaluate on"] if held_out.empty else []
    faults = faults if len(fitted) else ["there are none to fit on"]
    if faults:
        raise TooFew(
            f"intents, labelled messages with vectors: {'; '.join(faults)}.",
            fix="Map a source with messages and their intents into labelled_tickets and run jobs/understand_text.py; "
            "the setting intents.held_out_share says how many are held out.",
        )
