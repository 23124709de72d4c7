"""Times that arrive as bare numbers: seconds, milliseconds, days? A mapping has to say. Reads the first rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import Table
from footfall.errors import SourceError
from footfall.mapping.source import Feed, Target
from footfall.mapping.targets import TARGETS
from footfall.mapping.yaml_file import Key
from footfall.refine.clocks import NUMBER
from footfall.refine.elements import element_rows
from footfall.refine.guarded import value_or_null
from footfall.refine.typed import typed_source

ROWS_SEEN = 20
UNIT_UNKNOWN = (
    "a bare number is no time: seconds or milliseconds? "
    "Write timestamp_seconds(CAST({sql} AS BIGINT)) or timestamp_millis(CAST({sql} AS BIGINT))"
)
TIMES = ("timestamp", "date")


def require_times(raw: DataFrame, feed: Feed, table: Table) -> None:
    """Raises SourceError where a time of the table is nothing but numbers in the first rows that have one."""
    if faults := list(bare_numbers(raw, feed, {table.name})):
        origin = feed.files or feed.delta
        raise SourceError(
            "\n".join(f"feed of {origin}: {'.'.join(map(str, key))}: {words}" for key, words in faults),
            fix="Say the unit in the mapping. Nothing of these rows was taken into the table.",
        )


def bare_numbers(raw: DataFrame, feed: Feed, tables: Collection[str]) -> Iterator[tuple[Key, str]]:
    """Each mapped time whose first ROWS_SEEN values are all digits: its key path below the feed, and the fault in words."""
    typed = typed_source(raw, feed)
    for table in tables:
        yield from _of_target(element_rows(typed, feed, feed.into[table]), table, feed.into[table])


def _of_target(rows: DataFrame, table: str, target: Target) -> Iterator[tuple[Key, str]]:
    times = {
        ("into", table, "columns", column): sql
        for column, sql in target.columns.items()
        if TARGETS[table].column(column).type in TIMES
    }
    if not times:
        return
    values = rows.select(*(value_or_null(rows, sql).alias(f"_{i}") for i, sql in enumerate(times.values())))
    texts = [field.name for field in values.schema.fields if isinstance(field.dataType, T.StringType)]
    if not texts:
        return
    first = values.select(*texts).limit(ROWS_SEEN)
    is_number = {name: F.rlike(name, F.lit(NUMBER)) for name in texts}
    counts = first.agg(
        *(F.count_if(is_it).alias(name) for name, is_it in is_number.items()),
        *(F.count_if(F.trim(name) != "").alias(f"{name}_filled") for name in texts),
    ).first()
    for i, (key, sql) in enumerate(times.items()):
        name = f"_{i}"
        if name in texts and counts and counts[name] and counts[name] == counts[f"{name}_filled"]:
            yield key, UNIT_UNKNOWN.format(sql=sql)
