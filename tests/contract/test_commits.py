"""What readers see of a table that a batch left and others have committed to since."""

from __future__ import annotations

import pytest

from footfall.contract.commits import Commit, View, newest_with, removes_rows, view_of

TABLE = "refined.numbers"
OPEN_BATCH = 4  # of the step `add`; the batches before it are over


def _is_finished(step: str, batch_id: int) -> bool:
    return step == "add" and batch_id < OPEN_BATCH


def _append(version: int, batch_id: int) -> Commit:
    return Commit(version, "WRITE", f"add/{TABLE}/{batch_id}", appends=True)


CASES: dict[str, tuple[list[Commit], View]] = {
    "nobody else": ([], View(5, 5)),
    "OPTIMIZE by hand": ([Commit(6, "OPTIMIZE")], View(6, 5)),
    "DELETE by hand": ([Commit(6, "DELETE")], View(6, 6)),
    "DELETE, then VACUUM": ([Commit(6, "DELETE"), Commit(7, "VACUUM START"), Commit(8, "VACUUM END")], View(8, 6)),
    "an open batch": ([_append(6, OPEN_BATCH)], View(5, 5)),
    "DELETE below an open batch": ([Commit(6, "DELETE"), _append(7, OPEN_BATCH)], View(6, 6)),
    "DELETE above an open batch": ([_append(6, OPEN_BATCH), Commit(7, "DELETE")], View(5, 5)),
    "a batch that was undone by removal": (
        [_append(6, 3), Commit(7, "WRITE", f"undo/add/{TABLE}/3")],
        View(7, 5),
    ),
    "DELETE between a batch and its removal": (
        [_append(6, 3), Commit(7, "DELETE"), Commit(8, "WRITE", f"undo/add/{TABLE}/3")],
        View(8, 7),
    ),
    "a batch that was undone by RESTORE": ([_append(6, 3), Commit(7, "RESTORE", restored=5)], View(7, 5)),
    "RESTORE to before the closed version": ([Commit(6, "RESTORE", restored=2)], View(6, 6)),
    "DELETE and RESTORE by hand": ([Commit(6, "DELETE"), Commit(7, "RESTORE", restored=5)], View(7, 5)),
    "rows past their time": ([Commit(6, "WRITE", f"expire_{TABLE}/{TABLE}/1")], View(6, 5)),
    "somebody's own user metadata": ([Commit(6, "WRITE", "cleanup/2024/11", appends=True)], View(6, 6)),
    "a batch of another run that these books do not know": ([_append(6, OPEN_BATCH + 1)], View(5, 5)),
    "commits before the closed version": ([Commit(4, "DELETE"), Commit(5, "WRITE")], View(5, 5)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_version_to_read_and_the_one_that_last_changed_rows(case: str):
    commits, expected = CASES[case]
    assert view_of(TABLE, 5, reversed(commits), _is_finished) == expected


def test_rows_of_an_old_version_are_read_from_the_newest_that_still_has_them():
    optimized, closed = Commit(6, "OPTIMIZE"), _append(7, 3)
    assert newest_with(5, []) == 5
    assert newest_with(5, [optimized, closed]) == 6
    assert newest_with(5, [Commit(6, "DELETE"), Commit(7, "OPTIMIZE")]) == 5
    assert newest_with(5, [_append(6, 4), Commit(7, "WRITE", f"undo/add/{TABLE}/4")]) == 7
    dead_and_deleted = [_append(6, 4), Commit(7, "DELETE"), Commit(8, "WRITE", f"undo/add/{TABLE}/4")]
    assert newest_with(5, dead_and_deleted) == 5  # neither the rows of batch 4 nor without the deleted ones


@pytest.mark.parametrize(
    ("commit", "removes"),
    [
        (_append(6, 3), False),
        (Commit(6, "OPTIMIZE"), False),
        (Commit(6, "WRITE", "expire_x/raw.x/1"), False),
        (Commit(6, "DELETE"), True),
        (Commit(6, "WRITE", f"add/{TABLE}/3"), True),  # an overwrite
        (Commit(6, "MERGE"), True),
    ],
)
def test_only_deletes_updates_and_overwrites_take_rows_away(commit: Commit, *, removes: bool):
    assert removes_rows([commit]) is removes


def test_a_commit_is_read_from_delta_s_description_of_it():
    row = {
        "version": 7,
        "operation": "WRITE",
        "userMetadata": f"add/{TABLE}/2",
        "operationParameters": {"mode": "Append"},
    }
    assert Commit.of(row) == Commit(7, "WRITE", f"add/{TABLE}/2", appends=True)
    assert Commit.of(row).batch(TABLE) == ("add", 2)
    assert Commit.of(row).batch("raw.quarantine") is None
    restore = {"version": 8, "operation": "RESTORE", "operationParameters": {"version": "5", "timestamp": None}}
    assert Commit.of(restore) == Commit(8, "RESTORE", restored=5)
