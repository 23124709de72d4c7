"""Clauses labelled by hand, and clauses without labels. Reads labels/."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
from benchmarks.text.sentences import chinese_sentences, key_of
from benchmarks.text.table import LABELS, labels

from footfall.text.clauses import split_clauses
from footfall.text.normal import normalise

LONGEST = 120  # characters; a longer piece is a text without punctuation, not a clause
NINE = ("quality", "price", "delivery", "service", "packaging", "look", "fit", "taste", "ease_of_use")


@dataclass(frozen=True)
class LabelledClause:
    """A labelled clause: its aspects, or its sentiment and that of its review."""

    clause: str
    aspects: dict[str, str]
    sentiment: str = ""
    review: str = ""


@cache
def _texts() -> dict[str, str]:
    return {sentence.key: normalise(sentence.text) for sentence in chinese_sentences()}


def labelled(name: str) -> list[LabelledClause]:
    """The clauses of labels/<name>.jsonl; raises ValueError where one no longer stands where it was labelled."""
    clauses = []
    for line in (LABELS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        clause = (row["text"] if "text" in row else _texts()[row["key"]])[row["start"] : row["end"]]
        if key_of(clause) != row.get("clause_key", row["key"]):
            raise ValueError(f"{name}: the clause of sentence {row['key']} at {row['start']} is not the one labelled")
        clauses.append(LabelledClause(clause, row.get("aspects", {}), row.get("sentiment", ""), row.get("review", "")))
    return clauses


def training_clauses() -> list[LabelledClause]:
    """Clauses to train on: Chinese ones of sentences that are not held out, and our own; with the nine aspects alone."""
    own = [LabelledClause(normalise(row["text"]), row["aspects"]) for row in labels("aspects_own_training.jsonl")]
    clauses = [*labelled("aspects_zh_training"), *own]
    return [
        replace(row, aspects={aspect: sentiment for aspect, sentiment in row.aspects.items() if aspect in NINE})
        for row in clauses
    ]


@dataclass(frozen=True)
class UnlabelledClauses:
    """Clauses of sentences that are not held out, each once, with the label of the first review that it occurs in."""

    clauses: list[str]
    review_labels: list[str]
    is_kept: npt.NDArray[np.bool_]  # those of a fifth of the sentences, which a head is calibrated on


def unlabelled_clauses(limit: int) -> UnlabelledClauses:
    """The first `limit` by the hash of their sentence, so that any number is a fair draw."""
    label_and_kept: dict[str, tuple[str, bool]] = {}
    for sentence in chinese_sentences():
        if sentence.is_held_out:
            continue
        text = _texts()[sentence.key]
        for start, end in split_clauses(text):
            if end - start <= LONGEST:
                label_and_kept.setdefault(text[start:end], (sentence.label, _is_kept(sentence.key)))
        if len(label_and_kept) >= limit:
            break
    review_labels, is_kept = zip(*label_and_kept.values(), strict=True)
    return UnlabelledClauses([*label_and_kept], list(review_labels), np.array(is_kept))


def _is_kept(key: str) -> bool:
    return hashlib.sha256(key.encode()).digest()[0] < 51
