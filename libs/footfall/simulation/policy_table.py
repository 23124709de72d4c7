"""A table of what another policy decided: its columns, which rows count, and why others are set aside. Functions of frames."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.simulation.assigned import MOST_ASSIGNED_ITEMS
from footfall.simulation.offers import offers_of
from footfall.simulation.plan import BLOCK_PEOPLE, ITEMS, OFFERS, SimulationPlan

REQUIRED = {"customer_id": {"string"}, "date": {"date", "timestamp", "string"}, "decision_id": {"string"}}
CHOICES = {"offer_id": (OFFERS, {"string"}), "items": (ITEMS, {"array<string>"})}
PROPENSITY = {"propensity": {"double", "float", "int", "bigint"}}


def faults_of(types: Mapping[str, str]) -> list[str]:
    """What is wrong with a table of these columns (name -> type); nothing where it can be used."""
    wanted = REQUIRED | {name: allowed for name, (_, allowed) in CHOICES.items()} | PROPENSITY
    faults = [f"'{name}' is missing" for name in REQUIRED if name not in types]
    if not types.keys() & CHOICES.keys():
        faults.append("neither 'offer_id' nor 'items' is there")
    faults += [
        f"'{name}' is {types[name]}, expected {' or '.join(sorted(allowed))}"
        for name, allowed in wanted.items()
        if name in types and types[name] not in allowed and not (name == "propensity" and "decimal" in types[name])
    ]
    return faults


def kinds_of(types: Mapping[str, str]) -> tuple[str, ...]:
    """What the table decides on: offers, items, or both."""
    return tuple(kind for name, (kind, _) in CHOICES.items() if name in types)


def checked(plan: SimulationPlan, table: DataFrame) -> DataFrame:
    """One row a row: `block`, `person`, `day`, `offer` (-1: nothing), `items`, `decision_id`, `propensity`, `row`, `reason`.

    `reason` says why the row is set aside, and is NULL where it counts; `row` is what the table has, as JSON. `plan` is the
    continuation's. Of rows that exclude each other the first counts, by day, offer, items and propensity.
    """
    optional = {"offer_id": "string", "items": "array<string>", "propensity": "double"}
    chosen = [
        F.col(name).cast(kind).alias(name) if name in table.columns else F.lit(None).cast(kind).alias(name)
        for name, kind in optional.items()
    ]
    dated = F.datediff(F.col("date").try_cast("date"), F.lit(plan.start)).alias("day")
    rows = table.select(F.to_json(F.struct("*")).alias("row"), "customer_id", "decision_id", dated, *chosen).select(
        "*",
        _number("customer_id", "^C[0-9]{8,}$", plan.people).alias("person"),
        _number("offer_id", "^F[0-9]{3}$", len(offers_of(plan))).alias("offer"),
        F.transform("items", lambda item: _number(item, "^I[0-9]{6}$", plan.items)).alias("numbers"),
    )
    by_itself = rows.withColumn("reason", _reason(plan))
    keys = ("day", "offer", "numbers", "propensity", "row")
    for reason, alike, where in (
        ("doubled_decision_id", ("decision_id",), "true"),
        ("same_offer_twice_in_a_week", ("person", "week", "offer"), "offer IS NOT NULL"),
        ("second_slate_of_the_day", ("person", "day"), "numbers IS NOT NULL"),
    ):
        is_used = F.col("reason").isNull() & F.expr(where)
        place = F.row_number().over(Window.partitionBy("is_used", *alike).orderBy(*keys))
        week = F.floor(F.col("day") / 7)
        numbered = by_itself.withColumn("week", week).withColumn("is_used", is_used).withColumn("place", place)
        second = F.col("is_used") & (F.col("place") > 1)
        by_itself = numbered.withColumn("reason", F.when(second, reason).otherwise(F.col("reason")))
    return by_itself.select(
        F.floor(F.col("person") / BLOCK_PEOPLE).alias("block"), "person", "day",
        F.coalesce("offer", F.lit(-1)).alias("offer"), F.col("numbers").alias("items"), "decision_id", "propensity", "row",
        "reason",
    )  # fmt: skip


def _number(value: Column | str, pattern: str, below: int) -> Column:
    """The number within an identifier of the shop; NULL where it is none of its own."""
    text = F.col(value) if isinstance(value, str) else value
    number = F.substring(text, 2, 18).try_cast("bigint")
    return F.when(F.rlike(text, F.lit(pattern)) & (number < below), number)


def _reason(plan: SimulationPlan) -> Column:
    """Why a row is set aside, whatever the others are."""
    offers = offers_of(plan)
    valid = F.lit(False)
    for number, offer in enumerate(offers):
        valid |= (F.col("offer") == number) & F.col("day").between(offer.first_day, offer.last_day)
    places = F.size("items")
    reasons: tuple[tuple[str, Column], ...] = (
        ("unknown_person", F.col("person").isNull()),
        ("no_decision_id", F.coalesce(F.trim("decision_id"), F.lit("")) == ""),
        ("no_date", F.col("day").isNull()),
        ("before_the_state_ends", F.col("day") < plan.since),
        ("after_the_last_day", F.col("day") >= plan.end),
        ("offer_and_items", F.col("offer_id").isNotNull() & F.col("items").isNotNull()),
        ("unknown_offer", F.col("offer_id").isNotNull() & F.col("offer").isNull()),
        ("offer_not_valid", F.col("offer").isNotNull() & ~valid),
        ("no_item_or_too_many", F.col("items").isNotNull() & ((places < 1) | (places > MOST_ASSIGNED_ITEMS))),
        ("unknown_item", F.exists("numbers", lambda number: number.isNull())),
        ("same_item_twice", places > F.size(F.array_distinct("items"))),
        ("propensity_out_of_bounds", F.col("propensity").isNotNull() & ~((F.col("propensity") > 0) & (F.col("propensity") <= 1))),
    )  # fmt: skip
    reason = F.lit(None).cast("string")
    for name, condition in reversed(reasons):
        reason = F.when(condition, name).otherwise(reason)
    return reason
