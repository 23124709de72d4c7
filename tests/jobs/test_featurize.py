"""Features by date: each date is made once, again only where news change what was known before it, and equals all at once."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from features.shop_rows import ZONE, happened, item, line, person, refund, rows
from footfall.contract import Table
from footfall.contract.frames import conform
from footfall.docs.declared import Absent
from footfall.features import daily_activity, item_features, user_features
from footfall.privacy.pseudonyms import MintKey
from footfall.runtime.cli import Job
from footfall.runtime.runner import Runner
from footfall.settings import resolve
from footfall.steps.step import Output, Step, StepResult
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
    REFUND_LINES,
    REVIEWS,
    USER_FEATURES,
)
from jobs import featurize

CONF = Path(__file__).resolve().parents[2] / "conf"
TUESDAY = date(2017, 7, 4)
EVALUATION, TRAINING = date(2017, 6, 26), date(2017, 6, 19)  # Mondays, labels complete after a week
SHOP = {"churn.horizon_days": 7, "features.training_dates": 1, "features.training_step_weeks": 1}
FACTS = (ORDER_LINES, REFUND_LINES, REVIEWS, EVENTS, COUPON_REDEMPTIONS)


class World:
    """A lake whose refined tables a test fills itself."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def put(self, rows_of: Mapping[Table, Sequence[dict[str, Any]]]) -> None:
        """Writes rows as refine does: added to facts, in place of what was there to a catalogue."""
        outputs = []
        for table, new in rows_of.items():
            filled = [{c.name: _SOME[c.type] for c in table.columns if c.required} | row for row in new]
            outputs.append(Output(table, conform(rows(self.lake.spark, table, *filled).drop("batch_id"), table)))
        values = {table.name: new for table, new in rows_of.items()}
        step = Step("refine", (), tuple(t.full_name for t in rows_of), lambda _: StepResult(outputs), values=values)
        self._run(self._job(TUESDAY), [step])

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
            ITEM_FEATURES: lambda **days: item_features(refund_lines=self._read(REFUND_LINES), **known, **days),
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


def _sold(order: str, actor: str, days_before: int, **other: Any) -> dict[str, Any]:
    known = other.pop("known", None)
    return line(order, actor, happened(days_before, of=TUESDAY, known=known), **other)


def _back(name: str, actor: str, days_before: int, amount: str, **other: Any) -> dict[str, Any]:
    known = other.pop("known", None)
    return refund(name, actor, happened(days_before, of=TUESDAY, known=known), amount, **other)


def _when(days_before: int) -> datetime:
    at: datetime = happened(days_before, hour=20, of=TUESDAY)["event_time"]
    return at


def test_a_date_is_made_once_and_again_only_where_news_change_it(lake: Lake) -> None:
    """Ann bought long ago too, Bob lately, and who Cat is comes late."""
    world, milk = World(lake), item("milk", "DAIRY", "MILK")
    sales = [
        _sold("o1", "ann", 800), _sold("o2", "ann", 500, item_id="old"), _sold("o3", "bob", 20), _sold("o4", "ann", 30),
        _sold("c1", "cat", 21),
    ]  # fmt: skip
    world.put({IDENTITIES: [person("ann"), person("bob")], ITEMS: [milk], ORDER_LINES: sales})
    world.featurize(TUESDAY)
    assert world.batches(USER_FEATURES) == {TRAINING: 1, EVALUATION: 1, TUESDAY: 1}
    assert world.batches(ITEM_FEATURES) == {EVALUATION: 1, TUESDAY: 1}
    assert [text.split("  ")[-1].strip() for text in world.featurize(TUESDAY)] == ["nothing new"] * 3

    # What is known now, though of 9 June, changes no past date, but what a feed with a declared delay brings and a new name of
    # the milk were known in the week before the evaluation date. Tuesday goes, since it is no Monday.
    renamed = item("milk", "FRESH", "MILK", valid_from=_when(12), known_at=_when(12))
    news = [_sold("o5", "ann", 0), _sold("o6", "bob", 25, known=_when(0)), _sold("o7", "bob", 40, known=_when(10))]
    # The first things come back: one of them at once, of the others it is known late, or it is of long ago.
    back = [
        _back("r1", "ann", 0, "4.00"), _back("r2", "bob", 12, "3.00", known=_when(11)), _back("r3", "ann", 300, "2.00", known=_when(0)),
    ]  # fmt: skip
    world.put({ORDER_LINES: news, ITEMS: [milk, renamed], REFUND_LINES: back})
    wednesday = TUESDAY + timedelta(days=1)
    world.featurize(wednesday)
    assert world.batches(USER_FEATURES) == {TRAINING: 1, EVALUATION: 2, wednesday: 2}
    assert world.batches(ITEM_FEATURES) == {EVALUATION: 2, wednesday: 2}
    world.require_equal_to_all_at_once()

    # Cat bought on 13 June, and was nobody until now.
    world.put({IDENTITIES: [person("cat")]})
    world.featurize(wednesday)
    assert world.batches(USER_FEATURES) == {TRAINING: 3, EVALUATION: 3, wednesday: 3}

    # Ann's first and Bob's last sales are deleted by hand, and what Bob gave back.
    lake.spark.sql(f"DELETE FROM {lake.name(ORDER_LINES.full_name)} WHERE order_id IN ('o1', 'o3', 'o6')")
    lake.spark.sql(f"DELETE FROM {lake.name(REFUND_LINES.full_name)} WHERE refund_id = 'r2'")
    world.put({ORDER_LINES: [_sold("o9", "ann", 2)], REFUND_LINES: [_back("r4", "ann", 1, "1.00")]})
    world.featurize(wednesday)
    days = lake.read(DAILY_ACTIVITY.full_name).groupBy("actor_id").sum("order_count", "refund_line_count")
    assert _values_of(days, *days.columns) == [("ann", 4, 3), ("bob", 1, 0), ("cat", 1, 0)]
    assert world.batches(USER_FEATURES) == {TRAINING: 4, EVALUATION: 4, wednesday: 4}
    people = lake.read(USER_FEATURES.full_name).where("user_id != 'cat'")
    assert _values_of(people, "as_of_date", "user_id", "order_count_365d", "tenure_days", "recency_days",
                      "net_amount_365d") == [
        (TRAINING, "ann", 1, 485.0, 15.0, Decimal("10.0000")), (EVALUATION, "ann", 1, 492.0, 22.0, Decimal("10.0000")),
        (EVALUATION, "bob", 1, 32.0, 32.0, Decimal("10.0000")), (wednesday, "ann", 3, 501.0, 1.0, Decimal("23.0000")),
        (wednesday, "bob", 1, 41.0, 41.0, Decimal("10.0000")),
    ]  # fmt: skip


def _values_of(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in frame.select(*columns).collect()), key=str)
