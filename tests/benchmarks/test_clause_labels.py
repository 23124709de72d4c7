"""Labelled clauses lie where they were labelled, and no held-out clause is trained on."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from benchmarks.text.aspects import DEVELOPMENT, aspect_rows, f1, marks_of, precision, recall
from benchmarks.text.clause_labels import LABELS, NINE, labelled, training_clauses
from benchmarks.text.polarity import sentiment_by_words
from benchmarks.text.sentences import HELD_OUT_SHARE
from benchmarks.text.table import labels

HELD_OUT = ("aspects_zh_evaluation", "aspects_en_evaluation", "mixed_zh")


def _is_held_out(key: str) -> bool:
    return int(key, 16) % 1000 < HELD_OUT_SHARE * 1000


@pytest.mark.parametrize("name", [*DEVELOPMENT, *HELD_OUT, "aspects_zh_training", "aspects_zh_development_4_again"])
def test_every_labelled_clause_lies_where_it_was_labelled(name: str) -> None:
    rows = labelled(name)
    assert all(row.clause.strip() for row in rows)
    assert {aspect for row in rows for aspect in row.aspects} <= {*NINE, "place", "content"}


@pytest.mark.parametrize(
    "name", ["aspects_zh_evaluation", *(f"aspects_zh_development_{number}" for number in (2, 3, 4)), "mixed_zh"]
)
def test_held_out_chinese_clauses_are_of_held_out_sentences(name: str) -> None:
    rows = [json.loads(line) for line in (LABELS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(_is_held_out(row["key"]) for row in rows)
    assert not any("text" in row for row in rows)


def test_clauses_to_train_on_are_our_own_or_of_sentences_that_are_not_held_out() -> None:
    rows = labels("aspects_zh_training.jsonl")
    assert not any(_is_held_out(row["key"]) for row in rows)
    assert len(training_clauses()) == len(rows) + len(labels("aspects_own_training.jsonl")) == 7449 + 1079


def test_a_second_reader_read_the_same_clauses_and_mostly_agrees() -> None:
    first, second = labelled("aspects_zh_development_4"), labelled("aspects_zh_development_4_again")
    assert [row.clause for row in first] == [row.clause for row in second]
    assert f1(marks_of(first, NINE), marks_of(second, NINE)) == pytest.approx(0.932, abs=0.001)


def test_no_held_out_clause_is_one_to_develop_or_to_train_on() -> None:
    known = {row.clause for name in DEVELOPMENT for row in labelled(name)} | {row.clause for row in training_clauses()}
    held_out = {row.clause for name in HELD_OUT[:2] for row in labelled(name)}
    assert known & held_out == set()


def _pieces(clause: str) -> set[str]:
    """Words; pairs of characters in a language that writes no spaces."""
    if re.search(r"[\u4e00-\u9fff]", clause):
        return {clause[i : i + 2] for i in range(len(clause) - 1)}
    return set(re.findall(r"\w+", clause.lower()))


@pytest.mark.parametrize("name", HELD_OUT[:2])
def test_no_held_out_clause_is_nearly_one_that_is_trained_on(name: str) -> None:
    trained = [_pieces(row.clause) for row in training_clauses()]
    held_out = [_pieces(row.clause) for row in labelled(name)]
    assert max(len(mine & other) / len(mine | other) for mine in held_out for other in trained if mine & other) < 0.5


def test_precision_recall_and_f1_over_all_aspects() -> None:
    true = np.array([[True, False], [True, True]])
    predicted = np.array([[True, True], [False, False]])
    assert (precision(true, predicted), recall(true, predicted), f1(true, predicted)) == (0.5, 1 / 3, 0.4)
    assert f1(true, np.zeros_like(true)) == 0.0


@pytest.mark.parametrize(
    ("clause", "sentiment"),
    [("房间很好", "positive"), ("不是很好", "negative"), ("我们周一到的", "neutral"), ("not good", "negative")],
)
def test_words_decide_the_sentiment_and_a_negation_reverses_it(clause: str, sentiment: str) -> None:
    assert sentiment_by_words(clause) == sentiment


@pytest.mark.parametrize(
    ("name", "method", "scores"),
    [
        ("aspects_zh_evaluation", "word list", {"precision": 0.606, "micro F1": 0.556}),
        ("aspects_en_evaluation", "word list", {"micro F1": 0.639}),
        ("aspects_zh_development_4", "another reader", {"precision": 0.953, "recall": 0.911, "micro F1": 0.932}),
    ],
)
def test_the_rows_on_aspects_have_the_figures_of_the_readme(name: str, method: str, scores: dict[str, float]) -> None:
    rows = {row.measure: row for row in aspect_rows({}, name, task="aspects") if row.method == method}
    assert {measure: round(rows[measure].value, 3) for measure in scores} == scores
    assert all(row.low < row.value < row.high for row in rows.values())
