"""Quality of the intents of messages: ours beside its baselines, on messages that nothing was fitted or chosen on.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.intents

It learns from examples/shop/tickets.json and is evaluated on benchmarks/text/labels/intents_evaluation.jsonl.
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

TO_FIT = ROOT / "examples" / "shop" / "tickets.json"
TASK = "intents of messages"
ROUNDS = 400
MIN_PRECISION = 0.9


def to_fit(encode: Encode) -> pd.DataFrame:
    """The messages to train on, in random order."""
    messages = json.loads(TO_FIT.read_text("utf-8"))["labelled"]
    rows = [(normalise(text), intent, language)
            for intent, languages in messages.items() for language, texts in languages.items() for text in texts]  # fmt: skip
    return _with_vectors(rows, encode).sample(frac=1, random_state=17, ignore_index=True)


def to_evaluate(encode: Encode) -> pd.DataFrame:
    """The messages to evaluate on; the intent is empty where nobody can tell it."""
    lines = labels("intents_evaluation.jsonl")
    return _with_vectors([(normalise(line["text"]), line["intent"], line["language"]) for line in lines], encode)


def rows(encode: Encode, *, rounds: int = ROUNDS) -> list[Row]:
    """Figures of the model, its baselines and the frozen encoder alone, each with its 95% bootstrap interval."""
    fitted, held_out = to_fit(encode), to_evaluate(encode)
    models = {name: intents.fit(fitted, name, fingerprint="", min_precision=MIN_PRECISION) for name in intents.VARIANTS}
    models["key words"] = IntentsModel("key words", "", 0.0, None)
    predictions = intents.predicted(models[intents.LEARNER], models, held_out, fitted)
    baselines = {**predictions.baselines, "frozen encoder": _by_vectors(fitted, held_out)}
    predictions = replace(predictions, baselines=baselines)
    evaluation = evaluate(predictions, rounds=rounds)
    every = {"all": len(held_out), **evaluation["texts_by_language"]}
    has_intent = predictions.labels != NO_INTENT
    clear = {part: int(has_intent[(predictions.languages == part) | (part == "all")].sum()) for part in every}
    results: list[Row] = []
    for name, of_baseline in evaluation["baselines"].items():
        results += [
            Row(TASK, name, measure, i["value"], i["low"], i["high"], clear["all"])
            for measure, i in of_baseline.items()
        ]
    for name, i in evaluation["metrics"].items():
        part = name.rsplit("_", 1)[-1] if name.rsplit("_", 1)[-1] in every else "all"
        of = {"precision": every[part], "unclear_left": every[part] - clear[part]}
        count = of.get(name.removesuffix(f"_{part}"), clear[part])
        results.append(Row(TASK, "ours", name, i["value"], i["low"], i["high"], count))
    return results


def _by_vectors(fitted: pd.DataFrame, held_out: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The likeliest intent by logistic regression on the vectors alone."""
    classes = [intent for intent in CLASSES if intent in set(fitted["intent"])]
    codes = places(fitted["intent"].tolist(), classes)
    texts, vectors = (fitted[column].tolist() for column in ("text", "vector"))
    trained = fit_on_folds(texts, vectors, codes, classes=classes, parts=(VECTORS,), strength=intents.FITTED)
    probabilities = trained.head.probability(held_out["text"].tolist(), held_out["vector"].tolist())
    return probabilities[:, : len(INTENTS)].argmax(axis=1)


def _with_vectors(rows: Sequence[tuple[str, str, str]], encode: Encode) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["text", "intent", "language"])
    return frame.assign(vector=list(encode(frame["text"].tolist()).astype(np.float64)))


if __name__ == "__main__":
    print(markdown(rows(vectors_of)))
