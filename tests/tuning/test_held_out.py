"""Held-out figures are counted by group, and a kind of text is called a failure only where its interval says so."""

from __future__ import annotations

import pytest

from footfall.tuning.held_out import KINDS, HeldOutTexts, failure_checks, figures

LONG = "longer than what it was trained with (fine_tune.max_tokens)"


def held_out(*rows: tuple[str, str, str, str, bool]) -> HeldOutTexts:
    texts, languages, labels, predictions, are_long = zip(*rows, strict=True)
    return HeldOutTexts(texts, languages, labels, predictions, are_long)


ROWS = held_out(
    ("a" * 10, "en", "positive", "positive", False),
    ("b" * 11, "en", "positive", "negative", False),
    ("好" * 30, "zh", "negative", "negative", True),
    ("好" * 31, "zh", "negative", "negative", True),
    ("c" * 101, "en", "neutral", "positive", True),
)


def test_accuracy_is_told_on_all_texts_and_by_language_length_and_label():
    assert [(f.by, f.group, f.value, f.texts) for f in figures(ROWS, rounds=10)] == [
        ("all", "all", 0.6, 5),
        ("language", "en", pytest.approx(1 / 3), 3),
        ("language", "zh", 1.0, 2),
        ("length", "1 to 10 characters", 1.0, 1),
        ("length", "11 to 30 characters", 0.5, 2),
        ("length", "31 to 100 characters", 1.0, 1),
        ("length", "101 characters and more", 0.0, 1),
        ("label", "negative", 1.0, 2),
        ("label", "neutral", 0.0, 1),
        ("label", "positive", 0.5, 2),
    ]


def test_intervals_hold_the_value_and_have_no_width_where_all_are_alike():
    by_group = {f.group: f for f in figures(ROWS, rounds=200)}
    assert by_group["all"].low < 0.6 < by_group["all"].high
    assert (by_group["zh"].low, by_group["zh"].high) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It isn't good", "with a negation"),
        ("I cannot say that I like it", "with a negation"),
        ("质量不好", "with a negation"),
        ("Cheap, but slow", "with a word of contrast (but, 但是)"),
        ("便宜但是慢", "with a word of contrast (but, 但是)"),
        ("好吃吗", "with a question"),
        ("Why？", "with a question"),
        ("It broke after 2 days", "with a number"),
        ("nice 👍", "with an emoji"),
        ("很nice", "Chinese and Latin letters together"),
        ("好吃", "5 characters or fewer"),
    ],
)
def test_a_kind_of_text_is_recognised(text: str, kind: str):
    assert KINDS[kind](text)


@pytest.mark.parametrize("text", ["A nothern notebook", "butter", "A good tea", "这家店很好喝的茶"])
def test_a_plain_text_is_of_no_kind(text: str):
    assert [kind for kind, holds in KINDS.items() if holds(text)] == []


def test_a_kind_on_which_it_fails_is_told_from_the_others():
    bad = [(f"not good {'x' * n}", "en", "negative", "positive" if n % 2 else "negative", False) for n in range(60)]
    good = [
        (f"quite good {'x' * n}", "en", "positive", "negative" if n % 20 == 0 else "positive", n % 2 == 0)
        for n in range(200)
    ]
    checks = {check.kind: check for check in failure_checks(held_out(*bad, *good), rounds=200)}
    negation = checks["with a negation"]
    assert (negation.texts, negation.accuracy, negation.difference) == (60, 0.5, pytest.approx(0.5 - 0.95))
    assert negation.verdict == "fails more often"
    assert checks[LONG].texts == 100
    assert checks[LONG].verdict == "fails less often"
    emoji = checks["with an emoji"]
    assert (emoji.texts, emoji.accuracy, emoji.difference) == (0, None, None)


def test_a_kind_that_is_all_of_the_texts_has_no_others_to_be_set_beside():
    rows = [("not good", "en", "negative", "negative", False)] * 40
    negation = failure_checks(held_out(*rows), rounds=10)[0]
    assert (negation.texts, negation.accuracy, negation.difference) == (40, 1.0, None)
    assert negation.verdict == "no other texts to compare with"
