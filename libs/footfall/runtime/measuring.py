"""The Step that measures what the Steps of facts brought, and is the gate of quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from footfall.contract import Written
from footfall.quality.gate import failures, gate_report, standing
from footfall.quality.measured import Measured, QualityLimits, baselines, days_of, measured_lines
from footfall.runtime.cli import Job
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import BY_NAME, LEDGER, QUALITY

# of a run: the feeds times the tables that they fill, and older lines where an older footfall wrote them
MOST_LINES = 5000


def quality_step(job: Job, facts: Sequence[Step]) -> Step:
    """Goes by the lines of the ledger, into which the Steps of facts enter what they counted as they wrote."""
    own = job.settings.quality
    limits = QualityLimits(
        own.max_broken_share,
        own.max_warned_share,
        own.max_row_ratio,
        own.max_null_rise,
        own.max_drift,
        own.min_quarantined_rows,
    )
    names = tuple(step.name for step in facts)
    tables = {name: BY_NAME[name] for step in facts for name in step.writes if name in BY_NAME}
    made_anew = [name for name, table in tables.items() if table.written is Written.REPLACE]
    day = job.now.astimezone(ZoneInfo(job.settings.shop.time_zone)).date()

    def apply(frames: Frames) -> StepResult:
        before = frames.get(QUALITY.full_name)
        lines = _new_lines(job, before)
        usual = {} if before is None else baselines(before, sorted({line["feed"] for line in lines}), day)
        news = measured_lines(lines, day=day, usual=usual, limits=limits, days=days_of(before, lines, day))
        still = [] if before is None else standing(before, made_anew=made_anew, day=day)
        failing = failures(still, news, made_anew=made_anew, limits=limits)
        return StepResult([Output(QUALITY, _frame(job, news))], gate_failed=gate_report(failing, limits))

    def batches() -> dict[str, int]:
        return {name: batch.batch_id for name in names if (batch := job.books.last_closed(name))}

    return Step(
        "quality",
        (Read(LEDGER.full_name),),
        (QUALITY.full_name,),
        apply,
        code=("footfall.quality",),
        values={"limits": limits},
        run_values={"batches": batches},
        behind=names,
    )


def _new_lines(job: Job, before: DataFrame | None) -> list[Row]:
    """Lines of the ledger about feeds that were not measured yet, MOST_LINES of them at most, the newest first."""
    # the runner alone writes the ledger, so that no batch of a step pins it
    lines = job.lake.read(LEDGER.full_name).where("feed <> '' AND rows_read > 0")
    if before is not None:
        known = before.select("step", F.col("of_batch").alias("batch_id")).distinct()
        lines = lines.join(known, ["step", "batch_id"], "left_anti")
    return lines.orderBy(F.desc("batch_id")).limit(MOST_LINES).collect()


def _frame(job: Job, news: Sequence[Measured]) -> DataFrame:
    schema = cast("T.StructType", T.DataType.fromDDL(QUALITY.schema()))
    # as an Arrow table it becomes a local relation: no Python worker and no job to make the rows
    return job.lake.spark.createDataFrame(
        pa.Table.from_pylist([asdict(row) for row in news], to_arrow_schema(schema)), schema
    )
