"""Values of text without what stands around them and belongs to none: blanks, tabs, and signs that a mapping names. Pure."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.source import Feed
from footfall.steps.source_names import quoted

LINES = frozenset({"csv", "text"})  # formats of lines, whose values may be filled up with blanks
BLANKS = " \t"


def stripped(rows: DataFrame, feed: Feed, columns: Sequence[str]) -> DataFrame:
    """The rows with the feed's `strip`, blanks and tabs taken off both ends of texts; what is empty then is NULL."""
    if feed.delta is not None or (feed.format not in LINES and not feed.strip):
        return rows
    texts = [f for f in rows.schema.fields if f.name in columns and isinstance(f.dataType, T.StringType)]
    signs = BLANKS + feed.strip
    # the comment of a column says what the source calls it
    return rows.withColumns({f.name: _bare(f.name, signs).alias(f.name, metadata=f.metadata) for f in texts})


def _bare(column: str, signs: str) -> Column:
    """Most values have nothing around them, and to look is less work than to trim signs."""
    value = F.col(quoted(column))
    ends = [end(value, F.lit(sign)) for sign in dict.fromkeys(signs) for end in (F.startswith, F.endswith)]
    return F.when(reduce(operator.or_, ends), F.nullif(F.btrim(value, F.lit(signs)), F.lit(""))).otherwise(value)
