"""Sessions cut from events, and which of them news of events touch: only these are cut again. Pure.

A session ends where its actor does nothing on its channel for longer than a gap, or where the source says so; never at
midnight. Bots are cut like people, and keep their flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID
from footfall.steps.sql import run_sql
from footfall.tables.sessions import NOT_OF_A_VISIT

WHOSE = ("actor_id", "channel", "session_key")  # within which sessions are cut
SPAN = (*WHOSE, "started_at", "ended_at")
DAY = "day"


def sessions(events: DataFrame, *, gap_minutes: int, time_zone: str) -> DataFrame:
    """Rows of refined.sessions of all events of some actors, or of all that sessions of them are made of."""
    values = {"gap_us": gap_minutes * 60_000_000, "time_zone": time_zone, "not_of_a_visit": list(NOT_OF_A_VISIT)}
    return run_sql("refine", "sessions", values=values, events=events)


def touched_spans(former: DataFrame, new_events: DataFrame, *, gap_minutes: int) -> DataFrame:
    """SPAN of the sessions as known last that new events lie in or beside. What joins two of them lies beside both."""
    gap = F.make_interval(mins=F.lit(gap_minutes))
    events = new_events.select(*(F.col(name).alias(f"_{name}") for name in (*WHOSE, "event_time")))
    is_near = F.col("_event_time").between(F.col("started_at") - gap, F.col("ended_at") + gap)
    same = _same_actor() & (F.col("session_key").isNotNull() | is_near)
    return former.where("known_to IS NULL").join(events, same, "left_semi").select(*SPAN)


def days_of(spans: DataFrame, *, time_zone: str) -> DataFrame:
    """The shop's days, each once, on which the spans lie, and with them all versions of the sessions in them."""
    first, last = (F.to_date(F.from_utc_timestamp(end, time_zone)) for end in ("started_at", "ended_at"))
    return spans.select(F.explode(F.sequence(first, last)).alias(DAY)).distinct()


def events_to_cut(every_event: DataFrame, new_events: DataFrame, spans: DataFrame, *, on_days: str) -> DataFrame:
    """The new events, and all older ones of the spans; those lie on the days of a condition in SQL."""
    older = every_event.where(on_days).join(new_events.agg(F.min(BATCH_ID.name).alias("_first")), how="cross")
    older = older.where(F.col(BATCH_ID.name) < F.col("_first")).drop("_first")
    return new_events.unionByName(_within(older, spans, "event_time", "left_semi"))


def untouched(former: DataFrame, spans: DataFrame, *, on_days: str) -> DataFrame:
    """The rows of these days that lie in none of the spans."""
    return _within(former.where(on_days), spans, "started_at", "left_anti")


def condition_of(days: Sequence[date]) -> str:
    """That `event_date` is one of the days, in SQL: as few ranges, so that files are skipped by it. Empty without days."""
    runs = list[list[date]]()
    for day in sorted(days):
        if runs and day - runs[-1][1] <= timedelta(days=1):
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return " OR ".join(f"event_date BETWEEN DATE'{first}' AND DATE'{last}'" for first, last in runs)


def _within(rows: DataFrame, spans: DataFrame, instant: str, how: str) -> DataFrame:
    """The rows whose instant lies within a span of their actor, or does not."""
    renamed = spans.select(*(F.col(name).alias(f"_{name}") for name in SPAN))
    return rows.join(renamed, _same_actor() & F.col(instant).between(F.col("_started_at"), F.col("_ended_at")), how)


def _same_actor() -> Column:
    """Rows of two frames are cut together; the other's columns begin with `_`."""
    actor, *others = WHOSE
    same = F.col(actor) == F.col(f"_{actor}")
    for name in others:
        same &= F.col(name).eqNullSafe(F.col(f"_{name}"))
    return same
