"""The Step that measures what the Steps of facts brought, and is the gate of quality."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from footfall.contract import Written
from footfall.quality.gate import QualityLimits, failures, gate_report, quality
from footfall.runtime.cli import Job
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import BY_NAME, LEDGER, QUALITY


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
        ledger = job.lake.read(LEDGER.full_name)  # to which only the runner writes, so that no batch pins it
        before = frames.get(QUALITY.full_name, job.lake.empty(QUALITY))
        news = quality(ledger, before=before, day=day, limits=limits)
        both = before.select(*news.columns).unionByName(news)
        failing = failures(both, made_anew=made_anew, day=day, limits=limits).collect()
        return StepResult([Output(QUALITY, news)], gate_failed=gate_report(failing))

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
        after=names,
    )
