"""The messages that intents are judged on: as many as their README says, none to train on, and rows for the table of quality."""

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
    found = Counter(zip(*(intents.to_judge(no_vectors)[column] for column in ("intent", "language")), strict=True))
    told = {(intent, language): 12 for intent in INTENTS for language in ("zh", "en")}
    assert found == told | {("", "zh"): 30, ("", "en"): 30}


def test_no_message_to_judge_on_is_one_to_train_on_or_one_of_the_shop():
    judged = [key_of(text) for text in intents.to_judge(no_vectors)["text"]]
    parts = json.loads(intents.TO_FIT.read_text("utf-8")).values()
    others = {key_of(text) for part in parts for of in part.values() for texts in of.values() for text in texts}
    assert len(set(judged)) == len(judged)
    assert not others.intersection(judged)


def test_the_order_of_the_messages_to_train_on_says_nothing_of_them():
    told = intents.to_fit(no_vectors)
    assert set(told["intent"]) == {*INTENTS, UNCLEAR}
    assert (told["intent"] == told["intent"].shift()).mean() == pytest.approx(0.1, abs=0.05)


def test_the_rows_name_every_method_and_count_the_messages_that_a_figure_is_of(monkeypatch: pytest.MonkeyPatch):
    """Vectors that say the intent outright; a few messages of each."""
    few = {kind: getattr(intents, kind)(no_vectors).groupby("intent").head(12) for kind in ("to_fit", "to_judge")}
    places = {name: number for number, name in enumerate(INTENTS)}
    for kind, frame in few.items():
        vectors = [np.eye(10)[places.get(intent, 9)] for intent in frame["intent"]]
        told = frame.assign(vector=vectors)
        monkeypatch.setattr(intents, kind, lambda _, told=told: told)
    found = {
        (method, measure): (value, count)
        for _, method, measure, value, _, _, count in intents.rows(no_vectors, rounds=5)
    }
    assert {method for method, _ in found} == {"majority", "key words", "n-grams", "frozen encoder", "ours"}
    assert found["ours", "accuracy"] == (1.0, 108)
    assert found["frozen encoder", "macro_f1"] == (1.0, 108)
    assert found["ours", "precision"][1] == 120
    assert found["ours", "unclear_left"] == (1.0, 12)
    assert found["majority", "accuracy"] == (pytest.approx(1 / 9), 108)
