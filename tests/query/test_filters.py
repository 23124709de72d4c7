"""Filters beside a NaN: files' statistics leave it out, so each row is compared; and what a partition can answer alone."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from footfall.errors import DataError
from footfall.query import ClosedTable
from footfall.query.filters import groups_of, on_partitions

NAN = float("nan")


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> ClosedTable:
    """Two files, whose statistics say that `score` lies between 1 and 2 and is 2."""
    path = str(tmp_path_factory.mktemp("nan") / "scores")
    for rows in ([("one", 1.0), ("two", 2.0), ("nan", NAN), ("null", None)], [("also two", 2.0), ("also nan", NAN)]):
        names, values = zip(*rows, strict=True)
        write_deltalake(path, pa.table({"name": names, "score": pa.array(values, pa.float64())}), mode="append")
    return ClosedTable("results.scores", path, DeltaTable(path), None)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("score", "!=", 2.0), ["also nan", "nan", "one"]),
        (("score", "<", 5.0), ["also two", "one", "two"]),
        (("score", ">", 5.0), []),
        (("score", "not in", [2.0]), ["also nan", "nan", "null", "one"]),
    ],
)
def test_a_nan_is_compared_as_a_number_is_not_left_out_with_its_file(
    scores: ClosedTable, condition: Any, expected: list[str]
):
    assert sorted(scores.to_arrow(["name"], [condition])["name"].to_pylist()) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("score < 5", ["also two", "one", "two"]),
        ("score <> 2", ["also nan", "nan", "one"]),
        ("isnan(score)", ["also nan", "nan"]),
        ("NOT (score <= 2)", ["also nan", "nan"]),
    ],
)
def test_duckdb_finds_every_nan_in_the_arrow_table(scores: ClosedTable, where: str, expected: list[str]):
    """Through delta-rs's own dataset it finds other rows (deltalake 1.6.6, DuckDB 2.0.0), hence not that way."""
    rows = scores.to_arrow()
    assert duckdb.sql(f"SELECT name FROM rows WHERE {where} ORDER BY name").fetchall() == [(name,) for name in expected]
    assert rows.num_rows == 6


def test_a_table_that_this_footfall_does_not_declare_is_read_all_the_same(scores: ClosedTable):
    assert len(scores) == 6
    with pytest.raises(DataError, match=r"results\.scores: this version of footfall declares no such table"):
        _ = scores.contract


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (None, None),
        ([("day", "==", 1), ("name", "=", "a")], [[("day", "=", 1)]]),
        ([("name", "=", "a")], None),
        ([[("day", "=", 1)], [("day", "<=", 2), ("name", "=", "a")]], [[("day", "=", 1)], [("day", "<=", 2)]]),
        ([[("day", "=", 1)], [("name", "=", "a")]], None),
    ],
)
def test_partitions_are_chosen_only_where_every_group_of_conditions_says_which(filters: Any, expected: Any):
    assert on_partitions(groups_of(filters), ["day"]) == expected
