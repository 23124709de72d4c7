"""Aspects of clauses, and their sentiment in mixed reviews, beside the baselines: rows of the quality table.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.aspects [--dev]

`--dev` evaluates only on the development clauses, which were seen while the method was made.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from benchmarks.text.clause_labels import NINE, LabelledClause, labelled, training_clauses, unlabelled
from benchmarks.text.polarity import sentiment_by_words
from benchmarks.text.table import LABELS, ROUNDS, SEED, Row, encoder, vectors_of

from footfall.models.aspects.lexicon import builtin
from footfall.models.aspects.model import AspectModel, fit_aspects, votes
from footfall.models.aspects.supervised import LabelledClauses
from footfall.models.common.text_head import TextHead, fit_head

MOST_CLAUSES = 16_000
SENTIMENTS = ("negative", "positive")
FILES = tuple(f"development_{number}" for number in range(1, 5))
DEVELOPMENT = tuple(f"aspects_{language}_{file}" for language in ("zh", "en") for file in FILES)
Marks = npt.NDArray[np.bool_]


def fitted() -> tuple[dict[str, AspectModel], TextHead]:
    """Aspects models by name, and a head for the sentiment of clauses under their review's label; nothing held out is used."""
    clauses, labelled_clauses = unlabelled(MOST_CLAUSES), training_clauses()
    vectors, labelled_texts = vectors_of(clauses.clauses), [row.clause for row in labelled_clauses]
    labels = LabelledClauses(
        labelled_texts, vectors_of(labelled_texts).astype(np.float64), [[*row.aspects] for row in labelled_clauses]
    )
    of_list = partial(fit_aspects, clauses.clauses, vectors, lexicon=builtin(), fingerprint=encoder().fingerprint)
    models = {"ours without labelled clauses": of_list(), "ours": of_list(labelled=labels, supervised=NINE)}
    return models, fit_head(clauses.clauses, vectors, clauses.reviews, classes=SENTIMENTS, kept=clauses.is_kept)


def aspect_rows(models: Mapping[str, AspectModel], name: str, *, task: str) -> list[Row]:
    """Micro precision, recall and F1 over the nine aspects, of the word list, of the models and of a second reader if there is one."""
    rows = labelled(name)
    clauses = [row.clause for row in rows]
    lexicon = builtin()
    names = lexicon.aspects
    columns = [names.index(aspect) for aspect in NINE]
    true = marks_of(rows, NINE)
    predicted = {
        "word list": votes(clauses, lexicon=lexicon)[:, columns],
        **{
            method: (model.probability(clauses, vectors_of(clauses)) >= model.mix.threshold)[:, columns]
            for method, model in models.items()
        },
    }
    if (LABELS / f"{name}_again.jsonl").is_file():
        predicted["another reader"] = marks_of(labelled(f"{name}_again"), NINE)
    return [
        _row(task, method, measure, lambda at, of=of, marks=marks: of(true[at], marks[at]), len(rows))
        for method, marks in predicted.items()
        for measure, of in (("precision", precision), ("recall", recall), ("micro F1", f1))
    ]


def mixed_rows(head: TextHead, *, task: str) -> list[Row]:
    """Accuracy over the clauses of mixed reviews that praise or blame, and over those that disagree with their review."""
    rows = [row for row in labelled("mixed_zh") if row.sentiment in SENTIMENTS]
    predicted = {
        "word list": [sentiment_by_words(row.clause) for row in rows],
        "the review's own label": [row.review for row in rows],
        "word list, else the review's label": [_words_or_review(row) for row in rows],
        "ours": _sentiments(head, rows),
    }
    disagrees = np.array([row.sentiment != row.review for row in rows])
    results = []
    for method, sentiments in predicted.items():
        right = np.array([sentiment == row.sentiment for sentiment, row in zip(sentiments, rows, strict=True)])
        results.append(_row(task, method, "accuracy", lambda at, right=right: float(right[at].mean()), len(rows)))
        right_there = right[disagrees]
        measure = "accuracy where it disagrees"
        results.append(
            _row(
                task,
                method,
                measure,
                lambda at, right_there=right_there: float(right_there[at].mean()),
                len(right_there),
            )
        )
    return results


def precision(true: Marks, predicted: Marks) -> float:
    """Share of the predicted aspects that are true."""
    return float((true & predicted).sum() / max(1, predicted.sum()))


def recall(true: Marks, predicted: Marks) -> float:
    """Share of the true aspects that are predicted."""
    return float((true & predicted).sum() / max(1, true.sum()))


def f1(true: Marks, predicted: Marks) -> float:
    """Twice the true predicted aspects, over all predicted and all true ones."""
    return float(2 * (true & predicted).sum() / max(1, true.sum() + predicted.sum()))


def rows() -> list[Row]:
    """All rows, on evaluation and development clauses."""
    aspects, sentiment_head = fitted()
    tasks = {
        "aspects_zh_evaluation": "aspects, Chinese, evaluation",
        "aspects_en_evaluation": "aspects, English, evaluation",
        "aspects_zh_development_4": "aspects, Chinese, development 4",
        "aspects_en_development_4": "aspects, English, development 4",
        "aspects_zh_development_3": "aspects, Chinese, development 3",
        "aspects_en_development_3": "aspects, English, development 3",
        "aspects_zh_development_1": "aspects, Chinese, development 1",
        "aspects_zh_development_2": "aspects, Chinese, development 2",
        "aspects_en_development_1": "aspects, English, development 1",
        "aspects_en_development_2": "aspects, English, development 2",
    }
    results = [row for name, task in tasks.items() for row in aspect_rows(aspects, name, task=task)]
    return results + mixed_rows(sentiment_head, task="clauses of mixed reviews, Chinese")


def marks_of(rows: Sequence[LabelledClause], aspects: Sequence[str]) -> Marks:
    """bool[n_rows, n_aspects]: the aspects of each clause."""
    return np.array([[aspect in row.aspects for aspect in aspects] for row in rows])


def _words_or_review(row: LabelledClause) -> str:
    sentiment = sentiment_by_words(row.clause)
    return row.review if sentiment == "neutral" else sentiment


def _sentiments(head: TextHead, rows: Sequence[LabelledClause]) -> list[str]:
    clauses = [row.clause for row in rows]
    return [head.classes[place] for place in np.argmax(head.probability(clauses, vectors_of(clauses)), axis=1)]


def _row(task: str, method: str, measure: str, of: Callable[[npt.NDArray[np.int64]], float], n: int) -> Row:
    """`of` gives the measure over the rows at some places."""
    generator = np.random.default_rng(SEED)
    resampled = [of(generator.integers(0, n, n)) for _ in range(ROUNDS)]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Row(task, method, measure, of(np.arange(n)), float(low), float(high), n)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="aspects and sentiment of clauses")
    parser.add_argument("--dev", action="store_true", help="only the development clauses")
    if parser.parse_args().dev:
        models = fitted()[0]
        shown = [row for name in DEVELOPMENT for row in aspect_rows(models, name, task=name)]
    else:
        shown = rows()
    for row in shown:
        print(
            f"{row.task:36} {row.method:36} {row.measure:28} {row.value:.3f} ({row.low:.3f} to {row.high:.3f}) n={row.n}"
        )
