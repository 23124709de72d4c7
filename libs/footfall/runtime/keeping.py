"""The Steps that remove rows whose keeping time is over: `keep_days` of feeds, and of the contracts of tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from footfall.contract import BATCH_ID, Table, Written
from footfall.contract.commits import EXPIRE
from footfall.errors import ContractError
from footfall.refine.feeds import RawFeed, raw_feeds
from footfall.runtime.cli import Job
from footfall.steps.step import Expiry, Frames, Read, Step, StepResult
from footfall.storage.books import Pin
from footfall.storage.maintenance import in_use
from footfall.tables import ALL, BY_NAME, QUARANTINE

CLOCKS = ("_known_at", "known_at")  # columns that say when footfall had a row


def expiry_steps(job: Job, readers: Sequence[Step]) -> list[Step]:
    """One step for each table with rows that are kept for some days only; `readers` are the Steps of all other jobs.

    A row goes when the day on which footfall took it, in the shop's time zone, is more than `keep_days` before today; and
    not before each Step that takes the table's new rows has read it.
    """
    busy = in_use(job.books)
    raw = {f"raw.{f.name}": f.feed.keep_days for f in raw_feeds(job.settings.all_sources) if f.feed.files}
    days = {name: kept for name, kept in raw.items() if kept} | {t.full_name: t.keep_days for t in ALL if t.keep_days}
    steps = []
    for name, kept in days.items():
        rebuilt = _made_of_all_rows(name, readers)
        if rebuilt:
            print(f"warning: {name} keeps all its rows, since {rebuilt} is made of all of them each time")
        elif job.books.pin(name) and name not in busy and kept:
            steps.append(_expire(job, name, _cutoff(job, kept), readers))
    return [*steps, *_expire_quarantine(job)]


def count_expired(job: Job, steps: Sequence[Step]) -> list[str]:
    """What the steps would remove, a line each; nothing is removed."""
    expiries = [output for step in steps for output in step.apply({}).outputs if isinstance(output, Expiry)]
    counts = [(expiry.table, job.lake.read(expiry.table).where(expiry.condition).count()) for expiry in expiries]
    return [f"{table:<42}{count:>7,} rows past their time" for table, count in counts]


def cutoff(now: datetime, keep_days: int, *, time_zone: str) -> datetime:
    """The instant before which rows are past their time: the start of the shop's day `keep_days` before today."""
    zone = ZoneInfo(time_zone)
    first_kept = now.astimezone(zone).date() - timedelta(days=keep_days)
    return datetime.combine(first_kept, time(), tzinfo=zone)


def _cutoff(job: Job, keep_days: int) -> datetime:
    return cutoff(job.now, keep_days, time_zone=job.settings.shop.time_zone)


def _expire(job: Job, table: str, before: datetime, readers: Sequence[Step]) -> Step:
    clock = _clock_of(BY_NAME[table]) if table in BY_NAME else CLOCKS[0]
    condition = partial(_read_by_all, job, table, _is_before(clock, before), readers)

    def apply(_: Frames) -> StepResult:
        return StepResult([Expiry(table, condition())])

    name = EXPIRE + table.replace(".", "_")
    return Step(name, (Read(table),), (), apply, run_values={"condition": condition})


def _expire_quarantine(job: Job) -> list[Step]:
    """Rows that were set aside go with those of their feed."""
    feeds: list[RawFeed] = raw_feeds(job.settings.all_sources)
    conditions = [
        f"(feed = '{f.name}' AND {_is_before('known_at', _cutoff(job, f.feed.keep_days))})"
        for f in feeds
        if f.feed.keep_days
    ]
    if not conditions or in_use(job.books) or job.lake.properties(QUARANTINE.full_name) is None:
        return []

    def apply(_: Frames) -> StepResult:
        return StepResult([Expiry(QUARANTINE.full_name, " OR ".join(conditions))])

    return [Step(f"{EXPIRE}{QUARANTINE.name}", (), (), apply, values={"conditions": conditions})]


def _read_by_all(job: Job, table: str, condition: str, readers: Sequence[Step]) -> str:
    """The condition, less the rows that a step which takes the table's new rows has not read yet."""
    takers = [step for step in readers if any(read.name == table and read.new for read in step.reads)]
    last = [job.books.last_closed(step.name) for step in takers]
    pins = [batch.inputs.get(table, "") if batch else "" for batch in last]
    batch_ids = [Pin.parse(pin).batch_id if pin else 0 for pin in pins]
    return f"{condition} AND {BATCH_ID.name} <= {min(batch_ids)}" if batch_ids else condition


def _made_of_all_rows(table: str, readers: Sequence[Step]) -> str:
    """A table that a step makes anew from all rows of this one; empty where none does."""
    makers = [s for s in readers if any(r.name == table and not (r.new or r.lookup) for r in s.reads)]
    replaced = [t for s in makers for t in s.writes if t in BY_NAME and BY_NAME[t].written is not Written.APPEND]
    return replaced[0] if replaced else ""


def _clock_of(table: Table) -> str:
    for clock in CLOCKS:
        if clock in table.column_names:
            return clock
    raise ContractError(
        f"table '{table.full_name}' has keep_days, and no column that says since when footfall has a row.",
        fix=f"Give it one of {', '.join(CLOCKS)}, or take keep_days from its contract.",
    )


def _is_before(column: str, moment: datetime) -> str:
    return f"{column} < timestamp_seconds({int(moment.timestamp())})"
