"""Nine small steps, some of which wait for others, as a program of its own that a test can kill: `python -m runtime.many_steps LAKE`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from pyspark.sql import functions as F

from footfall import tables
from footfall.contract import Column, Layer, Table, Written
from footfall.runtime.runner import Runner
from footfall.runtime.session import local_session
from footfall.steps import sorting
from footfall.steps.step import FactRows, Frames, Output, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from runtime.numbers_shared import NOW, NUMBERS, fact_rows

FACTS = [replace(NUMBERS, name=f"numbers_{letter}") for letter in "abcd"]
SQUARES = [
    replace(table, name=f"squares_{table.name}", layer=Layer.RESULTS, rules=(), written=Written.REPLACE)
    for table in FACTS
]
SUM = Table("sum_of_squares", Layer.RESULTS, 1, "one row", (Column("total", "bigint", "sum"),), ("total",))
SUM = replace(SUM, written=Written.REPLACE)


def steps(lake: Lake) -> list[Step]:
    """Four facts with broken and repeated rows, the squares of each, the sum of all."""
    return [*(_facts(lake, t, n) for n, t in enumerate(FACTS, 1)), *map(_squares, SQUARES, FACTS), _sum()]


def know_tables() -> None:
    """Lets the runner find the tables by name, as it finds footfall's."""
    tables.BY_NAME.update({table.full_name: table for table in (*FACTS, *SQUARES, SUM)})


def _facts(lake: Lake, table: Table, first: int) -> Step:
    def apply(_: Frames) -> StepResult:
        rows = sorting.check_rules(fact_rows(lake, first, first + 1, first, 500), table)
        return StepResult([FactRows(table, rows, {"feed": []}, sorting.quarantined(rows, table))])

    return Step(f"add_{table.name}", (), (table.full_name,), apply)


def _squares(squares: Table, facts: Table) -> Step:
    def apply(frames: Frames) -> StepResult:
        return StepResult([Output(squares, frames[facts.full_name].select((F.col("n") * F.col("n")).alias("n")))])

    return Step(f"square_{facts.name}", (Read(facts.full_name),), (squares.full_name,), apply)


def _sum() -> Step:
    def apply(frames: Frames) -> StepResult:
        totals = [row["n"] for table in SQUARES for row in frames[table.full_name].collect()]
        frame = (
            frames[SQUARES[0].full_name].sparkSession.range(1).select(F.lit(sum(totals)).cast("bigint").alias("total"))
        )
        return StepResult([Output(SUM, frame)])

    return Step("sum_of_squares", tuple(Read(t.full_name) for t in SQUARES), (SUM.full_name,), apply)


def run(lake: Lake, *, at_once: int) -> list[str]:
    """Runs the steps as a new process would; returns what it prints."""
    know_tables()
    lines: list[str] = []
    books = Books(lake, owner=Owner.this_process(), now=NOW)
    Runner(lake, books, say=lambda line: (lines.append(line), print(line, flush=True)), at_once=at_once).run(
        steps(lake)
    )
    return lines


def contents(lake: Lake) -> dict[str, list[tuple[object, ...]]]:
    """Rows of all tables, and of the books what a kill may not change."""
    rows = {t.full_name: _sorted(lake, t.full_name, "*") for t in (*FACTS, *SQUARES, SUM)}
    rows["raw.quarantine"] = _sorted(
        lake, "raw.quarantine", "feed", "target", "file", "position", "raw_row", "batch_id"
    )
    rows["books.ledger"] = _sorted(lake, "books.ledger", "step", "target", "rows_read", "rows_valid", "batch_id")
    closed = lake.read("books.batches").where("state = 'closed'").select("step", "batch_id", "outcome")
    return rows | {"closed": sorted(map(tuple, closed.collect()))}


def _sorted(lake: Lake, table: str, *columns: str) -> list[tuple[object, ...]]:
    return sorted(map(tuple, lake.read(table).select(*columns).collect()))


if __name__ == "__main__":
    session = local_session("many steps", Path(__file__).resolve().parents[2] / ".cache/jars")
    run(Lake(session, sys.argv[1]), at_once=4)
