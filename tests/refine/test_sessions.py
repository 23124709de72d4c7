"""Sessions: where they end, what they count, what was known of them as of a day, and that batches cut them as one load does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract.frames import broken_rules, conform, no_rows
from footfall.refine.sessions import condition_of, days_of, events_to_cut, sessions, touched_spans, untouched
from footfall.tables import EVENTS, SESSIONS

ZONE = "America/New_York"
COLUMNS = (
    "event_id", "actor_id", "channel", "session_key", "event_time", "event_date", "known_at", "event_type", "item_id",
    "campaign_id", "dwell_ms", "bot_reason", "batch_id",
)  # fmt: skip


def _at(text: str) -> datetime:
    """`03 23:50`: a time of May 2024 in UTC."""
    return datetime.strptime(f"2024 05 {text}", "%Y %m %d %H:%M").replace(tzinfo=UTC)


def _event(event_id: str, time: str, known: str = "", **more: Any) -> dict[str, Any]:
    at = _at(time)
    plain = {"actor_id": "anna", "channel": "web", "event_type": "view", "batch_id": 1, "event_id": event_id}
    day = (at - timedelta(hours=4)).date()  # summer time
    return plain | {"event_time": at, "event_date": day, "known_at": _at(known) if known else at} | more


def _events(spark: SparkSession, rows: Iterable[dict[str, Any]]) -> DataFrame:
    schema = ", ".join(f"{name} {EVENTS.column(name).type}" for name in COLUMNS)
    return spark.createDataFrame([tuple(row.get(name) for name in COLUMNS) for row in rows], schema)


def _cut(events: DataFrame) -> DataFrame:
    return conform(sessions(events, gap_minutes=30, time_zone=ZONE), SESSIONS)


def _rows(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    clocks = {"known_at", "known_to", "started_at", "ended_at"}
    texts = [F.date_format(c, "dd HH:mm").alias(c) if c in clocks else F.col(c) for c in columns]
    return sorted((tuple(row) for row in frame.select(*texts).collect()), key=str)


def test_a_session_ends_after_a_gap_on_its_channel_or_where_the_source_says_so_and_never_at_midnight(
    spark: SparkSession,
) -> None:
    own = {"session_key": "s1"}
    events = _events(
        spark,
        [
            _event("a1", "04 03:50"),  # 23:50 of the 3rd in the shop
            _event("a2", "04 04:20", event_type="purchase"),  # a gap as long as the setting
            _event("a3", "04 04:30", event_type="payment"),  # written by a server: of no session
            _event("a4", "04 04:51"),  # a minute more
            _event("b1", "04 04:00", channel="app"),
            _event("c1", "04 04:00", actor_id="bert"),
            _event("d1", "04 04:00", **own),
            _event("d2", "04 09:00", **own),  # the source goes on with it
            _event("e1", "04 04:00", session_key="s2"),
        ],
    )
    columns = ("session_id", "actor_id", "channel", "session_key", "is_own", "event_date", "duration_s", "event_count")
    third, fourth = date(2024, 5, 3), date(2024, 5, 4)
    assert _rows(_cut(events).where("known_to IS NULL"), *columns) == [
        ("a1", "anna", "web", None, False, third, 1800, 2),
        ("a4", "anna", "web", None, False, fourth, 0, 1),
        ("b1", "anna", "app", None, False, fourth, 0, 1),
        ("c1", "bert", "web", None, False, fourth, 0, 1),
        ("d1", "anna", "web", "s1", True, fourth, 18000, 2),
        ("e1", "anna", "web", "s2", True, fourth, 0, 1),
    ]


def test_a_session_counts_its_events_and_names_what_came_first_and_last(spark: SparkSession) -> None:
    events = _events(
        spark,
        [
            _event("a1", "04 10:00", event_type="impression", campaign_id="spring"),
            _event("a2", "04 10:01", event_type="search", dwell_ms=500),
            _event("a3", "04 10:02", item_id="oats", dwell_ms=1500, campaign_id="summer"),
            _event("a4", "04 10:03", event_type="add_to_cart", item_id="oats"),
            _event("a5", "04 10:04", item_id="milk", event_type="checkout"),
            _event("a6", "04 10:04", event_type="purchase"),  # at the same moment, ordered by its id
            _event("b1", "04 10:00", actor_id="bert", event_type="impression"),
            _event("b2", "04 10:01", actor_id="bert"),
            _event("c1", "04 10:00", actor_id="crawler", bot_reason="too fast"),
            _event("c2", "04 10:00", actor_id="crawler"),
        ],
    )
    columns = (
        "session_id", "dwell_ms", "event_count", "view_count", "search_count", "add_to_cart_count", "checkout_count",
        "purchase_count", "is_bounce", "first_item_id", "last_item_id", "first_campaign_id", "bot_reason",
    )  # fmt: skip
    assert _rows(_cut(events), *columns) == [
        ("a1", 2000, 6, 1, 1, 1, 1, 1, False, "oats", "milk", "spring", None),
        ("b1", None, 2, 1, 0, 0, 0, 0, True, None, None, None, None),
        ("c1", None, 2, 2, 0, 0, 0, 0, False, None, None, None, "too fast"),
    ]


LATE = [
    _event("a1", "04 10:00"),
    _event("a2", "04 10:20"),
    _event("a3", "04 11:10"),  # 50 minutes on: another session
    _event("a0", "04 09:40", known="06 15:00"),  # known later, and before the first
    _event("a9", "04 10:45", known="07 15:00"),  # joins the two
]
VERSIONS = [
    ("a1", "04 10:20", "06 15:00", "04 10:00", "04 10:20", 2),
    ("a1", "06 15:00", "07 15:00", "04 09:40", "04 10:20", 3),  # keeps its id
    ("a1", "07 15:00", None, "04 09:40", "04 11:10", 5),
    ("a3", "04 11:10", "07 15:00", "04 11:10", "04 11:10", 1),  # ends: its events are the other's from now on
]
OF_VERSIONS = ("session_id", "known_at", "known_to", "started_at", "ended_at", "event_count")


def test_what_was_known_of_a_session_as_of_a_day_stays_when_late_events_come(spark: SparkSession) -> None:
    assert _rows(_cut(_events(spark, LATE)), *OF_VERSIONS) == VERSIONS


def test_as_of_a_day_the_versions_are_the_sessions_of_the_events_that_were_known_before_it(spark: SparkSession) -> None:
    events = _events(spark, LATE)
    versions = spark.createDataFrame(_cut(events).collect(), SESSIONS.schema())
    for day in (5, 7):
        cut = F.to_utc_timestamp(F.lit(date(2024, 5, day)).cast("timestamp"), ZONE)
        was_known = (F.col("known_at") < cut) & (F.col("known_to").isNull() | (F.col("known_to") >= cut))
        then = _cut(events.where(F.col("known_at") < cut)).where("known_to IS NULL")
        columns = [c for c in SESSIONS.column_names if c != "known_to"]
        assert _rows(versions.where(was_known), *columns) == _rows(then, *columns), day


def test_events_known_on_one_day_are_one_version_and_midnight_makes_two(spark: SparkSession) -> None:
    over_midnight = [_event("a1", "04 03:50"), _event("a2", "04 03:55"), _event("a3", "04 04:10")]
    assert _rows(_cut(_events(spark, over_midnight)), *OF_VERSIONS) == [
        ("a1", "04 03:55", "04 04:10", "04 03:50", "04 03:55", 2),
        ("a1", "04 04:10", None, "04 03:50", "04 04:10", 3),
    ]


def _in_batches(spark: SparkSession, batches: Sequence[Sequence[dict[str, Any]]]) -> DataFrame:
    """The table as the step makes it of one batch after the other."""
    table, every = no_rows(spark.range(1), SESSIONS), list[dict[str, Any]]()
    for number, batch in enumerate(batches):
        rows = [row | {"batch_id": number} for row in batch]
        every += rows
        new, every_event = _events(spark, rows), _events(spark, every)
        spans = touched_spans(table, new, gap_minutes=30)
        days = condition_of([row[0] for row in days_of(spans, time_zone=ZONE).collect()]) or "false"
        cut = _cut(events_to_cut(every_event, new, spans, on_days=days))
        kept = untouched(table, spans, on_days=days).unionByName(table.where(f"NOT ({days})"))
        table = spark.createDataFrame(cut.unionByName(kept).collect(), SESSIONS.schema())
    return table


def test_in_any_order_of_batches_the_sessions_are_those_of_one_load(spark: SparkSession) -> None:
    others = [
        _event("b1", "04 10:30", actor_id="bert"),
        _event("b2", "05 10:30", actor_id="bert"),
        _event("o1", "04 10:10", session_key="s1"),
        _event("o2", "04 20:00", session_key="s1", known="05 20:00"),
        _event("n1", "04 10:25", channel=None),
        _event("n2", "04 10:40", channel=None),
    ]
    rows = [*LATE, *others]
    batches = [rows[number::3] for number in (2, 0, 1)]
    whole = _cut(_events(spark, rows))
    assert _rows(_in_batches(spark, batches), *SESSIONS.column_names) == _rows(whole, *SESSIONS.column_names)


def test_a_batch_touches_only_the_sessions_that_its_events_lie_in_or_beside(spark: SparkSession) -> None:
    table = _cut(_events(spark, [*LATE[:3], _event("b1", "04 10:30", actor_id="bert")]))
    new = _events(spark, [_event("a4", "04 11:40", known="08 10:00")])  # a gap after the second session
    assert _rows(touched_spans(table, new, gap_minutes=30), "started_at", "ended_at") == [("04 11:10", "04 11:10")]


def test_days_of_a_condition_are_as_few_ranges() -> None:
    days = [date(2024, 5, 4), date(2024, 5, 6), date(2024, 5, 3)]
    assert condition_of(days) == (
        "event_date BETWEEN DATE'2024-05-03' AND DATE'2024-05-04' OR "
        "event_date BETWEEN DATE'2024-05-06' AND DATE'2024-05-06'"
    )
    assert condition_of([]) == ""


BROKEN = {
    "ends_after_start": ("ended_at", "started_at - INTERVAL 1 SECOND"),
    "has_events": ("event_count", "0L"),
    "closed_after_known": ("known_to", "known_at"),
    "own_has_key": ("is_own", "true"),
}


def test_each_rule_has_a_row_that_breaks_it(spark: SparkSession) -> None:
    session = spark.createDataFrame(_cut(_events(spark, LATE[:1])).collect(), SESSIONS.schema())
    changed = [session.withColumn(column, F.expr(value)) for column, value in BROKEN.values()]
    rows = reduce(DataFrame.unionByName, [session, *changed]).select(broken_rules(SESSIONS)).collect()
    assert [list(row[0]) for row in rows] == [[], *([name] for name in BROKEN)]
    assert list(BROKEN) == [rule.name for rule in SESSIONS.rules]
