"""Which version of a table its readers use, by the rows of books.batches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from footfall.query.closed import closed_versions, finished_in

NOW = datetime(2018, 1, 3, 6, tzinfo=UTC)


def _row(step: str, batch_id: int, state: str, **outputs: int) -> dict[str, Any]:
    named = {name.replace("__", "."): str(version) for name, version in outputs.items()}
    return {"step": step, "batch_id": batch_id, "state": state, "outputs": named, "now": NOW}


def _versions(*rows: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (closed.version, closed.batch_id) for name, closed in closed_versions(rows).items()}


def test_the_newest_closed_batch_counts_whatever_the_order_of_the_rows():
    first = _row("score", 9, "closed", results__user_scores=20)
    second = _row("score", 10, "closed", results__user_scores=22)
    third = _row("score", 11, "open")
    expected = {"results.user_scores": (22, 10)}
    assert _versions(first, second, third) == _versions(third, second, first) == expected


def test_a_batch_that_closed_without_writing_a_table_hides_no_earlier_version():
    rows = [
        _row("score", 1, "closed", results__user_scores=3, results__segments=5),
        _row("score", 2, "closed", results__segments=6),
        _row("score", 3, "closed"),  # abandoned
    ]
    assert _versions(*rows) == {"results.segments": (6, 2), "results.user_scores": (3, 1)}


def test_rows_and_models_among_the_outputs_are_no_tables():
    outputs = {"results.segments": "4", "results.segments#rows": "500", "model:churn": "7", "promotes:churn": "7"}
    row = {**_row("score", 1, "closed"), "outputs": outputs}
    assert _versions(row) == {"results.segments": (4, 1)}


def test_no_batch_gives_no_table():
    assert _versions() == {}


def test_a_batch_before_the_newest_of_its_step_is_over_though_maintenance_moved_its_rows_away() -> None:
    rows = [{"step": "score", "batch_id": n, "state": state} for n, state in ((5, "open"), (5, "closed"), (6, "open"))]
    is_finished = finished_in(rows)
    assert [n for n in range(3, 8) if is_finished("score", n)] == [3, 4, 5]
    assert not is_finished("train", 1)
