"""What a run asks Delta about tables: each question once a run, however many steps read the table."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, cast

from pyspark.sql import DataFrame, SparkSession

from footfall.steps.step import Step
from footfall.storage.lake import Lake
from runtime.numbers_shared import NUMBERS, add_numbers, runner_of, sum_numbers


@dataclass
class CountingSession:
    """The session, which counts the statements that it runs by their first two words."""

    spark: SparkSession
    statements: Counter[str] = field(default_factory=Counter)

    def sql(self, query: str, *arguments: Any, **named: Any) -> DataFrame:
        """Counts the statement and runs it."""
        self.statements[" ".join(query.split()[:2])] += 1
        return self.spark.sql(query, *arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.spark, name)


def statements(lake: Lake, *steps: Step) -> dict[str, int]:
    """What a new process asks while it runs the steps."""
    session = CountingSession(lake.spark)
    runner_of(Lake(cast("SparkSession", session), lake.root)).run(steps)
    return dict(session.statements)


def test_a_table_s_properties_and_versions_are_asked_for_once_a_run(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 1, 2), sum_numbers()])
    # books.batches and books.ledger, and the version of the first; no table is looked at beyond one listing of all logs
    nothing_new = statements(lake, add_numbers(lake, 1, 2), sum_numbers())
    assert nothing_new == {"SHOW TBLPROPERTIES": 2, "DESCRIBE HISTORY": 1}
    # the two tables as well, and for each step the landing of its batch and that of its rows
    news = statements(lake, add_numbers(lake, 4, version=2), sum_numbers())
    assert news == {"SHOW TBLPROPERTIES": 4, "DESCRIBE HISTORY": 5}


def test_a_table_that_others_committed_to_is_looked_at_once_more(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 1, 2), sum_numbers()])
    lake.spark.sql(f"OPTIMIZE {lake.name('refined.numbers')}").collect()
    lake.set_property("refined.numbers", "note", "seen")
    assert statements(lake, sum_numbers(), sum_numbers()) == {"SHOW TBLPROPERTIES": 2, "DESCRIBE HISTORY": 2}


def test_threads_that_need_the_same_table_make_it_once(lake: Lake) -> None:
    session = CountingSession(lake.spark)
    shared = Lake(cast("SparkSession", session), lake.root)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(shared.ensure, [NUMBERS] * 4))
        versions = list(threads.map(shared.versions.newest, [NUMBERS.full_name] * 4))
    assert dict(session.statements) == {"SHOW TBLPROPERTIES": 1, "CREATE TABLE": 1}
    assert versions == [0] * 4
