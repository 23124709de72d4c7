"""How well intents of messages are predicted: ours beside its baselines, on held-out messages.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.intents

It trains on examples/shop/tickets.json and evaluates on benchmarks/text/labels/intents_evaluation.jsonl.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from benchmarks.text.table import ROOT, Encode, Row, labels, markdown, vectors_of

from footfall.models.common.text_folds import fit_on_folds
from footfall.models.common.text_head import VECTORS
from footfall.models.intents import training as intents
from footfall.models.intents.evaluation import NO_INTENT, evaluate, places
from footfall.models.intents.model import CLASSES, IntentsModel
from footfall.tables.tickets import INTENTS
from footfall.text.normal import normalise

TRAINING = ROOT / "examples" / "shop" / "tickets.json"
TASK = "intents of messages"
ROUNDS = 400
MIN_PRECISION = 0.9


def training_messages(encode: Encode) -> pd.DataFrame:
    """The messages to train on: text (normalised), intent, language, vector; in random order."""
    texts_by_intent = json.loads(TRAINING.read_text("utf-8"))["labelled"]
    rows = [(normalise(text), intent, language)
            for intent, languages in texts_by_intent.items() for language, texts in languages.items() for text in texts]  # fmt: skip
    return _with_vectors(rows, encode).sample(frac=1, random_state=17, ignore_index=True)


def held_out_messages(encode: Encode) -> pd.DataFrame:
    """The messages to evaluate on, with the same columns; the intent is empty where a reader could not say it."""
    lines = labels("intents_evaluation.jsonl")
    return _with_vectors([(normalise(line["text"]), line["intent"], line["language"]) for line in lines], encode)


def rows(encode: Encode, *, rounds: int = ROUNDS) -> list[Row]:
    """Figures of the model, its baselines and the frozen encoder alone, each with its 95% bootstrap interval."""
    training, held_out = training_messages(encode), held_out_messages(encode)
    models = intents.fit_variants(training, fingerprint="", min_precision=MIN_PRECISION)
    models["key words"] = IntentsModel("key words", "", 0.0, None)
    predictions = intents.predicted(models[intents.LEARNER], models, held_out, training)
    baselines = {**predictions.baselines, "frozen encoder": _by_vectors(training, held_out)}
    predictions = replace(predictions, baselines=baselines)
    evaluation = evaluate(predictions, rounds=rounds)
    counts = {"all": len(held_out), **evaluation["texts_by_language"]}
    has_intent = predictions.labels != NO_INTENT
    clear = {part: int(has_intent[(predictions.languages == part) | (part == "all")].sum()) for part in counts}
    figures: list[Row] = []
    for name, of_baseline in evaluation["baselines"].items():
        figures += [
            Row(TASK, name, measure, i["value"], i["low"], i["high"], clear["all"])
            for measure, i in of_baseline.items()
        ]
    for name, i in evaluation["metrics"].items():
        part = name.rsplit("_", 1)[-1] if name.rsplit("_", 1)[-1] in counts else "all"
        other_counts = {"precision": counts[part], "unclear_left": counts[part] - clear[part]}
        count = other_counts.get(name.removesuffix(f"_{part}"), clear[part])
        figures.append(Row(TASK, "ours", name, i["value"], i["low"], i["high"], count))
    return figures


def _by_vectors(training: pd.DataFrame, held_out: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The place of each message's likeliest intent by logistic regression on the vectors alone."""
    classes = [intent for intent in CLASSES if intent in set(training["intent"])]
    codes = places(training["intent"].tolist(), classes)
    texts, vectors = (training[column].tolist() for column in ("text", "vector"))
    on_folds = fit_on_folds(texts, vectors, codes, classes=classes, parts=(VECTORS,), strength=intents.FITTED)
    probabilities = on_folds.head.probability(held_out["text"].tolist(), held_out["vector"].tolist())
    return np.asarray(probabilities[:, : len(INTENTS)].argmax(axis=1))


def _with_vectors(rows: Sequence[tuple[str, str, str]], encode: Encode) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["text", "intent", "language"])
    return frame.assign(vector=list(encode(frame["text"].tolist()).astype(np.float64)))


if __name__ == "__main__":
    print(markdown(rows(vectors_of)))
