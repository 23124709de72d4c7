"""Values of text without what stands around them and belongs to none: blanks, tabs, and signs that a mapping names. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract.ddl import literal
from footfall.mapping.source import Feed
from footfall.steps.source_names import quoted

LINES = frozenset({"csv", "text"})  # formats of lines, whose values may be filled up with blanks
BLANKS = " \t"


def stripped(rows: DataFrame, feed: Feed, columns: Sequence[str]) -> DataFrame:
    """The rows with the feed's `strip`, blanks and tabs taken off both ends of texts; what is empty then is NULL."""
    if feed.delta is not None or (feed.format not in LINES and not feed.strip):
        return rows
    texts = [f for f in rows.schema.fields if f.name in columns and isinstance(f.dataType, T.StringType)]
    return rows.withColumns({f.name: _bare(f, feed.strip) for f in texts})


def _bare(field: T.StructField, strip: str) -> Column:
    """In SQL, which reaches Spark in one call; most values have nothing around them, and to look is less work than to trim."""
    column = quoted(field.name)
    before = [
        f"{column} < '!'",
        *(f"startswith({column}, {literal(sign)})" for sign in strip),
    ]  # a blank or a tab is less
    after = [f"endswith({column}, {literal(sign)})" for sign in BLANKS + strip]
    bare = f"nullif(btrim({column}, {literal(BLANKS + strip)}), '')"
    value = F.expr(f"CASE WHEN {' OR '.join([*before, *after])} THEN {bare} ELSE {column} END")
    # the comment of a column says what the source calls it
    return value.alias(field.name, metadata=field.metadata) if field.metadata else value
