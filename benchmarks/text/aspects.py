"""Aspects of clauses, and the sentiment of clauses in mixed reviews, beside the baselines: rows of the quality table.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.aspects [--dev]

`--dev` evaluates on the development files alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from benchmarks.text.clause_labels import NINE, LabelledClause, labelled, training_clauses, unlabelled_clauses
from benchmarks.text.polarity import sentiment_by_words
from benchmarks.text.table import LABELS, ROUNDS, SEED, Row, encoder, vectors_of

from footfall.models.aspects.lexicon import builtin
from footfall.models.aspects.model import AspectModel, fit_aspects, votes
from footfall.models.aspects.supervised import LabelledClauses
from footfall.models.common.text_head import TextHead, fit_head

MAX_CLAUSES = 16_000
SENTIMENTS = ("negative", "positive")
DEVELOPMENT = tuple(f"aspects_{language}_development_{number}" for language in ("zh", "en") for number in range(1, 5))
Marks = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


def fitted() -> tuple[dict[str, AspectModel], TextHead]:
    """Aspects models by name, and a head for the sentiment of clauses, learnt from the labels of their reviews; none held out."""
    unlabelled, by_hand = unlabelled_clauses(MAX_CLAUSES), training_clauses()
    vectors, clauses = vectors_of(unlabelled.clauses), [row.clause for row in by_hand]
    labels = LabelledClauses(clauses, vectors_of(clauses).astype(np.float64), [[*row.aspects] for row in by_hand])
    fit = partial(fit_aspects, unlabelled.clauses, vectors, lexicon=builtin(), fingerprint=encoder().fingerprint)
    models = {"ours without labelled clauses": fit(), "ours": fit(labelled=labels, supervised=NINE)}
    head = fit_head(unlabelled.clauses, vectors, unlabelled.review_labels, classes=SENTIMENTS, kept=unlabelled.is_kept)
    return models, head


def aspect_rows(models: Mapping[str, AspectModel], name: str, *, task: str) -> list[Row]:
    """Micro precision, recall and F1 over the nine aspects, of the word list, of the models and of a second reader if there is one."""
    rows = labelled(name)
    clauses = [row.clause for row in rows]
    lexicon = builtin()
    places = [lexicon.aspects.index(aspect) for aspect in NINE]
    true = marks_of(rows, NINE)
    predictions = {
        "word list": votes(clauses, lexicon=lexicon)[:, places],
        **{
            method: (model.probability(clauses, vectors_of(clauses)) >= model.mix.threshold)[:, places]
            for method, model in models.items()
        },
    }
    if (LABELS / f"{name}_again.jsonl").is_file():
        predictions["another reader"] = marks_of(labelled(f"{name}_again"), NINE)
    return [
        _row(task, method, title, partial(_at_places, measure, true, marks), len(rows))
        for method, marks in predictions.items()
        for title, measure in (("precision", precision), ("recall", recall), ("micro F1", f1))
    ]


def mixed_rows(head: TextHead, *, task: str) -> list[Row]:
    """Accuracy over the clauses of mixed reviews that praise or blame, and over those that disagree with their review."""
    rows = [row for row in labelled("mixed_zh") if row.sentiment in SENTIMENTS]
    predictions = {
        "word list": [sentiment_by_words(row.clause) for row in rows],
        "the review's own label": [row.review for row in rows],
        "word list, else the review's label": [_words_or_review(row) for row in rows],
        "ours": _sentiments(head, rows),
    }
    disagrees = np.array([row.sentiment != row.review for row in rows])
    figures = []
    for method, sentiments in predictions.items():
        hits = np.array([label == row.sentiment for label, row in zip(sentiments, rows, strict=True)])
        for name, of_part in (("accuracy", hits), ("accuracy where it disagrees", hits[disagrees])):
            figures.append(_row(task, method, name, partial(_share_at, of_part), len(of_part)))
    return figures


def precision(true: Marks, predicted: Marks) -> float:
    """Share of true aspects among the predicted ones."""
    return float((true & predicted).sum() / max(1, predicted.sum()))


def recall(true: Marks, predicted: Marks) -> float:
    """Share of predicted aspects among the true ones."""
    return float((true & predicted).sum() / max(1, true.sum()))


def f1(true: Marks, predicted: Marks) -> float:
    """Harmonic mean of precision and recall."""
    return float(2 * (true & predicted).sum() / max(1, true.sum() + predicted.sum()))


def rows() -> list[Row]:
    """All rows, on the evaluation files and on the development files."""
    models, sentiment_head = fitted()
    tasks = {
        "aspects_zh_evaluation": "aspects, Chinese, evaluation",
        "aspects_en_evaluation": "aspects, English, evaluation",
        "aspects_zh_development_4": "aspects, Chinese, development 4",
        "aspects_en_development_4": "aspects, English, development 4",
        "aspects_zh_development_3": "aspects, Chinese, development 3",
        "aspects_en_development_3": "aspects, English, development 3",
        "aspects_zh_development_2": "aspects, Chinese, development 2",
        "aspects_en_development_2": "aspects, English, development 2",
        "aspects_zh_development_1": "aspects, Chinese, development 1",
        "aspects_en_development_1": "aspects, English, development 1",
    }
    figures = [row for name, task in tasks.items() for row in aspect_rows(models, name, task=task)]
    return figures + mixed_rows(sentiment_head, task="clauses of mixed reviews, Chinese")


def marks_of(rows: Sequence[LabelledClause], aspects: Sequence[str]) -> Marks:
    """bool[n_rows, n_aspects]: the aspects that each clause is labelled with."""
    return np.array([[aspect in row.aspects for aspect in aspects] for row in rows])


def _words_or_review(row: LabelledClause) -> str:
    sentiment = sentiment_by_words(row.clause)
    return row.review if sentiment == "neutral" else sentiment


def _sentiments(head: TextHead, rows: Sequence[LabelledClause]) -> list[str]:
    clauses = [row.clause for row in rows]
    return [head.classes[place] for place in np.argmax(head.probability(clauses, vectors_of(clauses)), axis=1)]


def _at_places(measure: Callable[[Marks, Marks], float], true: Marks, predicted: Marks, places: Places) -> float:
    return measure(true[places], predicted[places])


def _share_at(hits: Marks, places: Places) -> float:
    return float(hits[places].mean())


def _row(task: str, method: str, name: str, measure: Callable[[Places], float], n: int) -> Row:
    """The row of a measure, a function of the places of the rows to measure on, with its interval."""
    generator = np.random.default_rng(SEED)
    resampled = [measure(generator.integers(0, n, n)) for _ in range(ROUNDS)]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Row(task, method, name, measure(np.arange(n)), float(low), float(high), n)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", action="store_true", help="only the development files")
    if parser.parse_args().dev:
        dev_models = fitted()[0]
        figure_rows = [row for name in DEVELOPMENT for row in aspect_rows(dev_models, name, task=name)]
    else:
        figure_rows = rows()
    for row in figure_rows:
        print(
            f"{row.task:36} {row.method:36} {row.measure:28} {row.value:.3f} ({row.low:.3f} to {row.high:.3f}) n={row.n}"
        )
