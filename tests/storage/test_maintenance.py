"""OPTIMIZE and VACUUM of a table: what they leave to readers, what they leave alone, and that a second time changes nothing."""

from __future__ import annotations

import time

import pytest

from footfall.errors import TryAgain
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.maintenance import Health, maintain, require_all
from footfall.tables import QUARANTINE
from runtime.numbers_shared import NUMBERS, Killed, add_numbers, numbers_in, runner_of, sum_numbers

TABLE = NUMBERS.full_name


def _maintain(lake: Lake, table: str = TABLE, *, dry_run: bool = False) -> Health | None:
    """As a new process does it."""
    anew = Lake(lake.spark, lake.root)
    return maintain(anew, runner_of(anew).books, table, dry_run=dry_run)


def test_small_files_become_one_and_old_ones_go_and_a_second_time_changes_nothing(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 1)])
    runner_of(lake).run([add_numbers(lake, 2, version=2)])
    planned = _maintain(lake, dry_run=True)
    assert planned == Health(TABLE, files_before=2, files_after=2)
    first = _maintain(lake)
    assert first == Health(TABLE, files_before=2, files_after=1)
    lake.set_property(TABLE, "delta.deletedFileRetentionDuration", "interval 1 second")
    time.sleep(1.1)
    second = _maintain(lake)
    assert second is not None
    assert (second.files_before, second.files_after, second.files_deleted) == (1, 1, 2)
    assert second.bytes_freed
    version = lake.version(TABLE)
    assert _maintain(lake) == Health(TABLE, files_before=1, files_after=1)
    assert lake.version(TABLE) == version
    assert numbers_in(lake) == [1, 2]
    lines: list[str] = []
    runner_of(lake, lines=lines).run([add_numbers(lake, 1, version=2), sum_numbers()])
    assert "nothing new" in lines[0]
    assert [row["total"] for row in lake.read("results.total").collect()] == [3]


def test_a_table_that_a_batch_reads_or_writes_is_left_alone_until_it_is_over(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner_of(lake).run([add_numbers(lake, 1)])
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            runner_of(lake).run([sum_numbers()])
    version = lake.version(TABLE)
    lake.ensure(QUARANTINE)
    tables = (TABLE, "results.total", QUARANTINE.full_name)
    healths = [health for table in tables if (health := _maintain(lake, table))]
    assert [health.kept for health in healths] == [
        "sum_numbers has a batch that is not over",
        "no batch that wrote it is closed",
        "sum_numbers has a batch that is not over",
    ]
    assert lake.version(TABLE) == version
    with pytest.raises(TryAgain, match=r"left alone.*refined\.numbers, results\.total, raw\.quarantine") as fault:
        require_all(healths)
    assert fault.value.exit_code == 75


def test_a_table_that_is_not_there_has_no_health(lake: Lake) -> None:
    assert _maintain(lake, "refined.nothing") is None


def test_the_books_are_cared_for_too(lake: Lake) -> None:
    for version in (1, 2):
        runner_of(lake).run([add_numbers(lake, version, version=version)])
    health = _maintain(lake, "books.batches")
    assert health is not None
    assert (health.files_before, health.files_after) == (4, 1)
    lines: list[str] = []
    runner_of(lake, lines=lines).run([add_numbers(lake, 2, version=2)])
    assert "nothing new" in lines[0]


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (Health("raw.x", 12, 3, 9, 1_500_000), "     12 -> 3 files, 9 old files deleted, 1.5 MB freed"),
        (Health("raw.x", 1, 1, 2, 999), "      1 -> 1 files, 2 old files deleted, 999 B freed"),
        (Health("raw.x", kept="why"), "left alone: why"),
    ],
)
def test_the_line_of_a_table(health: Health, words: str) -> None:
    assert str(health).removeprefix(f"{'raw.x':<42}").strip() == words.strip()
