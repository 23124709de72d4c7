"""Which delivery among a feed's new rows is the worst, and in which words it is held back."""

from __future__ import annotations

from datetime import UTC, datetime

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.steps.deliveries import NEW, with_new, worst_first
from footfall.steps.holding import BrokenRows, Limit, held_back

FIRST, LATER = datetime(2024, 5, 1, 3, tzinfo=UTC), datetime(2024, 5, 2, 3, 0, 0, 500_000, tzinfo=UTC)


def test_a_delivery_is_judged_by_its_own_rows_and_one_with_too_few_broken_rows_not_at_all(spark: SparkSession) -> None:
    """Row: when it was taken, sound, why it is skipped, in conflict, what it waited for, whether it is fresh."""
    rows = [
        *[(FIRST, i > 0, None, False, None, True) for i in range(8)],  # one broken, of eight
        (LATER, False, None, False, None, True),
        (LATER, True, None, True, None, True),  # goes to quarantine, as it is in conflict
        *[(LATER, True, None, False, None, True) for _ in range(3)],
        # none of these counts: skipped, waited, not fresh
        (LATER, False, "waiting: orders", False, None, True),
        (LATER, False, None, False, "orders", True),
        (LATER, False, None, False, None, False),
    ]
    shape = "_taken_at timestamp, _sound boolean, _skipped string, aside boolean, _waited_for string, fresh boolean"
    marked = with_new(spark.createDataFrame(rows, shape))

    def deliveries(least_broken: int) -> list[tuple[object, ...]]:
        worst = worst_first(marked, F.col("fresh"), F.col("aside"), least_broken=least_broken)
        return [tuple(row) for row in worst.collect()]

    later, first = ("2024-05-02 03:00:00.5", 5, 2), ("2024-05-01 03:00:00", 8, 1)
    assert deliveries(1) == [later, first]
    assert deliveries(2) == [later]
    assert deliveries(3) == []


def test_rows_of_a_feed_of_which_none_can_wait_are_all_new(spark: SparkSession) -> None:
    assert [row[NEW] for row in with_new(spark.range(2)).collect()] == [True, True]


def test_what_is_held_back_is_said_with_the_moment_at_which_it_was_taken() -> None:
    limit = Limit(share=0.2, rows=2)
    rows = BrokenRows("shop_clicks", 2, 3, {"event_type_known": 2}, taken_at="2024-05-01 03:00:00")
    fault = held_back("refined.events", [rows], {"shop_clicks": limit}, {"shop_clicks": "raw.shop_clicks"})
    assert fault.what.startswith(
        "refined.events: of shop_clicks 2 of 3 rows that were taken at 2024-05-01 03:00:00 UTC (66.7%) go to quarantine, "
        "more than 20.0%: event_type_known 2."
    )
