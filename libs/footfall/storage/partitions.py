"""Columns that the folders of files give: `dt=2024-05-03/` is the value of `dt` for all rows below. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.errors import SourceError
from footfall.steps.step import Files
from footfall.storage.raw_names import refuse_readers_names
from footfall.storage.text_lines import FILE

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # what Hive and Spark call the folder of rows without a value


def with_partitions(rows: DataFrame, names: Sequence[str], files: Files) -> DataFrame:
    """The rows with a column of text for each of the partitions; SourceError where a file has no such folder, or a column its name."""
    if not files.partitions:
        return rows
    refuse_readers_names(files.partitions, files.pattern)
    for name in sorted(names):
        folders = {unquote(part.partition("=")[0]) for part in name.split("/")[:-1] if "=" in part}
        if missing := [f"{partition}=..." for partition in files.partitions if partition not in folders]:
            raise SourceError(
                f"{name}: no folder {' and '.join(missing)} above it, as `partitions` says.",
                fix="Correct `partitions` or `files` in the mapping, or move the file.",
            )
    folded = {column.casefold() for column in rows.columns}
    if twice := sorted(partition for partition in files.partitions if partition.casefold() in folded):
        raise SourceError(
            f"{files.pattern}: {', '.join(twice)} is a column of the files, and of their folders.",
            fix="Leave it out of `partitions`, or rename the column before it is delivered.",
        )
    return rows.withColumns({partition: _value(partition) for partition in files.partitions})


def _value(partition: str) -> Column:
    """What stands behind the partition's name in the path; signs that a path cannot take are URL-encoded there."""
    written = "|".join(re.escape(name) for name in dict.fromkeys((partition, quote(partition))))
    value = F.regexp_extract(FILE, f"(?:^|/)(?:{written})=([^/]*)/", 1)
    decoded = F.url_decode(F.replace(value, F.lit("+"), F.lit("%2B")))
    return F.when(value != NO_VALUE, F.nullif(decoded, F.lit("")))
