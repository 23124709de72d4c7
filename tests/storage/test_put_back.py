"""A commit that moved rows out of raw.quarantine is taken back: what left in it comes back, and nothing else."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from pyspark.sql import DataFrame

from footfall.contract import EVERY_ROW
from footfall.runtime.quarantine import REPLAYED_BY
from footfall.storage.lake import Lake
from footfall.storage.undo import put_back
from footfall.tables import QUARANTINE

NAME, EVENTS, LABEL = QUARANTINE.full_name, "target = 'events'", "replay"
RETENTION = "delta.deletedFileRetentionDuration"


def _rows(lake: Lake, *rows: tuple[int, int], target: str = "events") -> DataFrame:
    """Rows (position, batch) of raw.quarantine."""
    taken = datetime(2024, 3, 1, tzinfo=UTC)
    whole = [("f", target, "1.csv", position, 0, ["rule"], "{}", taken, batch) for position, batch in rows]
    return lake.spark.createDataFrame(whole, lake.empty(QUARANTINE).schema)


def _held(lake: Lake) -> list[tuple[str, int, int]]:
    return sorted(tuple(row) for row in lake.read(NAME).select("target", "position", "batch_id").collect())


def test_only_what_left_in_the_commit_comes_back_also_beyond_the_retention_as_long_as_its_files_are_there(
    lake: Lake,
) -> None:
    """Rows 1 and 2 were moved, of which 1 is broken all the same; since then somebody deleted 4, and a batch set 5 aside."""
    lake.ensure(QUARANTINE)
    before = _rows(lake, (1, 1), (2, 1), (3, 1), (4, 1)).unionByName(_rows(lake, (1, 1), target="reviews"))
    lake.replace(NAME, before, EVERY_ROW, label="")
    lake.replace(NAME, _rows(lake, (1, 2), (3, 1), (4, 1)), EVENTS, label=LABEL)
    landing = lake.landing(NAME, LABEL)
    assert landing is not None
    lake.replace(NAME, _rows(lake, (5, 3)), "position >= 4", label="")

    def is_put_back() -> bool:
        return put_back(lake, NAME, landing, condition=EVENTS, key=REPLAYED_BY, batch_id=2)

    back = [("events", 1, 1), ("events", 2, 1), ("events", 3, 1), ("events", 5, 3), ("reviews", 1, 1)]
    assert is_put_back()
    assert _held(lake) == back
    # a try that died before the batch was given up is taken back once more
    lake.replace(NAME, _rows(lake, (1, 2)), "target = 'events' AND position <= 2", label="")
    lake.set_property(NAME, RETENTION, "interval 1 second")
    time.sleep(1.1)
    assert is_put_back()
    assert _held(lake) == back
    assert (lake.properties(NAME) or {})[RETENTION] == "interval 1 second"

    lake.replace(NAME, _rows(lake, (1, 2)), "target = 'events' AND position <= 2", label="")
    time.sleep(1.1)
    lake.spark.sql(f"VACUUM {lake.name(NAME)}").collect()
    assert not is_put_back()
    assert _held(lake) == [row for row in back if row[:2] not in {("events", 1), ("events", 2)}]
