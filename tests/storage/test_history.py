"""What the books still need stays in books.batches; the rest moves to books.history, once, also after a kill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from footfall.storage import history
from footfall.storage.history import archive, needed
from footfall.storage.lake import Lake
from footfall.tables import HISTORY
from runtime.numbers_shared import Killed, add_numbers, runner_of, states_of, sum_numbers


def _row(step: str, batch_id: int, state: str, outcome: str = "", **outputs: str) -> dict[str, Any]:
    named = {name.replace("__", ".").replace("model_", "model:"): version for name, version in outputs.items()}
    return {"step": step, "batch_id": batch_id, "state": state, "outcome": outcome, "outputs": named}


def test_what_the_books_still_look_at_is_needed_and_nothing_else() -> None:
    rows: list[Mapping[str, Any]] = [
        _row("train", 1, "closed", "done", model_churn="1"),
        _row("train", 2, "closed", "done", model_churn="2"),  # registered last
        _row("train", 3, "closed", "done"),
        _row("train", 4, "closed", "done"),  # closed last
        _row("train", 5, "closed", "abandoned: DataError"),
        _row("score", 1, "closed", "done", results__a="4", results__b="2"),  # wrote b last
        _row("score", 2, "closed", "done", results__a="5"),
        _row("score", 3, "closed", "done", results__a="6"),
        _row("score", 4, "open"),
    ]
    assert needed(rows) == {("train", 2), ("train", 4), ("train", 5), ("score", 1), ("score", 3), ("score", 4)}


def test_old_rows_move_once_and_the_next_run_sees_the_same_books(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(1, 4):
        runner_of(lake).run([add_numbers(lake, n, version=n), sum_numbers()])
    before = runner_of(lake).books
    with monkeypatch.context() as patch:  # killed after the rows are copied
        patch.setattr(history, "_forget", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            archive(lake)
    assert archive(lake) == 8
    assert archive(lake) == 0
    assert states_of(lake, "sum_numbers") == [(3, "closed"), (3, "open")]
    moved = lake.read(HISTORY.full_name).groupBy("step", "batch_id", "state").count().collect()
    assert sorted((row["step"], row["batch_id"], row["count"]) for row in moved) == [
        (step, batch_id, 1) for step in ("add_numbers", "sum_numbers") for batch_id in (1, 1, 2, 2)
    ]
    after = runner_of(lake).books
    assert after.last_closed("sum_numbers") == before.last_closed("sum_numbers")
    assert after.pin("refined.numbers") == before.pin("refined.numbers")
    lines: list[str] = []
    runner_of(lake, lines=lines).run([add_numbers(lake, 3, version=3), sum_numbers()])
    assert all(line.endswith("nothing new") for line in lines)
