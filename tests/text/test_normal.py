"""A text has one spelling before it is hashed."""

from __future__ import annotations

import subprocess
import sys
import time

import pandas as pd
import pytest

from footfall.text.normal import normalise, normalise_text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Ｇｏｏｄ　tea！", "Good tea!"),
        ("  good \t\r\n tea  ", "good tea"),
        ("cafe\u0301", "caf\u00e9"),
        ("质量 很好", "质量 很好"),
        ("", ""),
        (" \u00a0\u3000", ""),
        ("\ud83d\ude00", "😀"),
        ("a\ud83d", "a\ufffd"),
        ("nul\0", "nul\0"),
        ("o" + "\u0301" * 30, "\u00f3" + "\u0301" * 29),
        ("o" + "\u0323\u0301" * 20, "\u1ecd" + "\u0323" * 14 + "\u0301" * 15 + "\u034f" + "\u0323" * 5 + "\u0301" * 5),
        ("!" * 40 + "é", "!" * 40 + "é"),
    ],
)
def test_one_spelling(written: str, expected: str) -> None:
    assert normalise(written) == expected
    assert normalise(expected) == expected


def test_a_megabyte_of_marks_is_sorted_in_little_time_and_only_once() -> None:
    begun = time.process_time()
    normal = normalise("a" + "\u0345\u0334" * 250_000)
    assert time.process_time() - begun < 20  # a quarter of an hour without a break in the run
    assert normalise(normal) == normal


def test_a_column_keeps_its_nulls_and_its_index() -> None:
    normal = normalise_text(pd.Series([" a ", None, "b"], index=[5, 6, 7]))
    pd.testing.assert_series_equal(normal, pd.Series(["a", None, "b"], index=[5, 6, 7], dtype=object))


def test_a_column_of_nulls_or_of_nothing() -> None:
    assert normalise_text(pd.Series([None, None], dtype=object)).tolist() == [None, None]
    assert normalise_text(pd.Series([], dtype=object)).tolist() == []


def test_the_spelling_needs_no_torch() -> None:
    code = "import sys, footfall.text.normal, footfall.text.vectors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": "libs"}).returncode == 0
