"""What was taken at one moment, by itself: a delivery that is too broken is not made good by those that come after it. Pure."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.steps.sorting import SKIPPED, SOUND, TAKEN_AT
from footfall.tables.raw import WAITED_FOR

NEW = "_new"  # whether no batch has read the row before: it neither waited nor was in quarantine


def with_new(checked: DataFrame) -> DataFrame:
    """The checked rows with `_new`."""
    is_new = F.col(WAITED_FOR).isNull() if WAITED_FOR in checked.columns else F.lit(True)
    return checked.withColumn(NEW, is_new)


def worst_first(marked: DataFrame, is_fresh: Column, aside: Column, *, least_broken: int) -> DataFrame:
    """Rows (taken_at, checked, broken) of the deliveries with so many broken rows, the largest share of them first.

    `is_fresh` picks the rows to look at, `aside` those that go to quarantine since they are in conflict. `taken_at` is text, UTC.
    Rows that waited are left out: what else came with them was judged when it came.
    """
    rows = marked.where(F.col(SKIPPED).isNull() & is_fresh & F.col(NEW))
    counts = rows.groupBy(F.col(TAKEN_AT).cast("string").alias("taken_at")).agg(
        F.count("*").alias("checked"), F.count_if(~F.col(SOUND) | aside).alias("broken")
    )
    return counts.where(F.col("broken") >= least_broken).orderBy(F.desc(F.col("broken") / F.col("checked")), "taken_at")
