"""Raw rows: the source's own columns and where and when each row came in. A pure function of frames."""

from __future__ import annotations

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.mapping.source import Feed
from footfall.steps.step import Files
from footfall.tables import feed_table
from footfall.tables.raw import ARRIVAL, CORRUPT


def files_of(feed: Feed, root: str) -> Files:
    """The files of a feed below a root, and how they are read."""
    return Files(
        root,
        feed.files or "",
        feed.format,
        feed.options,
        partitions=feed.partitions,
        line_pattern=feed.pattern,
        not_rows=feed.not_rows,
        rewritten_days=feed.rewritten_days,
        header_line=feed.header_line,
        strip=feed.strip,
    )


def has_columns(rows: DataFrame) -> bool:
    """Whether rows of files, arrived or not, have columns of the source's own: empty lists of JSON have none, and no rows."""
    return bool({*rows.columns} - {CORRUPT.name, *(column.name for column in ARRIVAL)})


def arrive(
    rows: DataFrame, *, source: str, feed: str, now: datetime, keep_days: int | None = None
) -> tuple[Table, DataFrame]:
    """The raw table of a feed and its new rows, taken at `now` (UTC)."""
    comments = {f.name: f.metadata["comment"] for f in rows.schema.fields if "comment" in f.metadata}
    types = {f.name: f.dataType.simpleString() for f in rows.schema.fields}
    table = feed_table(feed, types, keep_days, comments=comments)
    return table, rows.withColumns({"_source": F.lit(source), "_known_at": F.lit(now).cast("timestamp")})
