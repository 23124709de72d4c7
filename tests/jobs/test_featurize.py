"""Features by date: each date is made once, again only where news change what was known before it, and equals all at once."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from features.shop_rows import ZONE, happened, item, line, person, rows
from footfall.contract import Table
from footfall.contract.frames import conform
from footfall.docs.declared import Absent
from footfall.features import daily_activity, item_features, user_features
from footfall.privacy.pseudonyms import MintKey
from footfall.runtime.cli import Job
from footfall.runtime.runner import Runner
from footfall.settings import resolve
from footfall.steps.step import Frames, Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import (
    COUPON_REDEMPTIONS,
    DAILY_ACTIVITY,
    EVENTS,
    IDENTITIES,
    ITEM_FEATURES,
    ITEMS,
    ORDER_LINES,
    REVIEWS,
    USER_FEATURES,
)
from jobs import featurize

CONF = Path(__file__).resolve().parents[2] / "conf"
TUESDAY = date(2017, 7, 4)
EVALUATION, TRAINING = date(2017, 6, 26), date(2017, 6, 19)  # Mondays, labels complete after a week
SHOP = {"churn.horizon_days": 7, "features.training_dates": 1, "features.training_step_weeks": 1}
FACTS = (ORDER_LINES, REVIEWS, EVENTS, COUPON_REDEMPTIONS)


class World:
    """A lake whose refined tables a test fills itself."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def put(self, table: Table, *new: dict[str, Any]) -> None:
        """Writes rows as refine does: added to facts, in place of what was there to a catalogue."""
        filled = [{c.name: _SOME[c.type] for c in table.columns if c.required} | row for row in new]
        frame = rows(self.lake.spark, table, *filled).drop("batch_id")

        def apply(_: Frames) -> StepResult:
            return StepResult([Output(table, conform(frame, table))])

        name = f"refine_{table.name}"
        self._run(self._job(TUESDAY), [Step(name, (), (table.full_name,), apply, values={"rows": new})])

    def featurize(self, as_of: date) -> list[str]:
        """Runs the job; returns its lines."""
        job = self._job(as_of)
        return self._run(job, featurize.steps(job))

    def batches(self, table: Table) -> dict[date, int]:
        """Date -> the batch that made it."""
        dates = self.lake.read(table.full_name).select("as_of_date", "batch_id").distinct()
        return dict(sorted(map(tuple, dates.collect())))

    def require_equal_to_all_at_once(self) -> None:
        """Every date of both tables is, to the bit, what one computation over all facts gives."""
        facts = {t.name: self._read(t) for t in FACTS}
        activity = daily_activity(**facts, time_zone=ZONE)
        known = {t.name: self._read(t) for t in (ORDER_LINES, REVIEWS, IDENTITIES)}
        makers = {
            USER_FEATURES: lambda **days: user_features(
                daily_activity=activity, items=self._read(ITEMS), **known, **days
            ),
            ITEM_FEATURES: lambda **days: item_features(**known, **days),
        }
        for table, make in makers.items():
            stored = self.lake.read(table.full_name)
            dates = [row[0] for row in stored.select("as_of_date").distinct().collect()]
            expected = _values(conform(make(dates=dates, time_zone=ZONE), table), table)
            assert len(expected) > len(dates)
            assert _values(stored, table) == expected, table.name

    def _read(self, table: Table) -> DataFrame:
        is_there = self.lake.version(table.full_name) is not None
        return self.lake.read(table.full_name) if is_there else self.lake.empty(table)

    def _job(self, as_of: date) -> Job:
        now = datetime(2017, 8, 1, 12, tzinfo=UTC)
        books = Books(self.lake, owner=Owner.this_process(), now=now)
        settings = resolve(CONF, "local", SHOP)
        registry: Any = Absent("registry")
        return Job(settings, as_of, now, self.lake.spark, self.lake, books, registry, MintKey(bytes(32)), Namespace())

    def _run(self, job: Job, steps: list[Step]) -> list[str]:
        lines: list[str] = []
        Runner(self.lake, job.books, say=lines.append).run(steps)
        return lines


_SOME: dict[str, Any] = {
    "string": "some",
    "decimal(18,4)": Decimal(1),
    "decimal(18,3)": Decimal(1),
    "timestamp": None,
    "date": None,
}


def _values(frame: DataFrame, table: Table) -> list[str]:
    return sorted(map(repr, frame.select(*table.column_names).collect()))


def test_a_date_is_made_once_and_again_only_where_news_change_it(lake: Lake) -> None:
    world = World(lake)

    def sold(
        order: str, actor: str, days_before: int, *, known: datetime | None = None, **other: Any
    ) -> dict[str, Any]:
        return line(order, actor, happened(days_before, of=TUESDAY, known=known), **other)

    world.put(IDENTITIES, *(person(name, evidence="own actor") for name in ("ann", "bob")))
    world.put(ITEMS, item("milk", "DAIRY", "MILK"))
    world.put(
        ORDER_LINES, sold("o1", "ann", 800), sold("o2", "ann", 500, item_id="old"), sold("o3", "bob", 20),
        sold("o4", "ann", 30), sold("c1", "cat", 21),
    )  # fmt: skip
    world.featurize(TUESDAY)
    assert world.batches(USER_FEATURES) == {TRAINING: 1, EVALUATION: 1, TUESDAY: 1}
    assert world.batches(ITEM_FEATURES) == {EVALUATION: 1, TUESDAY: 1}
    assert [text.split("  ")[-1].strip() for text in world.featurize(TUESDAY)] == ["nothing new"] * 3

    # a day later: the day's news, and a row of a day before that was known late; Tuesday goes, since it is no Monday
    known = happened(0, hour=20, of=TUESDAY)["event_time"]
    world.put(ORDER_LINES, sold("o5", "ann", 0), sold("o6", "bob", 25, known=known, item_id="old"))
    wednesday = TUESDAY + timedelta(days=1)
    world.featurize(wednesday)
    assert world.batches(USER_FEATURES) == {TRAINING: 1, EVALUATION: 1, wednesday: 2}
    assert world.batches(ITEM_FEATURES) == {EVALUATION: 1, wednesday: 2}
    world.require_equal_to_all_at_once()

    # a feed with a declared delay brings what was known before the evaluation date, but not before the training date
    known = happened(10, of=TUESDAY)["event_time"]
    world.put(ORDER_LINES, sold("o7", "bob", 40, known=known))
    world.featurize(wednesday)
    assert world.batches(USER_FEATURES) == {TRAINING: 1, EVALUATION: 3, wednesday: 3}
    world.require_equal_to_all_at_once()

    # who cat is comes late, and holds ever since: of 21 days before Tuesday, and so of all dates after 13 June
    world.put(IDENTITIES, person("cat", evidence="own actor"))
    thursday = TUESDAY + timedelta(days=2)
    world.featurize(thursday)
    assert world.batches(USER_FEATURES) == {TRAINING: 4, EVALUATION: 4, thursday: 4}
    world.require_equal_to_all_at_once()

    # the catalogue names an item otherwise from a day before the evaluation date on, and it was known then
    renamed = happened(12, of=TUESDAY)["event_time"]
    world.put(ITEMS, item("milk", "DAIRY", "MILK"), item("milk", "FRESH", "MILK", valid_from=renamed, known_at=renamed))
    world.featurize(thursday)
    assert world.batches(USER_FEATURES) == {TRAINING: 4, EVALUATION: 5, thursday: 5}
    assert world.batches(ITEM_FEATURES) == {EVALUATION: 4, thursday: 4}
    world.require_equal_to_all_at_once()


def test_what_is_deleted_by_hand_is_forgotten_as_of_all_dates(lake: Lake) -> None:
    world = World(lake)
    world.put(IDENTITIES, person("ann", evidence="own actor"), person("bob", evidence="own actor"))
    world.put(ITEMS, item("milk", "DAIRY", "MILK"))
    world.put(
        ORDER_LINES, line("o1", "ann", happened(60, of=TUESDAY)), line("o2", "ann", happened(50, of=TUESDAY)),
        line("o3", "bob", happened(60, of=TUESDAY)),
    )  # fmt: skip
    world.featurize(TUESDAY)
    lake.spark.sql(f"DELETE FROM {lake.name(ORDER_LINES.full_name)} WHERE order_id IN ('o2', 'o3')")
    world.put(
        ORDER_LINES, line("o4", "ann", happened(1, of=TUESDAY))
    )  # readers see the table as it is from the next batch on
    world.featurize(TUESDAY)
    corrections = lake.read(DAILY_ACTIVITY.full_name).where("batch_id = 2")
    measures = ("actor_id", "order_count", "order_line_count", "amount_base")
    assert _values_of(corrections, *measures) == [("ann", -1, -1, -10), ("ann", 1, 1, 10), ("bob", -1, -1, -10)]
    assert world.batches(USER_FEATURES) == {TRAINING: 2, EVALUATION: 2, TUESDAY: 2}
    people = lake.read(USER_FEATURES.full_name)
    assert _values_of(people, "as_of_date", "user_id", "order_count_365d", "recency_days") == [
        (TRAINING, "ann", 1, 45.0), (EVALUATION, "ann", 1, 52.0), (TUESDAY, "ann", 2, 1.0),
    ]  # fmt: skip
    world.require_equal_to_all_at_once()


def _values_of(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in frame.select(*columns).collect()), key=str)
