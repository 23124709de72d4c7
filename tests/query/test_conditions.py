"""Values of filters: each kind of number on money, dates with and without a time of day, nulls, and what is refused in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake

from footfall.errors import DataError
from footfall.query import ClosedTable

FIRST, SECOND, THIRD = date(2018, 1, 1), date(2018, 1, 2), date(2018, 1, 3)
ROWS = pa.table(
    {
        "name": ["a", "b", "c", "d"],
        "as_of_date": [FIRST, FIRST, SECOND, THIRD],
        "day": [FIRST, SECOND, None, THIRD],
        "amount": pa.array([Decimal("5.9999"), Decimal(6), Decimal("6.1"), None], pa.decimal128(18, 4)),
        "orders": [5, 6, None, 7],
        "score": [0.5, None, 6.0, 7.0],
        "at": pa.array([datetime(2018, 1, n, 12, tzinfo=UTC) for n in (1, 2, 3, 4)], pa.timestamp("us", "UTC")),
        "is_new": [True, False, None, True],
    }
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> ClosedTable:
    path = str(tmp_path_factory.mktemp("conditions") / "rows")
    write_deltalake(path, ROWS, partition_by=["as_of_date"])
    return ClosedTable("results.rows", path, DeltaTable(path), None)


def names(table: ClosedTable, *conditions: Any) -> str:
    return "".join(sorted(table.to_arrow(["name"], list(conditions))["name"].to_pylist()))


@pytest.mark.parametrize("six", [6, 6.0, Decimal(6), Decimal("6.000000"), np.int64(6), np.float64(6)])
@pytest.mark.parametrize(
    ("operator", "expected"),
    [(">", "c"), (">=", "bc"), ("<", "a"), ("<=", "ab"), ("=", "b"), ("==", "b"), ("!=", "ac")],
)
def test_every_kind_of_number_says_the_same_on_money(table: ClosedTable, operator: str, six: Any, expected: str):
    assert names(table, ("amount", operator, six)) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("amount", "=", 6.1), "c"),
        (("amount", "<", Decimal("5.99991")), "a"),
        (("amount", ">", Decimal("5.99989")), "abc"),
        (("amount", ">=", Decimal("5.99991")), "bc"),
        (("amount", "=", Decimal("5.99991")), ""),
        (("amount", "!=", Decimal("5.99991")), "abc"),
        (("amount", "in", {Decimal("5.99991"), 6, 6.1}), "bc"),
        (("amount", "not in", [6, 10**40]), "acd"),
        (("amount", "<", 10**40), "abc"),
        (("amount", ">", float("-inf")), "abc"),
        (("amount", ">", float("inf")), ""),
        (("orders", ">", 5.5), "bd"),
        (("orders", "<=", Decimal("6.5")), "ab"),
        (("orders", "in", {6.0, 6.5}), "b"),
        (("score", ">", 6), "d"),
        (("score", "=", Decimal("0.5")), "a"),
    ],
)
def test_a_number_that_the_column_cannot_hold_keeps_its_exact_meaning(
    table: ClosedTable, condition: Any, expected: str
):
    assert names(table, condition) == expected


@pytest.mark.parametrize("column", ["as_of_date", "day"])
@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("=", FIRST, {"as_of_date": "ab", "day": "a"}),
        ("=", datetime.fromisoformat("2018-01-01"), {"as_of_date": "ab", "day": "a"}),
        ("=", pd.Timestamp("2018-01-01"), {"as_of_date": "ab", "day": "a"}),
        ("=", np.datetime64("2018-01-01"), {"as_of_date": "ab", "day": "a"}),
        ("=", datetime.fromisoformat("2018-01-01 12:00"), {"as_of_date": "", "day": ""}),
        ("!=", SECOND, {"as_of_date": "abd", "day": "ad"}),
        (">", datetime.fromisoformat("2018-01-01 12:00"), {"as_of_date": "cd", "day": "bd"}),
        ("<", datetime.fromisoformat("2018-01-01 12:00"), {"as_of_date": "ab", "day": "a"}),
        ("in", {FIRST, THIRD}, {"as_of_date": "abd", "day": "ad"}),
        ("in", [FIRST, None], {"as_of_date": "ab", "day": "ac"}),
        ("in", [], {"as_of_date": "", "day": ""}),
        ("in", [None], {"as_of_date": "", "day": "c"}),
        ("not in", (FIRST,), {"as_of_date": "cd", "day": "bcd"}),
        ("not in", [None], {"as_of_date": "abcd", "day": "abd"}),
    ],
)
def test_a_date_is_compared_alike_in_a_partition_column_and_in_any_other(
    table: ClosedTable, column: str, operator: str, value: Any, expected: dict[str, str]
):
    assert names(table, (column, operator, value)) == expected[column]


def test_a_time_is_compared_with_a_moment_or_with_the_start_of_a_day_in_utc(table: ClosedTable):
    assert names(table, ("at", "<", datetime(2018, 1, 2, 12, tzinfo=UTC))) == "a"
    assert names(table, ("at", ">=", SECOND)) == "bcd"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            ("amount", ">", "6"),
            r"amount is decimal128\(18, 4\); '6' cannot be .*\nFix: Give an int, a float or a Decimal",
        ),
        (("amount", ">", float("nan")), r"NaN is no number to compare with"),
        (("amount", ">", True), r"True cannot be compared with that"),
        (("as_of_date", "=", "2018-01-01"), r"as_of_date is date32.*\nFix: Give a date, or a datetime without offset"),
        (("as_of_date", "=", datetime(2018, 1, 1, tzinfo=UTC)), r"Give a date, or a datetime without offset"),
        (("as_of_date", "=", None), r'a comparison with None holds .*\nFix: Write \("as_of_date", "in", \[None\]\)'),
        (("day", "!=", None), r'Fix: Write \("day", "not in", \[None\]\)'),
        (("day", "<", pd.NaT), r"NaT cannot be compared with that"),
        (("at", "<", datetime.fromisoformat("2018-01-01")), r"Give a datetime with offset"),
        (("name", "in", "abc"), r"`in` needs a list or a set"),
        (("is_new", "=", 1), r"Fix: Give True or False"),
        (
            ("name", "like", "a%"),
            r"is no condition of a column, an operator and a value\.\nFix: Write conditions such as",
        ),
        (("score", "<", 10**400), r"the number is too great"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused_in_words(table: ClosedTable, condition: Any, words: str):
    with pytest.raises(DataError, match=words):
        names(table, condition)


@pytest.mark.parametrize("filters", ["amount > 6", {"amount": 6}, ("amount", ">", 6), [["amount", ">", 6]], [6]])
def test_filters_of_another_form_are_refused_with_the_forms_that_are_accepted(table: ClosedTable, filters: Any):
    with pytest.raises(DataError, match=r"Fix: Write conditions such as .* or an Expression of pyarrow"):
        table.to_arrow(["name"], filters)


def test_an_expression_of_pyarrow_chooses_rows_also_by_columns_that_are_not_asked_for(table: ClosedTable):
    assert sorted(table.to_arrow(["name"], pc.field("orders") > 5)["name"].to_pylist()) == ["b", "d"]
    assert table.to_arrow(["name"], pc.field("as_of_date") == SECOND).to_pydict() == {"name": ["c"]}


@pytest.mark.parametrize("expression", [pc.field("amount") > 6, pc.field("nothing") > 6, pc.field("name") > 6])
def test_an_expression_that_does_not_fit_the_columns_is_refused_in_words(table: ClosedTable, expression: Any):
    with pytest.raises(DataError, match=r"results\.rows: the filter .* does not fit its columns(.|\n)*Fix: Cast"):
        table.to_arrow(["name"], expression)


def test_one_group_of_conditions_is_enough(table: ClosedTable):
    groups = [[("as_of_date", "=", FIRST), ("amount", ">", 5)], [("orders", ">", 6)], []]
    assert sorted(table.to_pandas(["name"], groups)["name"]) == ["a", "b", "d"]
