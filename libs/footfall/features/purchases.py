"""What a person bought before each date: how many items and categories, and which departments' share. Pure.

Not in SQL, since there is one aggregate for each date: so the lines are read and grouped once, whatever the number of dates.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.features.calendar import BITS, Calendar

BY_DATE = "_by_date"


def user_variety(order_lines: DataFrame, item_names: DataFrame, calendar: Calendar) -> DataFrame:
    """Rows (as_of_date, user_id, item_variety_90d, category_variety_90d), 0 for who bought nothing in the 90 days.

    `order_lines` have `user_id` and `bits_90d`, the dates of whose last 90 days they are.
    """
    bought = order_lines.where("bits_90d != 0").groupBy("user_id", "item_id").agg(F.bit_or("bits_90d").alias(BITS))
    items = _by_date(calendar, lambda is_bought: F.count_if(is_bought))
    by_category = _named(bought, item_names).groupBy("user_id", "category").agg(items.alias(BY_DATE))
    is_category = F.col("category").isNotNull()
    counts = by_category.groupBy("user_id").agg(
        F.array(*(F.sum(_at(i)) for i in range(len(calendar.dates)))).alias("items"),
        F.array(*(F.count_if((_at(i) > 0) & is_category) for i in range(len(calendar.dates)))).alias("categories"),
    )
    spread = counts.crossJoin(calendar.frame(counts))
    at_date = {"item_variety_90d": "items", "category_variety_90d": "categories"}
    return spread.select(
        "as_of_date", "user_id", *(F.get(array, F.col("position")).alias(name) for name, array in at_date.items())
    )


def user_departments(order_lines: DataFrame, item_names: DataFrame, calendar: Calendar) -> DataFrame:
    """Rows (as_of_date, user_id, department_shares_365d): shares of the money paid, NULL for who paid nothing.

    `order_lines` have `user_id` and `bits`, the dates of whose last 365 days they are. A share is a double, so its parts are
    added as doubles: sums of decimals as long as these take Spark several times as long.
    """
    amount = F.col("amount_base").cast("double")
    spent = _by_date(calendar, lambda is_bought: F.sum(F.when(is_bought, amount)))
    department = F.coalesce("department", F.lit("unknown")).alias("department")
    by_department = _named(order_lines, item_names).groupBy("user_id", department).agg(spent.alias(BY_DATE))
    people = by_department.groupBy("user_id").agg(F.collect_list(F.struct("department", BY_DATE)).alias("_parts"))
    spread = people.crossJoin(calendar.frame(people))
    parts = F.transform(
        "_parts", lambda part: F.struct(part["department"], F.get(part[BY_DATE], F.col("position")).alias("amount"))
    )
    bought = F.array_sort(F.filter(parts, lambda part: part["amount"].isNotNull()))
    total = F.aggregate(F.col("_bought"), F.lit(0.0), lambda added, part: added + part["amount"])
    shares = F.transform("_bought", lambda part: F.struct(part["department"], part["amount"] / F.col("_total")))
    return (
        spread.withColumn("_bought", bought)
        .withColumn("_total", total)
        .select(
            "as_of_date",
            "user_id",
            F.when(F.col("_total") > 0, F.map_from_entries(shares)).alias("department_shares_365d"),
        )
    )


def _named(rows: DataFrame, item_names: DataFrame) -> DataFrame:
    """The rows with department and category, and the `bits` as of which the item had these names."""
    names = item_names.withColumnRenamed(BITS, "_named")
    own = F.col(BITS).bitwiseAND(F.coalesce("_named", F.col(BITS)))
    return rows.join(names, "item_id", "left").withColumn(BITS, own)


def _by_date(calendar: Calendar, aggregate: Callable[[Column], Column]) -> Column:
    """An array with the aggregate of the rows of each date; it gets whether a row counts for the date."""
    dates = range(len(calendar.dates))
    return F.array(*(aggregate(F.col(BITS).bitwiseAND(F.lit(1 << i)) != 0) for i in dates))


def _at(position: int) -> Column:
    return F.col(BY_DATE)[position]
