"""Labelled clauses are still where they were labelled, and nothing is trained on the evaluation files."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from benchmarks.text.aspects import DEVELOPMENT, f1, marks_of, precision, recall
from benchmarks.text.clause_labels import LABELS, NINE, labelled, training_clauses
from benchmarks.text.polarity import sentiment_by_words
from benchmarks.text.sentences import HELD_OUT_SHARE
from benchmarks.text.table import labels

EVALUATION = ("aspects_zh_evaluation", "aspects_en_evaluation", "mixed_zh")


def _is_held_out(key: str) -> bool:
    return int(key, 16) % 1000 < HELD_OUT_SHARE * 1000


@pytest.mark.parametrize("name", [*DEVELOPMENT, *EVALUATION, "aspects_zh_training", "aspects_zh_development_4_again"])
def test_every_label_stands_at_the_clause_that_it_was_given_to(name: str) -> None:
    rows = labelled(name)
    assert all(row.clause.strip() for row in rows)
    assert {aspect for row in rows for aspect in row.aspects} <= {*NINE, "place", "content"}


@pytest.mark.parametrize(
    "name",
    [
        "aspects_zh_evaluation",
        "aspects_zh_development_4",
        "aspects_zh_development_3",
        "aspects_zh_development_2",
        "mixed_zh",
    ],
)
def test_chinese_clauses_that_judge_are_of_sentences_that_nothing_is_fitted_on(name: str) -> None:
    rows = [json.loads(line) for line in (LABELS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(_is_held_out(row["key"]) for row in rows)
    assert not any("text" in row for row in rows)


def test_clauses_to_train_on_are_of_sentences_that_do_not_judge_or_our_own() -> None:
    rows = labels("aspects_zh_training.jsonl")
    assert not any(_is_held_out(row["key"]) for row in rows)
    assert len(training_clauses()) == len(rows) + len(labels("aspects_own_training.jsonl")) == 7449 + 1079


def test_a_second_reader_read_the_same_clauses_and_mostly_agrees() -> None:
    first, second = labelled("aspects_zh_development_4"), labelled("aspects_zh_development_4_again")
    assert [row.clause for row in first] == [row.clause for row in second]
    assert f1(marks_of(first, NINE), marks_of(second, NINE)) == pytest.approx(0.932, abs=0.001)


def test_no_evaluation_clause_is_a_development_or_training_clause() -> None:
    known = {row.clause for name in DEVELOPMENT for row in labelled(name)} | {row.clause for row in training_clauses()}
    evaluated = {row.clause for name in EVALUATION[:2] for row in labelled(name)}
    assert known & evaluated == set()


def _pieces(clause: str) -> set[str]:
    """Words, and pairs of characters where words are not written apart."""
    if re.search(r"[\u4e00-\u9fff]", clause):
        return {clause[i : i + 2] for i in range(len(clause) - 1)}
    return set(re.findall(r"\w+", clause.lower()))


@pytest.mark.parametrize("name", EVALUATION[:2])
def test_no_evaluation_clause_nearly_equals_a_training_clause(name: str) -> None:
    trained = [_pieces(row.clause) for row in training_clauses()]
    evaluated = [_pieces(row.clause) for row in labelled(name)]
    assert max(len(new & known) / len(new | known) for new in evaluated for known in trained if new & known) < 0.5


def test_precision_recall_and_f1_over_all_aspects() -> None:
    true = np.array([[True, False], [True, True]])
    predicted = np.array([[True, True], [False, False]])
    assert (precision(true, predicted), recall(true, predicted), f1(true, predicted)) == (0.5, 1 / 3, 0.4)
    assert f1(true, np.zeros_like(true)) == 0.0


@pytest.mark.parametrize(
    ("clause", "sentiment"),
    [("房间很好", "positive"), ("不是很好", "negative"), ("我们周一到的", "neutral"), ("not good", "negative")],
)
def test_words_decide_the_sentiment_and_a_negation_turns_it(clause: str, sentiment: str) -> None:
    assert sentiment_by_words(clause) == sentiment
