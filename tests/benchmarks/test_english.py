"""The English sentences that people rated: as many as the README of the labels says, each once, a review in one half only."""

from __future__ import annotations

from collections import Counter

from benchmarks.text.english import RatedSentence, english_sentences, training_sentences
from benchmarks.text.sentences import key_of
from benchmarks.text.table import labels


def test_there_are_as_many_of_each_sentiment_as_the_readme_says():
    assert Counter(s.label for s in english_sentences()) == {"positive": 1835, "negative": 1297, "neutral": 555}


def test_no_sentence_occurs_twice_and_each_has_letters():
    keys = [key_of(s.text) for s in english_sentences()]
    assert len(set(keys)) == len(keys)
    assert key_of("") not in keys


def test_a_review_is_held_out_whole_or_not_at_all():
    sides = {(s.review, s.is_held_out) for s in english_sentences()}
    assert len(sides) == len({review for review, _ in sides}) == 300
    assert 130 < sum(is_held_out for _, is_held_out in sides) < 170


def test_a_mean_within_two_standard_errors_is_neutral():
    labels = [RatedSentence("it is one", "1", mean, 1.0).label for mean in (-0.45, -0.44, 0.0, 0.44, 0.45)]
    assert labels == ["negative", "neutral", "neutral", "neutral", "positive"]


def test_no_sentence_to_train_on_is_held_out():
    texts, sentiments = training_sentences()
    held_out = {key_of(s.text) for s in english_sentences() if s.is_held_out}
    held_out |= {key_of(row["text"]) for row in labels("sentiment_en_evaluation.jsonl")}
    assert {key_of(text) for text in texts} & held_out == set()
    assert set(sentiments) == {"negative", "positive"}
    assert len(texts) == 2026
