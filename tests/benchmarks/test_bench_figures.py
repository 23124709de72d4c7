"""Figures and comparisons of the benchmarks: medians, ratios, where lines cross, what counts as equal. No Spark, no clock."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from benchmarks._equal import differences, is_same
from benchmarks.featurize import Size, crossing_text

from benchmarks import _common as bench
from footfall.contract import Column, Layer, Table


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds():
    timings = {"ours": [3.0, 8.0, 30.0], "plain": [2.0, 4.0, 10.0]}
    assert bench.ratios(timings, "ours", "plain") == [1.5, 2.0, 3.0]
    assert bench.format_ratio([1.5, 2.0, 3.0]) == "2.00 (median of 3 rounds, 1.50 to 3.00)"
    assert bench.format_medians(timings) == "ours 8.00 s, plain 4.00 s"


def test_variants_take_turns_and_warm_ups_are_not_counted(capsys: pytest.CaptureFixture[str]):
    order: list[str] = []

    def variant(name: str) -> float:
        order.append(name)
        return float(len(order))

    timings = bench.take_turns({"a": lambda: variant("a"), "b": lambda: variant("b")}, rounds=2, warm_up=1)
    assert order == ["a", "b"] * 3
    assert timings == {"a": [3.0, 5.0], "b": [4.0, 6.0]}
    assert capsys.readouterr().out.splitlines()[0] == "  warm-up: a 1.00 s, b 2.00 s"


def test_lines_that_cross_meet_at_the_size_where_both_take_as_long():
    text = crossing_text([Size(1.0, 10.0, 1.0), Size(5.0, 14.0, 9.0)])
    assert "DuckDB is the faster one up to 5.0 million" in text
    assert "meet at 10 million (not tried)" in text


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([Size(1.0, 10.0, 1.0), Size(5.0, 30.0, 2.0)], "the lines do not cross"),
        ([Size(1.0, 10.0, 1.0), Size(5.0, 30.0, 31.0)], "Spark is the faster one at 5.0 million"),
        ([Size(1.0, 10.0, 1.0)], "one size shows no slope"),
    ],
)
def test_the_text_says_why_lines_do_not_cross(sizes: list[Size], words: str):
    assert words in crossing_text(sizes)


def test_numbers_are_equal_within_their_tolerance_and_nothing_else_is_nearly_equal():
    assert is_same(1.0, 1.0 + 1e-10, 1e-9)
    assert not is_same(1.0, 1.0 + 1e-8, 1e-9)
    assert not is_same(1.0, None, 1e-9)
    assert is_same(1_000, 1_500, 1.0)
    assert not is_same(1_000, 1_001, 0.0)
    assert not is_same(True, False, 0.0)
    assert is_same({"a": 0.5, "b": 0.5}, {"b": 0.5, "a": 0.5 + 1e-12}, 1e-9)
    assert not is_same({"a": 0.5}, {"b": 0.5}, 1e-9)


def test_rows_are_matched_by_key_and_columns_that_differ_are_named():
    contract = Table(
        "t", Layer.RESULTS, 1, "one row a day",
        (Column("day", "date", "the day"), Column("n", "bigint", "a count"), Column("x", "double", "a share")),
        key=("day",),
    )  # fmt: skip
    days = [date(2018, 1, 1), date(2018, 1, 2)]
    left = pa.table({"day": days, "n": [1, 2], "x": [0.5, None]})
    assert differences(left, left.take([1, 0]), contract) == []
    other = pa.table({"day": days, "n": [1, 3], "x": [0.5, None]})
    assert differences(left, other, contract) == ["results.t.n differs in 1 of 2 rows"]
    assert differences(left, left.slice(1), contract) == ["results.t: 2 and 1 rows, or other keys"]
