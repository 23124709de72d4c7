"""How well intents of messages are told: ours beside its baselines, on messages that nothing was fitted or chosen on.

Reads .cache/models, examples/shop/tickets.json (to fit on) and benchmarks/text/labels/intents_judged.jsonl. Prints the table:
`PYTHONPATH=libs:. python benchmarks/text/intents.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from footfall.models import intents
from footfall.models.intents_judged import NO_INTENT, evaluate, places
from footfall.models.text_folds import fit_on_folds
from footfall.models.text_head import VECTORS
from footfall.settings import resolve
from footfall.tables.tickets import INTENTS
from footfall.text.device import choose_device
from footfall.text.encoder import load_encoder
from footfall.text.normal import normalise
from footfall.text.spec import EncoderSpec

ROOT = Path(__file__).resolve().parents[2]
TO_FIT = ROOT / "examples" / "shop" / "tickets.json"
TO_JUDGE = ROOT / "benchmarks" / "text" / "labels" / "intents_judged.jsonl"
TASK = "intents of messages"
ROUNDS = 400
MIN_PRECISION = 0.9
Row = tuple[str, str, str, float, float, float, int]  # task, method, measure, value, low, high, texts
Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]


def to_fit(encode: Encode) -> pd.DataFrame:
    """The messages to train on, in an order that says nothing of them."""
    told = json.loads(TO_FIT.read_text("utf-8"))["labelled"]
    rows = [(normalise(text), intent, language)
            for intent, languages in told.items() for language, texts in languages.items() for text in texts]  # fmt: skip
    return _with_vectors(rows, encode).sample(frac=1, random_state=17, ignore_index=True)


def to_judge(encode: Encode) -> pd.DataFrame:
    """The messages to judge on; the intent is empty where nobody can say."""
    lines = [json.loads(line) for line in TO_JUDGE.read_text("utf-8").splitlines()]
    return _with_vectors([(normalise(line["text"]), line["intent"], line["language"]) for line in lines], encode)


def rows(encode: Encode, *, rounds: int = ROUNDS) -> list[Row]:
    """Figures of the model, its baselines and the frozen encoder alone, each with its 95% bootstrap interval."""
    fitted, asked = to_fit(encode), to_judge(encode)
    model = intents.fit(fitted, fingerprint="", min_precision=MIN_PRECISION)
    judged = intents.judged(model, asked, fitted)
    judged = replace(judged, others={**judged.others, "frozen encoder": _by_vectors(fitted, asked, model.head.classes)})
    told = evaluate(judged, rounds=rounds)
    every = {"all": len(asked), **told["texts_by_language"]}
    has_intent = judged.labels != NO_INTENT
    clear = {part: int(has_intent[(judged.languages == part) | (part == "all")].sum()) for part in every}
    found: list[Row] = []
    for name, of_baseline in told["baselines"].items():
        found += [(TASK, name, measure, *i.values(), clear["all"]) for measure, i in of_baseline.items()]
    for name, i in told["metrics"].items():
        part = name.rsplit("_", 1)[-1] if name.rsplit("_", 1)[-1] in every else "all"
        of = {"precision": every[part], "unclear_left": every[part] - clear[part]}
        found.append((TASK, "ours", name, *i.values(), of.get(name.removesuffix(f"_{part}"), clear[part])))
    return found


def _by_vectors(fitted: pd.DataFrame, asked: pd.DataFrame, classes: Sequence[str]) -> npt.NDArray[np.int64]:
    """What logistic regression on the vectors alone takes to be the likeliest intent."""
    codes = places(fitted["intent"].tolist(), classes)
    texts, vectors = (fitted[column].tolist() for column in ("text", "vector"))
    made = fit_on_folds(texts, vectors, codes, classes=classes, parts=(VECTORS,), strength=intents.FITTED)
    found = made.head.probability(asked["text"].tolist(), asked["vector"].tolist())
    return found[:, : len(INTENTS)].argmax(axis=1)


def encode_with_default() -> Encode:
    """The encoder of conf/base.yaml on this machine, in fp32 on the CPU."""
    text = resolve(ROOT / "conf", "local", {}).text.model_dump(exclude={"tasks"})
    spec = EncoderSpec(**{**text, "encoder": str(ROOT / text["encoder"]), "number_type": "fp32", "device": "cpu"})
    encoder = load_encoder(spec, choose_device(spec, addresses=(), environ={}, gpu_count=0))
    return lambda texts: encoder.encode(texts).vectors


def table(found: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = ["| task | method | measure | value | 95% interval | texts |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {t} | {m} | {name} | {v:.3f} | {low:.3f} to {high:.3f} | {n} |" for t, m, name, v, low, high, n in found
    ]
    return "\n".join(lines)


def _with_vectors(rows: Sequence[tuple[str, str, str]], encode: Encode) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["text", "intent", "language"])
    return frame.assign(vector=list(encode(frame["text"].tolist()).astype(np.float64)))


if __name__ == "__main__":
    print(table(rows(encode_with_default())))
