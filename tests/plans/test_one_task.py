"""No Step sends facts through one task: an exchange to a single partition carries aggregates of few rows only."""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from architecture.sources import ROOT
from footfall.contract.frames import conform, require_sound
from footfall.docs.declared import declared_steps, declaring_job
from footfall.mapping.source import Feed
from footfall.mapping.sql_words import names_in
from footfall.mapping.targets import TARGETS
from footfall.privacy.pseudonyms import MintKey
from footfall.report.questions import READS, queries
from footfall.steps import sorting
from footfall.steps.matching import mark
from footfall.steps.step import FactRows, Step
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import BY_NAME, DAILY_ACTIVITY, LEDGER
from footfall.tables.raw import ARRIVAL, CORRUPT

# Keys that have few values however many people and facts there are, and so may meet in one task.
FEW = {
    "value_class": "seven",
    "rounded_score": "10,001",
    "risk": "1,001",
    "user_prefix": "256, the first two signs of a hash",
    "segment_id": "segments.k_max",
    "department": "the shop's",
    "as_of_date": "a run's",
    "topic_id": "topics.k_max",
    "measure": "five",
}
# Steps whose work hangs on a trained model, an encoder, MLflow or files: their frames do not follow from tables alone.
WITHOUT_PLAN = re.compile(r"^(ingest_|train|score|understand|read_texts|fine_tune|report$)")
Node = tuple[int, str]


def plan_of(frame: DataFrame) -> list[Node]:
    """Depth and text of each node of the frame's physical plan, from the top."""
    text = io.StringIO()
    with redirect_stdout(text):
        frame.explain()
    lines = re.finditer(r"^([ :]*(?:[+:]- )?)(\S.*)$", text.getvalue(), re.MULTILINE)
    return [(len(match[1]), match[2]) for match in lines]


def crowds(plan: list[Node]) -> Iterator[str]:
    """The exchanges to one partition that carry more than aggregates of few rows, with what they carry."""
    for place, (depth, node) in enumerate(plan):
        if "Exchange SinglePartition" in node:
            below = [text for inner, text in _below(plan[place + 1 :], depth)]
            if not _is_few(below):
                yield f"{node}\n    " + "\n    ".join(text[:150] for text in below[:6])


def _below(nodes: list[Node], depth: int) -> Iterator[Node]:
    for inner, text in nodes:
        if inner <= depth:
            return
        yield inner, text


def _is_few(below: list[str]) -> bool:
    """Whether what comes from below is few rows, by the first node that says how many there are."""
    for node in below:
        if "Aggregate(keys=" in node:
            keys = re.findall(r"([A-Za-z_]\w*)#", node.partition("keys=[")[2].partition("], functions")[0])
            return set(keys) <= FEW.keys()
        if re.search(r"Limit|TakeOrdered|LocalTableScan|OneRowRelation|^Range", node):
            return True
        if re.search(r"Join|Scan|Union|Window|MapInPandas|Generate", node):
            return False
    return False


@pytest.fixture(scope="module")
def empty(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A frame of a schema that Spark cannot see through: a scan of a folder without files."""
    folder = str(tmp_path_factory.mktemp("no files"))
    return lambda schema: spark.read.schema(schema).parquet(folder)


def test_a_window_over_everybody_is_found_and_an_aggregate_is_not(empty: Any):
    facts = empty("user_id string, value_class string, amount double")
    ranked = facts.selectExpr("row_number() OVER (ORDER BY amount) AS place")
    assert [text.split(",")[0] for text in crowds(plan_of(ranked))] == ["Exchange SinglePartition"]
    assert list(crowds(plan_of(facts.agg(F.sum("amount"))))) == []
    by_user, by_class = (facts.groupBy(key).agg(F.sum("amount").alias("s")) for key in ("user_id", "value_class"))
    shares = "s / sum(s) OVER () AS share"
    assert len(list(crowds(plan_of(by_user.selectExpr(shares))))) == 1
    assert list(crowds(plan_of(by_class.selectExpr(shares)))) == []
    assert list(crowds(plan_of(facts.orderBy("amount").limit(3)))) == []


def test_no_step_sends_facts_through_one_task(spark: SparkSession, tmp_path: Path, empty: Any):
    lake = Lake(spark, str(tmp_path))
    books = Books(lake, owner=Owner.this_process(), now=datetime(2018, 1, 1, tzinfo=UTC))
    job = replace(declaring_job(ROOT / "conf"), spark=spark, lake=lake, books=books, key=MintKey(b"k" * 32))
    feeds = {f"raw.{s.raw_name(name)}": feed for s in job.settings.all_sources for name, feed in s.feeds.items()}
    found: dict[str, list[str]] = {}
    planned = []
    for step in steps_with_plans(job):
        frames = {name: _frame(name, feeds, empty) for name in [*(r.name for r in step.reads), *step.writes]}
        if DAILY_ACTIVITY.full_name in frames:  # features ask it for its first day
            activity = frames[DAILY_ACTIVITY.full_name]
            frames[DAILY_ACTIVITY.full_name] = activity.unionByName(_one_day(spark))
        for output in step.apply(frames).outputs:
            table, frame = output.table, output.frame
            if isinstance(output, FactRows):
                existing = empty(table.schema())
                marked = mark(frame, table, existing=existing, matching=output.matching)
                valid = sorting.close_intervals(marked.where(sorting.LANDS), table)
                written = [conform(valid.select(*table.column_names), table), output.aside]
            else:
                written = [require_sound(conform(frame, table), table)]
            found[f"{step.name} {table.name}"] = [text for rows in written for text in crowds(plan_of(rows))]
            planned.append(step.name)
    assert {name: texts for name, texts in found.items() if texts} == {}
    assert {"refine_order_lines", "refine_pseudonyms", "daily_activity", "user_profiles"} <= set(planned)


def test_no_query_of_the_report_sends_facts_through_one_task(empty: Any):
    frames = {table.full_name: empty(table.schema()) for table in READS}
    asked = queries(
        frames, ledger=empty(LEDGER.schema(*(c.name for c in LEDGER.all_columns))),
        as_of=declaring_job(ROOT / "conf").as_of, time_zone="UTC", portraits=3, examples=3,
    )  # fmt: skip
    found = {name: list(crowds(plan_of(rows))) for name, rows in asked.items()}
    assert {name: texts for name, texts in found.items() if texts} == {}


def steps_with_plans(job: Any) -> Iterator[Step]:
    """The Steps of the job's stages whose frames follow from tables."""
    for stage in declared_steps(ROOT / "conf"):
        yield from (s for s in importlib.import_module(f"jobs.{stage}").steps(job) if not WITHOUT_PLAN.match(s.name))


def _one_day(spark: SparkSession) -> DataFrame:
    values = {c.name: f"CAST(NULL AS {c.type}) AS {c.name}" for c in DAILY_ACTIVITY.all_columns}
    values |= {name: f"DATE'2017-06-01' AS {name}" for name in ("event_date", "known_date")}
    return spark.range(1).selectExpr(*values.values())


def _frame(name: str, feeds: Mapping[str, Feed], empty: Any) -> DataFrame:
    if name in BY_NAME:
        return empty(BY_NAME[name].schema(*(c.name for c in BY_NAME[name].all_columns)))
    feed = feeds[name]
    expressions = [sql for _, sql in feed.expressions()] + list(feed.types)
    expressions += [name for into in feed.into.values() for name in into.keep]
    kinds = {word: "string" for sql in expressions for word in sorted(names_in(sql))}
    for target, into in () if feed.format.startswith("json") else feed.into.items():  # of JSON it is text, else a list
        lists = (c for c in into.columns if TARGETS[target].column(c).type.startswith("array"))
        kinds |= {into.columns[c].casefold(): TARGETS[target].column(c).type for c in lists}
    own = [f"{c.name} {c.type}" for c in (*ARRIVAL, CORRUPT)]
    return empty(", ".join([*(f"`{word}` {kind}" for word, kind in kinds.items()), *own, "batch_id bigint"]))
