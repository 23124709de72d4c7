"""A shop's Delta table that others change: each change is counted, and a hole in its change feed costs a full read, no row."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from footfall.errors import SourceError
from footfall.runtime.inputs import StepInputs
from footfall.steps.step import Read, Step, StepResult
from footfall.storage.in_place import TableRead, pin_in_place, read_in_place
from footfall.storage.lake import Lake
from runtime.numbers_shared import runner_of

FEED = "delta.enableChangeDataFeed"
HOLE = "its change feed has a hole"
BILLS = {"b1": 1, "b2": 2, "b3": 3}


class TheirTable:
    """A Delta table of bills and numbers, written by delta-rs, which takes milliseconds for what Spark takes seconds for."""

    def __init__(self, spark: SparkSession, folder: Path, *, feed: bool = True) -> None:
        self.spark, self.path = spark, str(folder / "bills")
        write_deltalake(self.path, _rows(BILLS), configuration={FEED: str(feed).lower()})
        self.before = pin_in_place(spark, self.path)

    @property
    def table(self) -> DeltaTable:
        """As it is now."""
        return DeltaTable(self.path)

    def add(self, bills: dict[str, Any]) -> None:
        """Appends rows."""
        write_deltalake(self.path, _rows(bills), mode="append")

    def update(self, bill: str, number: int) -> None:
        """Gives one bill another number."""
        self.table.update(new_values={"number": number}, predicate=f"bill = '{bill}'")

    def overwrite(self, rows: pa.Table) -> None:
        """Replaces all rows, and the columns with them."""
        write_deltalake(self.path, rows, mode="overwrite", schema_mode="overwrite")

    def news(self) -> TableRead:
        """What is new since the table was made."""
        return read_in_place(self.spark, self.path, pin_in_place(self.spark, self.path), self.before, only_new=True)


def _rows(bills: dict[str, Any]) -> pa.Table:
    return pa.table({"bill": list(bills), "number": pa.array(bills.values(), pa.int32())})


def _read(read: TableRead) -> tuple[list[str], dict[str, int] | None, str]:
    """The rows, what is counted, and why all of them were read."""
    assert read.changes is not None
    rows = sorted(f"{row['bill']} {row['number']}" for row in read.rows.collect())
    return rows, read.changes.rows.as_map() if read.changes.rows else None, read.changes.full_read


def test_only_what_came_of_changes_is_read_by_the_change_feed_and_all_of_them_are_counted(
    spark: SparkSession, tmp_path: Path
) -> None:
    theirs = TheirTable(spark, tmp_path)
    theirs.add({"b4": 4, "b5": 5})
    theirs.add({"b5": 5})
    theirs.update("b4", 40)  # nobody here saw it as 4
    theirs.update("b2", 20)
    theirs.update("b2", 21)
    theirs.table.delete("bill = 'b3'")
    theirs.add({"b6": 6})
    theirs.table.delete("bill = 'b6'")  # came and went
    theirs.table.optimize.compact()
    read = theirs.news()
    rows, counts, full_read = _read(read)
    assert rows == ["b2 21", "b4 40", "b5 5", "b5 5"]
    assert (counts, full_read) == ({"inserted": 3, "updated": 1, "deleted": 1}, "")
    assert read.changes is not None
    assert read.changes.warning("till", "refined.order_lines") == (
        "till for refined.order_lines: its Delta table, from version 0 to 9: 1 rows were updated and 1 deleted. An updated row "
        "comes as another row of its key (`on_conflict`), and what was made of a deleted one stays."
    )


def test_rows_that_are_only_written_anew_are_no_news(spark: SparkSession, tmp_path: Path) -> None:
    theirs = TheirTable(spark, tmp_path)
    theirs.overwrite(_rows({**BILLS, "b4": 4}))
    assert _read(theirs.news()) == (["b4 4"], {"inserted": 1}, "")


def _switch_on(theirs: TheirTable) -> None:
    theirs.table.alter.set_table_properties({FEED: "true"})


def _vacuum(theirs: TheirTable) -> None:
    """Takes away what VACUUM does a week later: files that the newest version does not have, and those of changes."""
    theirs.update("b4", 40)
    kept = {Path(file).name for file in theirs.table.file_uris()}
    for file in Path(theirs.path).rglob("*.parquet"):
        if file.name not in kept:
            file.unlink()


def _clean_log(theirs: TheirTable) -> None:
    """Takes away what Delta does a month later: the commits before a checkpoint."""
    theirs.add({"b5": 5})
    theirs.table.create_checkpoint()
    for version in (0, 1):
        Path(theirs.path, "_delta_log", f"{version:020d}.json").unlink()


def _write_as_text(theirs: TheirTable) -> None:
    theirs.overwrite(pa.table({"bill": ["b1"], "number": ["1"]}))


def _make_anew(theirs: TheirTable) -> None:
    for file in Path(theirs.path).rglob("*.*"):
        file.unlink()
    write_deltalake(theirs.path, _rows({"b1": 1}), configuration={FEED: "true"})
    theirs.add({"b7": 7})


ALL = ["b1 1", "b2 2", "b3 3", "b4 4"]


@pytest.mark.parametrize(
    ("feed", "change", "rows", "counts", "why"),
    [
        pytest.param(False, lambda _: None, ALL, {"inserted": 1}, "no change feed", id="no feed"),
        pytest.param(False, _switch_on, ALL, {"inserted": 1}, HOLE, id="switched on later"),
        pytest.param(True, _vacuum, [*ALL[:3], "b4 40"], {"inserted": 1, "updated": 1}, HOLE, id="vacuumed"),
        pytest.param(True, _clean_log, [*ALL, "b5 5"], None, HOLE, id="log cleaned"),
        pytest.param(True, _write_as_text, ["b1 1"], None, "schema changed", id="other type"),
        pytest.param(True, _make_anew, ["b1 1", "b7 7"], None, "made anew", id="made anew"),
    ],
)
def test_a_feed_with_a_hole_is_survived_by_a_full_read(
    spark: SparkSession,
    tmp_path: Path,
    *,
    feed: bool,
    change: Callable[[TheirTable], None],
    rows: list[str],
    counts: dict[str, int] | None,
    why: str,
) -> None:
    theirs = TheirTable(spark, tmp_path, feed=feed)
    theirs.add({"b4": 4})
    change(theirs)
    assert _read(theirs.news()) == (rows, counts, why)


def test_all_steps_of_a_run_read_one_version_and_the_next_run_what_came_meanwhile(lake: Lake, tmp_path: Path) -> None:
    theirs = TheirTable(lake.spark, tmp_path)
    name = f"delta:{theirs.path}"
    vault, facts = (Step(step, (Read(name, new=True),), (), lambda _: StepResult()) for step in ("vault", "facts"))
    books = runner_of(lake).books
    run = StepInputs(lake, books, None)
    pinned = run.pin(vault)
    theirs.add({"b4": 4})
    assert pinned[name] == "0@0"
    assert run.pin(facts) == pinned
    assert StepInputs(lake, books, None).pin(facts)[name] == "1@1"


def test_a_layout_that_changed_brings_no_row(spark: SparkSession, tmp_path: Path) -> None:
    theirs = TheirTable(spark, tmp_path, feed=False)
    theirs.table.alter.set_table_properties({"delta.logRetentionDuration": "interval 9 days"})
    read = theirs.news()
    assert _read(read) == ([], {}, "")
    assert read.rows.columns == ["bill", "number", "_file", "_position"]


def test_a_new_column_is_told_and_needs_no_full_read(spark: SparkSession, tmp_path: Path) -> None:
    theirs = TheirTable(spark, tmp_path)
    rows = pa.table({"bill": ["b4"], "number": pa.array([4], pa.int32()), "note": ["late"]})
    write_deltalake(theirs.path, rows, mode="append", schema_mode="merge")
    read = theirs.news()
    assert [tuple(row) for row in read.rows.select("bill", "number", "note").collect()] == [("b4", 4, "late")]
    assert _read(read)[1:] == ({"inserted": 1}, "")
    assert read.changes is not None
    assert read.changes.columns == ["note is new"]


@pytest.mark.parametrize("table", ["lager", "./lager", "nowhere/lager"])
def test_a_table_that_is_not_there_is_named(spark: SparkSession, table: str) -> None:
    with pytest.raises(SourceError, match=f"{re.escape(table)}: no such Delta table") as raised:
        pin_in_place(spark, table)
    assert "its name in the catalog" in raised.value.fix
