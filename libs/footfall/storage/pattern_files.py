"""Rows of text files, one a line, by a regular expression whose named groups are the columns. Reads source files only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.mapping.line_patterns import READY, line_pattern
from footfall.steps.step import Files
from footfall.storage.raw_names import refuse_readers_names
from footfall.storage.text_lines import BLOCK, CORRUPT, FILE, LINE, ORDER, read_lines

WEB_SERVER_TIME = "dd/MMM/yyyy:HH:mm:ss Z"  # of the ready patterns


def read_text(
    spark: SparkSession, names: Sequence[str], files: Files, number: Callable[[DataFrame], DataFrame]
) -> DataFrame:
    """All lines with `_file`, `_position` and `_corrupt` (the line, where the pattern does not fit all of it)."""
    groups = line_pattern(files.line_pattern).groupindex
    refuse_readers_names(list(groups), files.pattern)
    # Java has no underscores in names of groups: their numbers do
    java = "^(?:" + re.sub(r"\(\?P<\w+>", "(", line_pattern(files.line_pattern).pattern) + ")$"
    line = F.col(LINE)
    values = {name: F.nullif(F.regexp_extract(line, java, place), F.lit("")) for name, place in groups.items()}
    if files.line_pattern in READY:  # a server writes a backslash before quotes and backslashes of a client
        values = {name: F.regexp_replace(value, r'\\(["\\])', "$1") for name, value in values.items()}
        instant = F.try_to_timestamp(values["time"], F.lit(WEB_SERVER_TIME))
        values["time"] = F.coalesce(F.date_format(instant, "yyyy-MM-dd'T'HH:mm:ssXXX"), values["time"])
    lines = read_lines(spark, files, names, with_blank=False, most=files.first_lines)
    corrupt = F.when(~F.rlike(line, F.lit(java)), line)
    columns = [value.alias(name) for name, value in values.items()]
    return number(lines.select(*columns, corrupt.alias(CORRUPT), FILE, BLOCK, ORDER))
