"""The held-out messages for intents: as many as their README says, none to train on, and rows for the table of quality."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from benchmarks.text import intents
from benchmarks.text.sentences import key_of

from footfall.tables.tickets import INTENTS, UNCLEAR


def no_vectors(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    return np.zeros((len(texts), 1), dtype=np.float32)


def test_each_intent_has_twelve_messages_in_each_language_and_thirty_have_none():
    messages = intents.held_out_messages(no_vectors)
    counts = Counter(zip(messages["intent"], messages["language"], strict=True))
    expected = {(intent, language): 12 for intent in INTENTS for language in ("zh", "en")}
    assert counts == expected | {("", "zh"): 30, ("", "en"): 30}


def test_no_held_out_message_is_one_to_train_on_or_one_of_the_shop():
    held_out = [key_of(text) for text in intents.held_out_messages(no_vectors)["text"]]
    parts = json.loads(intents.TRAINING.read_text("utf-8")).values()
    by_language = [texts for part in parts for of_intent in part.values() for texts in of_intent.values()]
    others = {key_of(text) for texts in by_language for text in texts}
    assert len(set(held_out)) == len(held_out)
    assert not others.intersection(held_out)


def test_the_messages_to_train_on_are_in_random_order():
    names = intents.training_messages(no_vectors)["intent"]
    assert set(names) == {*INTENTS, UNCLEAR}
    assert (names == names.shift()).mean() == pytest.approx(0.1, abs=0.05)


def test_the_rows_name_every_method_and_the_number_of_messages_behind_a_figure(monkeypatch: pytest.MonkeyPatch):
    """The vectors are the intents, one-hot; twelve messages of each."""
    kinds = ("training_messages", "held_out_messages")
    few = {kind: getattr(intents, kind)(no_vectors).groupby("intent").head(12) for kind in kinds}
    places = {name: number for number, name in enumerate(INTENTS)}
    for kind, frame in few.items():
        vectors = [np.eye(10)[places.get(intent, 9)] for intent in frame["intent"]]
        messages = frame.assign(vector=vectors)
        monkeypatch.setattr(intents, kind, lambda _, messages=messages: messages)
    figures = {
        (method, measure): (value, count)
        for _, method, measure, value, _, _, count in intents.rows(no_vectors, rounds=5)
    }
    assert {method for method, _ in figures} == {"majority", "key words", "n-grams", "frozen encoder", "ours"}
    assert figures["ours", "accuracy"] == (1.0, 108)
    assert figures["frozen encoder", "macro_f1"] == (1.0, 108)
    assert figures["ours", "precision"][1] == 120
    assert figures["ours", "unclear_left"] == (1.0, 12)
    assert figures["majority", "accuracy"] == (pytest.approx(1 / 9), 108)
