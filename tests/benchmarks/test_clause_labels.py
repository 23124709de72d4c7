"""Labels by hand still stand where they were given, and what is judged was not learned from."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from benchmarks.text.aspects import SEEN, f1, marks_of, precision, recall
from benchmarks.text.clause_labels import LABELS, NINE, labelled, taught
from benchmarks.text.polarity import sentiment_by_words
from benchmarks.text.sentences import JUDGED_SHARE
from benchmarks.text.table import labels

FRESH = ("aspects_zh_final", "aspects_en_final", "mixed_zh")


def _is_judged(key: str) -> bool:
    return int(key, 16) % 1000 < JUDGED_SHARE * 1000


@pytest.mark.parametrize("name", [*SEEN, *FRESH, "aspects_zh_fitted", "aspects_zh_last_again"])
def test_every_label_stands_at_the_clause_that_it_was_given_to(name: str) -> None:
    rows = labelled(name)
    assert all(row.clause.strip() for row in rows)
    assert {aspect for row in rows for aspect in row.aspects} <= {*NINE, "place", "content"}


@pytest.mark.parametrize(
    "name", ["aspects_zh_final", "aspects_zh_last", "aspects_zh_fresh", "aspects_zh_seen_later", "mixed_zh"]
)
def test_chinese_clauses_that_judge_are_of_sentences_that_nothing_is_fitted_on(name: str) -> None:
    told = [json.loads(line) for line in (LABELS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(_is_judged(row["key"]) for row in told)
    assert not any("text" in row for row in told)


def test_clauses_to_train_on_are_of_sentences_that_do_not_judge_or_our_own() -> None:
    told = labels("aspects_zh_fitted.jsonl")
    assert not any(_is_judged(row["key"]) for row in told)
    assert len(taught()) == len(told) + len(labels("aspects_own_fitted.jsonl")) == 7449 + 1079


def test_a_second_reader_read_the_same_clauses_and_mostly_agrees() -> None:
    first, second = labelled("aspects_zh_last"), labelled("aspects_zh_last_again")
    assert [row.clause for row in first] == [row.clause for row in second]
    assert f1(marks_of(first, NINE), marks_of(second, NINE)) == pytest.approx(0.932, abs=0.001)


def test_no_clause_is_both_seen_or_taught_and_fresh() -> None:
    known = {row.clause for name in SEEN for row in labelled(name)} | {row.clause for row in taught()}
    fresh = {row.clause for name in FRESH[:2] for row in labelled(name)}
    assert known & fresh == set()


def _pieces(clause: str) -> set[str]:
    """Words, and pairs of characters where words are not written apart."""
    if re.search(r"[\u4e00-\u9fff]", clause):
        return {clause[i : i + 2] for i in range(len(clause) - 1)}
    return set(re.findall(r"\w+", clause.lower()))


@pytest.mark.parametrize("name", FRESH[:2])
def test_no_fresh_clause_is_nearly_one_that_is_trained_on(name: str) -> None:
    trained = [_pieces(row.clause) for row in taught()]
    fresh = [_pieces(row.clause) for row in labelled(name)]
    assert max(len(one & other) / len(one | other) for one in fresh for other in trained if one & other) < 0.5


def test_precision_recall_and_f1_over_all_aspects() -> None:
    true = np.array([[True, False], [True, True]])
    said = np.array([[True, True], [False, False]])
    assert (precision(true, said), recall(true, said), f1(true, said)) == (0.5, 1 / 3, 0.4)
    assert f1(true, np.zeros_like(true)) == 0.0


@pytest.mark.parametrize(
    ("clause", "mood"),
    [("房间很好", "positive"), ("不是很好", "negative"), ("我们周一到的", "neutral"), ("not good", "negative")],
)
def test_words_settle_the_mood_and_a_negation_turns_it(clause: str, mood: str) -> None:
    assert sentiment_by_words(clause) == mood
