"""Steps and tables: who writes which, what is read before it is written, which query is run."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from jobs.pipeline import STAGES

from architecture.sources import LIBRARY, ROOT, short, sources, strings, tree
from footfall.contract import Personal
from footfall.docs.declared import declared_steps, declaring_job
from footfall.mapping.targets import TARGETS
from footfall.settings import resolve
from footfall.steps.step import Step
from footfall.tables import ALL

WRITTEN_BY_THE_RUNNER = {"raw.quarantine", "books.batches", "books.history", "books.files", "books.ledger"}
NOT_IN_THE_EXAMPLE_SHOP = {
    "refined.competitor_prices",
    "refined.consents",
    "refined.contacts",
    "refined.fx_rates",
    "refined.identity_links",
    "refined.impressions",
    "refined.item_costs",
    "refined.labelled_rows",
    "refined.offer_catalogue",
    "refined.offer_decisions",
    "refined.prices",
    "refined.refund_lines",
    "refined.stock_levels",
    "refined.surveys",
}  # a mapping can fill them, the example shop has none


MADE_OF_CONSENTS = {"refined.permissions"}  # in shops whose sources bring consents
USES_EVERYBODYS_RESULTS = {"report"}  # which other steps have taken withdrawn people out of


@pytest.fixture(scope="module")
def stages() -> Mapping[str, Sequence[Step]]:
    """The Steps of all jobs, declared without Spark."""
    return declared_steps(ROOT / "conf")


def test_every_stage_is_a_job_and_every_job_is_a_stage():
    beside = {
        "maintain",
        "simulate",
    }  # in no order with the others: one runs once a week, one makes a shop that is none
    jobs = {p.stem for p in (ROOT / "jobs").glob("*.py")} - {"__init__", "__main__", "pipeline", *beside}
    assert jobs == set(STAGES)


def test_step_names_are_unique(stages: Mapping[str, Sequence[Step]]):
    names = Counter(step.name for steps in stages.values() for step in steps)
    assert [name for name, n in names.items() if n > 1] == []


def test_exactly_one_step_writes_a_table(stages: Mapping[str, Sequence[Step]]):
    writers = Counter(table for steps in stages.values() for step in steps for table in step.writes)
    assert {table: n for table, n in writers.items() if n > 1} == {}


def test_every_table_is_written_by_a_step_or_by_the_runner(stages: Mapping[str, Sequence[Step]]):
    written = {table for steps in stages.values() for step in steps for table in step.writes}
    declared = {table.full_name for table in ALL}
    assert declared - written == WRITTEN_BY_THE_RUNNER | NOT_IN_THE_EXAMPLE_SHOP | MADE_OF_CONSENTS
    assert {f"refined.{name}" for name in TARGETS} >= NOT_IN_THE_EXAMPLE_SHOP
    assert {table for table in written if not table.startswith("raw.")} <= declared


def test_a_step_reads_only_what_a_step_before_it_wrote(stages: Mapping[str, Sequence[Step]]):
    written: set[str] = WRITTEN_BY_THE_RUNNER | NOT_IN_THE_EXAMPLE_SHOP
    wrong = []
    for steps in stages.values():
        for step in steps:
            needed = {read.name for read in step.reads if not read.name.startswith("delta:")}
            wrong += [f"{step.name} reads {table}" for table in sorted(needed - written - set(step.writes))]
            written |= set(step.writes)
    assert wrong == []


def test_every_step_behind_refine_that_reads_of_people_says_what_they_must_have_consented_to() -> None:
    settings = resolve(ROOT / "conf", "local", {"sources.mappings": ["conf/sources/simulated.yaml"]})
    job = replace(declaring_job(ROOT / "conf"), settings=settings)
    steps = [s for stage in STAGES[2:] for s in importlib.import_module(f"jobs.{stage}").steps(job)]
    about_people = {t.full_name for t in ALL if any(c.personal is not Personal.NONE for c in t.columns)}
    without = {s.name for s in steps if s.consent is None and any(read.name in about_people for read in s.reads)}
    assert without == USES_EVERYBODYS_RESULTS


def test_every_champion_that_a_step_uses_is_trained_by_a_step_before_it(stages: Mapping[str, Sequence[Step]]):
    made: set[str] = set()
    wrong = []
    for steps in stages.values():
        for step in steps:
            wrong += [f"{step.name} uses {model}" for model in step.models if model not in made]
            made |= set(step.trains)
    assert wrong == []


def test_every_sql_file_is_run_and_every_query_that_is_run_is_there():
    there = {p.relative_to(LIBRARY).with_suffix("").as_posix() for p in LIBRARY.rglob("*.sql")}
    run = {name for p in sources() for name in _queries(p, there)}
    assert run == there


def _queries(path: Path, there: set[str]) -> Iterator[str]:
    """`room/name` of the queries that a module runs; where the name is a variable, those whose name stands in the module."""
    said = set(strings(path))
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "run_sql":
            room, name = node.args[0], node.args[1]
            assert isinstance(room, ast.Constant), f"{short(path)}:{node.lineno} the room of a query is written out"
            folder = str(room.value).replace(".", "/")
            if isinstance(name, ast.Constant):
                yield f"{folder}/{name.value}"
            else:
                yield from (
                    query for query in there if query.rpartition("/")[0] == folder and query.rpartition("/")[2] in said
                )


def test_the_sql_of_a_table_bears_its_name():
    """A room may have helpers beside them; what is missing here is a table whose maker nobody finds."""
    made = {p.stem for p in LIBRARY.rglob("*.sql") if p.parent.name == "features"}
    assert {"daily_activity", "user_features", "item_features"} <= made
