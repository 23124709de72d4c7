"""Aspects of clauses, and their sentiment in mixed reviews, beside the baselines: rows of the quality table.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.aspects [--dev]

`--dev` judges the clauses that were seen while the method was made, and no others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from benchmarks.text.clause_labels import NINE, LabelledClause, labelled, taught, unlabelled
from benchmarks.text.polarity import sentiment_by_words
from benchmarks.text.table import LABELS, ROUNDS, SEED, Row, encoder, vectors_of

from footfall.models.aspects.lexicon import builtin
from footfall.models.aspects.model import AspectModel, fit_aspects, votes
from footfall.models.aspects.supervised import LabelledClauses
from footfall.models.common.text_head import TextHead, fit_head

MOST_CLAUSES = 16_000
MOODS = ("negative", "positive")
FILES = ("seen", "seen_later", "fresh", "last")  # one after the other fresh, then seen
SEEN = tuple(f"aspects_{language}_{file}" for language in ("zh", "en") for file in FILES)
Marks = npt.NDArray[np.bool_]


def fitted() -> tuple[dict[str, AspectModel], TextHead]:
    """Aspects models by name, and a head for the sentiment of clauses under their review's label, from what is not judged."""
    told, by_hand = unlabelled(MOST_CLAUSES), taught()
    vectors, clauses = vectors_of(told.clauses), [row.clause for row in by_hand]
    labels = LabelledClauses(clauses, vectors_of(clauses).astype(np.float64), [[*row.aspects] for row in by_hand])
    of_list = partial(fit_aspects, told.clauses, vectors, lexicon=builtin(), fingerprint=encoder().fingerprint)
    models = {"ours without labelled clauses": of_list(), "ours": of_list(labelled=labels, supervised=NINE)}
    return models, fit_head(told.clauses, vectors, told.reviews, classes=MOODS, kept=told.is_kept)


def aspect_rows(models: Mapping[str, AspectModel], name: str, *, task: str) -> list[Row]:
    """Micro precision, recall and F1 over the nine aspects, of the word list, of the models and of a second reader if there is one."""
    rows = labelled(name)
    clauses = [row.clause for row in rows]
    lexicon = builtin()
    names = lexicon.aspects
    judged = [names.index(aspect) for aspect in NINE]
    true = marks_of(rows, NINE)
    said = {
        "word list": votes(clauses, lexicon=lexicon)[:, judged],
        **{
            method: (model.probability(clauses, vectors_of(clauses)) >= model.mix.threshold)[:, judged]
            for method, model in models.items()
        },
    }
    if (LABELS / f"{name}_again.jsonl").is_file():
        said["another reader"] = marks_of(labelled(f"{name}_again"), NINE)
    return [
        _row(task, method, measure, lambda at, of=of, marks=marks: of(true[at], marks[at]), len(rows))
        for method, marks in said.items()
        for measure, of in (("precision", precision), ("recall", recall), ("micro F1", f1))
    ]


def mixed_rows(head: TextHead, *, task: str) -> list[Row]:
    """Accuracy over the clauses of mixed reviews that praise or blame, and over those that disagree with their review."""
    rows = [row for row in labelled("mixed_zh") if row.sentiment in MOODS]
    said = {
        "word list": [sentiment_by_words(row.clause) for row in rows],
        "the review's own label": [row.review for row in rows],
        "word list, else the review's label": [_words_or_review(row) for row in rows],
        "ours": _moods(head, rows),
    }
    disagrees = np.array([row.sentiment != row.review for row in rows])
    found = []
    for method, moods in said.items():
        right = np.array([mood == row.sentiment for mood, row in zip(moods, rows, strict=True)])
        found.append(_row(task, method, "accuracy", lambda at, right=right: float(right[at].mean()), len(rows)))
        apart = right[disagrees]
        measure = "accuracy where it disagrees"
        found.append(_row(task, method, measure, lambda at, apart=apart: float(apart[at].mean()), len(apart)))
    return found


def precision(true: Marks, said: Marks) -> float:
    """Of the aspects said, the share that is there."""
    return float((true & said).sum() / max(1, said.sum()))


def recall(true: Marks, said: Marks) -> float:
    """Of the aspects there, the share that is said."""
    return float((true & said).sum() / max(1, true.sum()))


def f1(true: Marks, said: Marks) -> float:
    """Twice the aspects both said and there, over all said and all there."""
    return float(2 * (true & said).sum() / max(1, true.sum() + said.sum()))


def rows() -> list[Row]:
    """All rows, on fresh clauses and on those seen."""
    aspects, moods = fitted()
    tasks = {
        "aspects_zh_final": "aspects, Chinese, fresh",
        "aspects_en_final": "aspects, English, fresh",
        "aspects_zh_last": "aspects, Chinese, fresh to the third method",
        "aspects_en_last": "aspects, English, fresh to the third method",
        "aspects_zh_fresh": "aspects, Chinese, fresh to the second method",
        "aspects_en_fresh": "aspects, English, fresh to the second method",
        "aspects_zh_seen": "aspects, Chinese, seen",
        "aspects_zh_seen_later": "aspects, Chinese, seen later",
        "aspects_en_seen": "aspects, English, seen",
        "aspects_en_seen_later": "aspects, English, seen later",
    }
    found = [row for name, task in tasks.items() for row in aspect_rows(aspects, name, task=task)]
    return found + mixed_rows(moods, task="clauses of mixed reviews, Chinese")


def marks_of(rows: Sequence[LabelledClause], aspects: Sequence[str]) -> Marks:
    """bool[n_rows, n_aspects]: which aspects each clause was said to speak of."""
    return np.array([[aspect in row.aspects for aspect in aspects] for row in rows])


def _words_or_review(row: LabelledClause) -> str:
    mood = sentiment_by_words(row.clause)
    return row.review if mood == "neutral" else mood


def _moods(head: TextHead, rows: Sequence[LabelledClause]) -> list[str]:
    clauses = [row.clause for row in rows]
    return [head.classes[place] for place in np.argmax(head.probability(clauses, vectors_of(clauses)), axis=1)]


def _row(task: str, method: str, measure: str, of: Callable[[npt.NDArray[np.int64]], float], n: int) -> Row:
    """`of` gives the measure over the rows at the places it is handed."""
    generator = np.random.default_rng(SEED)
    resampled = [of(generator.integers(0, n, n)) for _ in range(ROUNDS)]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Row(task, method, measure, of(np.arange(n)), float(low), float(high), n)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="aspects and sentiment of clauses")
    asked.add_argument("--dev", action="store_true", help="only the clauses seen while the method was made")
    if asked.parse_args().dev:
        made = fitted()[0]
        shown = [row for name in SEEN for row in aspect_rows(made, name, task=name)]
    else:
        shown = rows()
    for row in shown:
        print(
            f"{row.task:36} {row.method:36} {row.measure:28} {row.value:.3f} ({row.low:.3f} to {row.high:.3f}) n={row.n}"
        )
