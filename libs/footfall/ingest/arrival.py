"""Raw rows: the source's own columns and where and when each row came in. A pure function of frames."""

from __future__ import annotations

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.tables import feed_table


def arrive(
    rows: DataFrame, *, source: str, feed: str, now: datetime, keep_days: int | None = None
) -> tuple[Table, DataFrame]:
    """The raw table of a feed and its new rows, taken at `now` (UTC)."""
    table = feed_table(feed, {f.name: f.dataType.simpleString() for f in rows.schema.fields}, keep_days)
    return table, rows.withColumns({"_source": F.lit(source), "_known_at": F.lit(now).cast("timestamp")})
