"""The label: whoever placed no order after the date."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from features.shop_rows import CUT, ZONE, D, person, rows, values_of
from footfall.features.labels import no_purchase
from footfall.tables import DAILY_ACTIVITY, IDENTITIES, USER_FEATURES

HORIZON, RETURNS = 61, 10
END = HORIZON + RETURNS
NONE = dict.fromkeys(c for c in DAILY_ACTIVITY.column_names if c.endswith("_count")) | {"quantity": Decimal(0)}


def test_only_net_orders_within_the_horizon_and_known_by_its_end_count(spark: SparkSession) -> None:
    activity = [
        _day("the day before", -1, -1), _day("first day", 0, 0), _day("last day", HORIZON - 1, HORIZON - 1),
        _day("a day late", HORIZON, HORIZON), _day("known in time", 3, END - 1), _day("known too late", 3, END),
        _day("taken back", 3, 3), _day("taken back", 3, 20, orders=-1), _day("only looked", 3, 3, orders=0),
    ]  # fmt: skip
    names = {row["actor_id"] for row in activity} | {"never seen"}
    assert _labels(spark, activity, [person(name) for name in names], names) == [
        ("a day late", 1),
        ("first day", 0),
        ("known in time", 0),
        ("known too late", 1),
        ("last day", 0),
        ("never seen", 1),
        ("only looked", 1),
        ("taken back", 1),
        ("the day before", 1),
    ]


def test_an_order_counts_for_whom_the_actor_was_held_to_be_at_the_date(spark: SparkSession) -> None:
    people = [person("phone", "ann", known_to=CUT), person("phone", "bob", known_from=CUT)]
    assert _labels(spark, [_day("phone", 3, 3)], people, {"ann", "bob"}) == [("ann", 0), ("bob", 1)]


def test_an_empty_population_gives_no_labels(spark: SparkSession) -> None:
    assert _labels(spark, [_day("ann", 3, 3)], [person("ann")], set()) == []


def _day(actor: str, days_after: int, known_after: int, *, orders: int = 1) -> dict[str, Any]:
    days = {"event_date": D + timedelta(days=days_after), "known_date": D + timedelta(days=known_after)}
    return {**NONE, "actor_id": actor, **days, "order_count": orders}


def _labels(
    spark: SparkSession, activity: list[dict[str, Any]], people: list[dict[str, Any]], users: set[str]
) -> list[Any]:
    population = rows(spark, USER_FEATURES, *({"as_of_date": D, "user_id": user} for user in users))
    labels = no_purchase(
        population.select("as_of_date", "user_id"), daily_activity=rows(spark, DAILY_ACTIVITY, *activity),
        identities=rows(spark, IDENTITIES, *people), horizon_days=HORIZON, return_window_days=RETURNS, time_zone=ZONE,
    )  # fmt: skip
    return values_of(labels, "user_id", "no_purchase")
