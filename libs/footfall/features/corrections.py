"""What is to be added to sums that were made of rows which are no longer there. Pure."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

KEY = ("actor_id", "event_date", "known_date")


def activity_corrections(counted: DataFrame, stored: DataFrame) -> DataFrame:
    """Rows that turn the sums of `stored` rows of daily_activity into those of `counted` ones, of all facts; signed.

    A correction has the days of what it corrects, so that features as of past dates forget it too.
    """
    types = {column: kind for column, kind in counted.dtypes if column not in KEY}
    measures = list(types)
    signed = [rows.select(*KEY, *(F.col(c) * sign for c in measures)) for rows, sign in ((counted, 1), (stored, -1))]
    union = reduce(DataFrame.unionAll, signed).toDF(*KEY, *measures)
    sums = union.groupBy(*KEY).agg(*(F.sum(c).cast(kind).alias(c) for c, kind in types.items()))
    return sums.where(F.greatest(*(F.abs(F.col(c).cast("decimal(38,4)")) for c in measures)) > 0)
