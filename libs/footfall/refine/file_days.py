"""The day of a full dump by the path of its file. Pure."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from footfall.steps.sorting import FIRST_INSTANT


def start_of_day(path: Column, pattern: str, zone: str) -> Column:
    """00:00 in the zone of the day (yyyyMMdd or yyyy-MM-dd) that the pattern's first group takes from a path, UTC; else NULL."""
    text = F.regexp_extract(path, pattern, 1)
    digits = F.when(F.rlike(text, F.lit(r"^(\d{8}|\d{4}-\d{2}-\d{2})$")), F.replace(text, F.lit("-"), F.lit("")))
    return F.to_utc_timestamp(F.try_to_timestamp(digits, F.lit("yyyyMMdd")), zone)


def day_fault(since: Column, taken_at: Column) -> Column:
    """Name of the rule that the day of a file breaks, or NULL: there is none, or it is more than a day after the taking."""
    is_possible = (since > F.expr(FIRST_INSTANT)) & (since <= taken_at + F.expr("INTERVAL 1 DAY"))
    return F.when(since.isNull(), F.lit("file_day_unreadable")).when(~is_possible, F.lit("file_day_plausible"))
