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
