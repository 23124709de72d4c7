"""Moves rows of books.batches that count no more to books.history, so that a start reads a few rows a step. Touches `books` only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID
from footfall.contract.commits import written_tables
from footfall.storage.batch import ABANDONED, MODEL
from footfall.storage.journal import CLOSED
from footfall.storage.lake import Lake
from footfall.tables import BATCHES, HISTORY


def needed(rows: Iterable[Mapping[str, Any]]) -> set[tuple[str, int]]:
    """The batches, as (step, batch_id), that the books still look at; from rows of books.batches.

    Of each step: the newest batch and whatever is open; the newest closed one that was not abandoned; the newest that
    registered a model; and of each table the newest that wrote it.
    """
    newest: dict[tuple[str, ...], tuple[int, int, str]] = {}  # what is looked for -> version or batch, batch, step

    def keep(what: tuple[str, ...], order: int, row: Mapping[str, Any]) -> None:
        newest[what] = max(newest.get(what, (-1, -1, "")), (order, row["batch_id"], row["step"]))

    for row in rows:
        step, batch_id, outputs = row["step"], row["batch_id"], row["outputs"]
        keep(("newest", step), batch_id, row)
        if row["state"] != CLOSED or (row["outcome"] or "").startswith(ABANDONED):
            continue
        keep(("closed", step), batch_id, row)
        if any(name.startswith(MODEL) for name in outputs):
            keep(("registered", step), batch_id, row)
        for name, version in written_tables(outputs).items():
            keep(("table", name), version, row)
    return {(step, batch_id) for _, batch_id, step in newest.values()}


def archive(lake: Lake) -> int:
    """Moves what counts no more; returns the rows that are moved. Killed anywhere and started again, nothing is lost or twice.

    Only batches older than the step's newest are moved, so a run that works meanwhile adds rows and misses none.
    """
    batches = lake.read(BATCHES.full_name)
    columns = ("step", "batch_id", "state", "outcome", "outputs")
    kept = sorted(needed(row.asDict() for row in batches.select(*columns).collect()))
    if not kept:
        return 0
    lake.ensure(HISTORY)
    frame = lake.spark.createDataFrame(
        pa.table({"step": [step for step, _ in kept], "batch_id": pa.array([n for _, n in kept], pa.int64())})
    )
    old = batches.join(F.broadcast(frame), on=["step", "batch_id"], how="left_anti")
    key = list(HISTORY.key)
    there = lake.read(HISTORY.full_name).select(*key)
    new = old.join(there, on=key, how="left_anti").select(*HISTORY.column_names, BATCH_ID.name)
    count = old.count()
    if count:
        lake.write(HISTORY, new, label="archive", batch_id=0)
        _forget(lake)
    return count


def _forget(lake: Lake) -> None:
    """Deletes from books.batches what is in books.history."""
    same = " AND ".join(f"b.{column} = h.{column}" for column in HISTORY.key)
    lake.spark.sql(
        f"MERGE INTO {lake.name(BATCHES.full_name)} b USING {lake.name(HISTORY.full_name)} h ON {same} WHEN MATCHED THEN DELETE"
    ).collect()
