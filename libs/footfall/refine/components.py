"""Connected components of pairs of numbers, by alternating large-star and small-star steps. Pure functions of frames.

R. Kiveris, S. Lattanzi, V. Mirrokni, V. Rastogi, S. Vassilvitskii: Connected Components in MapReduce and Beyond, SoCC 2014.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from pyspark.sql import Column, DataFrame, Observation, Window
from pyspark.sql import functions as F

Staged = Callable[[str, DataFrame], DataFrame]  # keeps a frame under a name, and gives it as it was kept
LOW, HIGH = "low", "high"
_SUM = "_sum"


def components(pairs: DataFrame, *, staged: Staged) -> DataFrame:
    """Rows (node, component): each number that stands in a pair, and the least number that it is connected with.

    `pairs` are rows (low, high) of bigint, low < high, each once. Each round halves the longest way at least, so there
    are few; a round is kept by `staged` and looked at once.
    """
    stars, before = pairs, None
    for number in count() if pairs.head(1) else ():
        sums = Observation()
        stars = staged(f"round_{number}", _small_star(_large_star(stars)).observe(sums, _sums()))
        if (now := sums.get[_SUM]) == before:
            break
        before = now
    least = stars.select(F.col(LOW).alias("node")).distinct()
    return stars.select(F.col(HIGH).alias("node"), F.col(LOW).alias("component")).unionByName(
        least.withColumn("component", F.col("node"))
    )


def _large_star(pairs: DataFrame) -> DataFrame:
    """Each greater neighbour of a number is paired with the least of the number and its neighbours."""
    both = pairs.unionByName(pairs.select(F.col(HIGH).alias(LOW), F.col(LOW).alias(HIGH)))
    least = F.least(F.min(HIGH).over(Window.partitionBy(LOW)), LOW)
    near = both.select(F.col(LOW).alias("node"), F.col(HIGH).alias("neighbour"), least.alias("least"))
    return near.where("neighbour > node").select(F.col("least").alias(LOW), F.col("neighbour").alias(HIGH)).distinct()


def _small_star(pairs: DataFrame) -> DataFrame:
    """Each number and its lesser neighbours are paired with the least of these."""
    least = F.min(LOW).over(Window.partitionBy(HIGH))
    near = pairs.select(HIGH, LOW, least.alias("least"))
    own = near.select(F.col("least").alias(LOW), HIGH)
    others = near.where("low != least").select(F.col("least").alias(LOW), F.col(LOW).alias(HIGH))
    return own.unionByName(others).distinct()


def _sums() -> Column:
    """What two rounds agree in that hold the same pairs: how many there are, and the sum of their hashes."""
    hashes = F.sum(F.xxhash64(LOW, HIGH).cast("decimal(38,0)"))
    return F.struct(F.count_if(F.lit(True)).alias("pairs"), hashes.alias("hashes")).alias(_SUM)
