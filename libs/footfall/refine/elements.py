"""Rows of a target that has `each`: one for each element of a list in the document; a document without any stays one row. Pure."""

from __future__ import annotations

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.elements import ELEMENT, source_sql
from footfall.mapping.source import Feed, Target
from footfall.mapping.yaml_file import Key
from footfall.refine.typed import TYPES, source_columns
from footfall.steps.places import place_of
from footfall.steps.sorting import NO_ELEMENTS, RAW_ROW
from footfall.tables.raw import CORRUPT

ONE_LIST = "which the document has once"
NUMBER, _LIST = "_element", "_list"


def element_rows(rows: DataFrame, feed: Feed, target: Target) -> DataFrame:
    """The typed rows, and where the target has `each` one for each element: with `each`, and `_element`, its number from 1.

    `_element` is NULL in a document without elements, and in one whose list cannot be read; the latter `_types` names. Of a list
    that is text of JSON the elements are text too.
    """
    if not target.each:
        return rows
    listed = rows.withColumn(_LIST, F.expr(source_sql(feed, target, target.each)))
    if not isinstance(listed.schema[_LIST].dataType, T.StringType):
        exploded = listed.select("*", F.posexplode_outer(_LIST).alias(NUMBER, ELEMENT)).drop(_LIST)
        return exploded.withColumn(NUMBER, F.col(NUMBER) + 1)
    size = F.json_array_length(_LIST)
    is_unreadable = (F.trim(_LIST) != "") & size.isNull()
    for sql in _texts_above(listed, feed, target):  # a list has nothing below it, nor has a plain value
        above = F.trim(F.expr(sql))
        has_nothing = (above != "") & ~F.startswith(above, F.lit("{")) & ~F.json_array_length(above).eqNullSafe(0)
        is_unreadable = F.coalesce(is_unreadable, F.lit(False)) | F.coalesce(has_nothing, F.lit(False))
    fault = F.array_append(TYPES, F.lit(_unreadable(target.each)))
    numbers = F.when(size > 0, F.sequence(F.lit(1), size))
    numbered = listed.withColumn(TYPES, F.when(is_unreadable, fault).otherwise(F.col(TYPES)))
    exploded = numbered.select("*", F.explode_outer(numbers).alias(NUMBER))
    element = F.expr(f"get_json_object({_LIST}, concat('$[', {NUMBER} - 1, ']'))")
    return exploded.withColumn(ELEMENT, element).drop(_LIST)


def paths_above(each: str) -> list[str]:
    """The columns and fields that a path leads through: of `a.b.c` first `a`, then `a.b`."""
    steps = [] if each.startswith("`") else each.split(".")
    return [".".join(steps[:i]) for i in range(1, len(steps))]


def _texts_above(rows: DataFrame, feed: Feed, target: Target) -> list[str]:
    """Those of them that are JSON text, in SQL."""
    texts = [source_sql(feed, target, path) for path in paths_above(target.each)]
    return [sql for sql in texts if isinstance(rows.select(F.expr(sql)).schema.fields[0].dataType, T.StringType)]


def place(target: Target) -> Column:
    """Where a row of `element_rows` comes from within its file: see `footfall.steps.places`."""
    position = F.col("_position")
    return place_of(position, F.col(NUMBER)) if target.each else position


def no_elements(target: Target) -> list[Column]:
    """That a row of `element_rows` is a document without elements, as the reason for which it is no row; none without `each`."""
    if not target.each:
        return []
    names = {_unreadable(target.each), _unreadable(target.each.partition(".")[0])}
    is_readable = F.col(CORRUPT.name).isNull() & ~F.arrays_overlap(TYPES, F.array(*map(F.lit, sorted(names))))
    return [F.when(F.col(NUMBER).isNull() & is_readable, F.lit(NO_ELEMENTS))]


def each_faults(rows: DataFrame, feed: Feed, table: str) -> list[tuple[Key, str]]:
    """What is wrong with the target's `each` on the typed rows: its key path below the feed, and the fault in words."""
    target = feed.into[table]
    if not target.each:
        return []
    at, sql = ("into", table, "each"), source_sql(feed, target, target.each)
    if clash := {ELEMENT, NUMBER, _LIST} & {column.casefold() for column in rows.columns}:
        return [(at, f"the files have a column {', '.join(sorted(clash))}, which is the name of the element here")]
    try:
        kind = rows.select(F.expr(sql)).schema.fields[0].dataType
        above = paths_above(target.each)
        kinds = [rows.select(F.expr(source_sql(feed, target, path))).schema.fields[0].dataType for path in above]
    except AnalysisException:
        columns = [column for column in source_columns(rows) if column not in {RAW_ROW, TYPES}]
        return [(at, f"no column {target.each} in the files (they have {', '.join(columns)})")]
    lists = [path for path, of_path in zip(above, kinds, strict=True) if isinstance(of_path, T.ArrayType)]
    if lists:
        return [(at, f"{lists[0]} is a list itself, and `each` takes the elements of one list, {ONE_LIST}")]
    if isinstance(kind, T.ArrayType) or (isinstance(kind, T.StringType) and feed.format.startswith("json")):
        return []
    return [
        (
            at,
            f"{target.each} is {kind.simpleString()} and no list; give it a type such as ARRAY<STRUCT<...>> under `types`",
        )
    ]


def _unreadable(name: str) -> str:
    return f"{name}_unreadable"
