"""A batch's commit is found by its label, however many commits of others are between."""

from __future__ import annotations

import pytest

from footfall.storage import lake as storage
from footfall.storage.lake import Lake
from runtime.numbers_shared import NUMBERS


def test_a_label_is_found_below_newer_commits(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "NEWEST", 2)
    rows = lake.spark.createDataFrame([(1,), (2,)], "n int")
    for batch_id in range(1, 5):
        lake.write(NUMBERS, rows, label=f"add/{batch_id}", batch_id=batch_id)
    assert [lake.landing(NUMBERS.full_name, f"add/{n}") for n in (1, 4, 5)] == [
        storage.Landing(1, 2),
        storage.Landing(4, 2),
        None,
    ]


def test_a_second_write_of_the_same_app_and_batch_adds_nothing(lake: Lake) -> None:
    rows = lake.spark.createDataFrame([(1,)], "n int")
    for label in ("first", "second"):
        lake.write(NUMBERS, rows, label=label, app="add", batch_id=1)
    assert lake.read(NUMBERS.full_name).count() == 1
    assert lake.landing(NUMBERS.full_name, "second") is None


def test_a_log_tells_whether_rows_were_only_added(lake: Lake) -> None:
    name, rows = lake.name(NUMBERS.full_name), lake.spark.createDataFrame([(1,)], "n int")
    lake.write(NUMBERS, rows, label="add/1", batch_id=1)  # version 1, after the table's birth
    lake.set_property(NUMBERS.full_name, "note", "new")
    lake.write(NUMBERS, rows, label="add/2", batch_id=2)  # version 3
    assert lake.only_appended(NUMBERS.full_name, after=0, upto=3)
    lake.spark.sql(f"DELETE FROM {name} WHERE batch_id = 1")
    assert not lake.only_appended(NUMBERS.full_name, after=3, upto=4)
    assert not lake.only_appended(NUMBERS.full_name, after=0, upto=4)
    assert lake.only_appended(NUMBERS.full_name, after=4, upto=4)
    assert not lake.only_appended(NUMBERS.full_name, after=4, upto=5)  # a version that the log does not have
