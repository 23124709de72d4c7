"""Clauses labelled by hand, and the many that nobody labelled. Reads labels/."""

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

LONGEST = 120  # characters; what is longer is no clause but a text without a mark
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
    found = []
    for line in (LABELS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        clause = (told["text"] if "text" in told else _texts()[told["key"]])[told["start"] : told["end"]]
        if key_of(clause) != told.get("clause_key", told["key"]):
            raise ValueError(f"{name}: the clause of sentence {told['key']} at {told['start']} is not the one labelled")
        found.append(LabelledClause(clause, told.get("aspects", {}), told.get("sentiment", ""), told.get("review", "")))
    return found


def taught() -> list[LabelledClause]:
    """Clauses to train on, Chinese ones of sentences that are not judged and our own, which know the nine aspects only."""
    own = [LabelledClause(normalise(row["text"]), row["aspects"]) for row in labels("aspects_own_fitted.jsonl")]
    told = [*labelled("aspects_zh_fitted"), *own]
    return [replace(row, aspects={a: mood for a, mood in row.aspects.items() if a in NINE}) for row in told]


@dataclass(frozen=True)
class Unlabelled:
    """Clauses of sentences that are not judged, each once, with the label of the first review it stands in."""

    clauses: list[str]
    reviews: list[str]
    is_kept: npt.NDArray[np.bool_]  # the fifth, by sentence, that a head is calibrated on


def unlabelled(most: int) -> Unlabelled:
    """The first `most` by the hash of their sentence, so that any number is a fair draw."""
    found: dict[str, tuple[str, bool]] = {}
    for sentence in chinese_sentences():
        if sentence.is_judged:
            continue
        text = _texts()[sentence.key]
        for start, end in split_clauses(text):
            if end - start <= LONGEST:
                found.setdefault(text[start:end], (sentence.label, _is_kept(sentence.key)))
        if len(found) >= most:
            break
    return Unlabelled([*found], [label for label, _ in found.values()], np.array([k for _, k in found.values()]))


def _is_kept(key: str) -> bool:
    return hashlib.sha256(key.encode()).digest()[0] < 51
