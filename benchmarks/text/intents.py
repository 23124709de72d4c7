"""How well intents of messages are told: ours beside its baselines, on messages that nothing was fitted or chosen on.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.intents

It learns from examples/shop/tickets.json and is judged on benchmarks/text/labels/intents_judged.jsonl.
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
    """The messages to train on, in an order that says nothing of them."""
    told = json.loads(TO_FIT.read_text("utf-8"))["labelled"]
    rows = [(normalise(text), intent, language)
            for intent, languages in told.items() for language, texts in languages.items() for text in texts]  # fmt: skip
    return _with_vectors(rows, encode).sample(frac=1, random_state=17, ignore_index=True)


def to_judge(encode: Encode) -> pd.DataFrame:
    """The messages to judge on; the intent is empty where nobody can say."""
    lines = labels("intents_judged.jsonl")
    return _with_vectors([(normalise(line["text"]), line["intent"], line["language"]) for line in lines], encode)


def rows(encode: Encode, *, rounds: int = ROUNDS) -> list[Row]:
    """Figures of the model, its baselines and the frozen encoder alone, each with its 95% bootstrap interval."""
    fitted, asked = to_fit(encode), to_judge(encode)
    models = {name: intents.fit(fitted, name, fingerprint="", min_precision=MIN_PRECISION) for name in intents.VARIANTS}
    models["key words"] = IntentsModel("key words", "", 0.0, None)
    judged = intents.predicted(models[intents.LEARNER], models, asked, fitted)
    baselines = {**judged.baselines, "frozen encoder": _by_vectors(fitted, asked)}
    judged = replace(judged, baselines=baselines)
    told = evaluate(judged, rounds=rounds)
    every = {"all": len(asked), **told["texts_by_language"]}
    has_intent = judged.labels != NO_INTENT
    clear = {part: int(has_intent[(judged.languages == part) | (part == "all")].sum()) for part in every}
    found: list[Row] = []
    for name, of_baseline in told["baselines"].items():
        found += [
            Row(TASK, name, measure, i["value"], i["low"], i["high"], clear["all"])
            for measure, i in of_baseline.items()
        ]
    for name, i in told["metrics"].items():
        part = name.rsplit("_", 1)[-1] if name.rsplit("_", 1)[-1] in every else "all"
        of = {"precision": every[part], "unclear_left": every[part] - clear[part]}
        count = of.get(name.removesuffix(f"_{part}"), clear[part])
        found.append(Row(TASK, "ours", name, i["value"], i["low"], i["high"], count))
    return found


def _by_vectors(fitted: pd.DataFrame, asked: pd.DataFrame) -> npt.NDArray[np.int64]:
    """What logistic regression on the vectors alone takes to be the likeliest intent."""
    classes = [intent for intent in CLASSES if intent in set(fitted["intent"])]
    codes = places(fitted["intent"].tolist(), classes)
    texts, vectors = (fitted[column].tolist() for column in ("text", "vector"))
    made = fit_on_folds(texts, vectors, codes, classes=classes, parts=(VECTORS,), strength=intents.FITTED)
    found = made.head.probability(asked["text"].tolist(), asked["vector"].tolist())
    return found[:, : len(INTENTS)].argmax(axis=1)


def _with_vectors(rows: Sequence[tuple[str, str, str]], encode: Encode) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["text", "intent", "language"])
    return frame.assign(vector=list(encode(frame["text"].tolist()).astype(np.float64)))


if __name__ == "__main__":
    print(markdown(rows(vectors_of)))
