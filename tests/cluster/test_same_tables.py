"""The comparison of lakes sees what it must see, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from cluster.same_tables import differences, is_same, read_lake
from footfall.contract import Column, Layer, Table

SCORES = Table(
    name="scores",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per person and day",
    columns=(
        Column("user_id", "string", "person"),
        Column("day", "int", "day"),
        Column("amount", "double", "exact"),
        Column("score", "double", "roughly", tolerance=1e-6),
    ),
    key=("user_id", "day"),
)


def rows(**changed: Any) -> pa.Table:
    columns = {"user_id": ["a", "b"], "day": [1, 1], "amount": [1.5, None], "score": [0.25, 0.5], "batch_id": [1, 1]}
    return pa.table({**columns, **changed})


def test_the_same_rows_in_another_order_are_the_same() -> None:
    turned = rows().take([1, 0]).select(["score", "day", "batch_id", "amount", "user_id"])
    assert differences(rows(), turned, SCORES) == []


def test_a_float_within_its_tolerance_is_the_same_and_beyond_it_is_told_with_its_key() -> None:
    assert differences(rows(), rows(score=[0.25, 0.5000004]), SCORES) == []
    assert differences(rows(), rows(score=[0.25, 0.500001]), SCORES) == [
        "score differs in 1 of 2 rows (tolerance 1e-06): ('b', 1): 0.5 and 0.500001"
    ]


def test_a_column_without_tolerance_is_compared_to_the_bit() -> None:
    assert differences(rows(), rows(amount=[1.5000000000000002, None]), SCORES) == [
        "amount differs in 1 of 2 rows (tolerance 0.0): ('a', 1): 1.5 and 1.5000000000000002"
    ]


def test_null_is_not_zero() -> None:
    assert differences(rows(), rows(amount=[1.5, 0.0]), SCORES) == [
        "amount differs in 1 of 2 rows (tolerance 0.0): ('b', 1): None and 0.0"
    ]


def test_a_missing_row_a_doubled_row_and_a_missing_column_are_told() -> None:
    assert differences(rows(), rows().slice(0, 1), SCORES) == [
        "2 and 1 rows; only left: 1 [('b', 1)]; only right: 0 []"
    ]
    assert differences(rows(), pa.concat_tables([rows(), rows().slice(0, 1)]), SCORES) == [
        "2 and 3 rows; only left: 0 []; only right: 0 []"
    ]
    assert differences(rows(), rows().drop_columns(["amount"]), SCORES) == ["columns differ: ['amount']"]


def test_maps_have_no_order() -> None:
    kind = pa.map_(pa.string(), pa.int64())
    left = rows(amount=pa.array([[("x", 1), ("y", 2)], None], kind))
    right = rows(amount=pa.array([[("y", 2), ("x", 1)], None], kind))
    assert differences(left, right, SCORES) == []


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1.0, 0.0], [1.0, 1e-7], True),  # measured against the vector, not against its zero
        ([1.0, 0.0], [1.0, 1e-5], False),
        ([1.0], [1.0, 1.0], False),
        ([{"name": "recency", "by": 0.5}], [{"name": "recency", "by": 0.5000001}], True),
        ([{"name": "recency", "by": 0.5}], [{"name": "money", "by": 0.5}], False),
        (float("nan"), float("nan"), True),
        (1, 1.0, False),
    ],
)
def test_nested_values_are_compared_within_the_tolerance(a: Any, b: Any, expected: bool) -> None:
    assert is_same(a, b, 1e-6) is expected


def test_a_lake_is_read_table_by_table(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "results" / "scores"), rows())
    assert read_lake(tmp_path).keys() == {"results.scores"}
    assert differences(read_lake(tmp_path)["results.scores"], rows(), SCORES) == []
