"""Rows of a target that has `each`: one for each element of a list in the document; a document without any stays one row. Pure."""

from __future__ import annotations

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.elements import ELEMENT, source_sql, typed_names
from footfall.mapping.source import Feed, Target
from footfall.mapping.yaml_file import Key
from footfall.refine.typed import TYPES, source_columns
from footfall.steps.places import place_of
from footfall.steps.sorting import NO_ELEMENTS
from footfall.tables.raw import CORRUPT, WAITED_ELEMENTS, WAITED_FOR

NUMBER, _LIST = "_element", "_list"


def element_rows(rows: DataFrame, feed: Feed, target: Target) -> DataFrame:
    """The typed rows, and where the target has `each` one for each element: with `each`, and `_element`, its number from 1.

    `_element` is NULL in a document without elements, and in one whose list cannot be read, or whose path to the list leads
    through something else than objects; the latter `_types` names. Of a list that is text of JSON the elements are text too.
    """
    if not target.each:
        return rows
    listed = rows.withColumn(_LIST, F.expr(source_sql(feed, target, target.each)))
    if not isinstance(listed.schema[_LIST].dataType, T.StringType):
        exploded = listed.select("*", F.posexplode_outer(_LIST).alias(NUMBER, ELEMENT)).drop(_LIST)
        return exploded.withColumn(NUMBER, F.col(NUMBER) + 1)
    size = F.json_array_length(_LIST)
    is_unreadable = (F.trim(_LIST) != "") & size.isNull()
    for sql in texts_above(feed, target):  # a path ends at what is no object, as at a key that is not there
        text = F.expr(sql)
        is_no_object = F.coalesce(F.trim(text) != "", F.lit(False)) & F.json_object_keys(text).isNull()
        is_no_object &= ~F.json_array_length(text).eqNullSafe(0)  # PHP's way of writing an object without keys
        is_unreadable = is_no_object | F.coalesce(is_unreadable, F.lit(False))
    fault = F.array_append(TYPES, F.lit(_unreadable(target.each)))
    numbers = F.when(size > 0, F.sequence(F.lit(1), size))
    numbered = listed.withColumn(TYPES, F.when(is_unreadable, fault).otherwise(F.col(TYPES)))
    exploded = numbered.select("*", F.explode_outer(numbers).alias(NUMBER))
    element = F.expr(f"get_json_object({_LIST}, concat('$[', {NUMBER} - 1, ']'))")
    return exploded.withColumn(ELEMENT, element).drop(_LIST)


def elements_that_waited(rows: DataFrame) -> DataFrame:
    """Of documents that are read again the elements that waited, each with what it waited for; all of new documents."""
    waited, number = F.col(WAITED_ELEMENTS), F.coalesce(NUMBER, F.lit(0))
    mine = F.coalesce(F.try_element_at(waited, number), F.try_element_at(waited, F.lit(0)))
    marked = rows.withColumn(WAITED_FOR, F.when(waited.isNotNull(), mine))
    return marked.where(waited.isNull() | F.col(WAITED_FOR).isNotNull())


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
    except AnalysisException:
        return [(at, f"no column {target.each} in the files (they have {', '.join(source_columns(rows))})")]
    for above in _above(target.each):
        if isinstance(rows.select(F.expr(source_sql(feed, target, above))).schema.fields[0].dataType, T.ArrayType):
            return [(at, f"{above} is a list itself; `each` leads to a list through objects only")]
    if isinstance(kind, T.ArrayType) or (isinstance(kind, T.StringType) and feed.format.startswith("json")):
        return []
    return [
        (
            at,
            f"{target.each} is {kind.simpleString()} and no list; give it a type such as ARRAY<STRUCT<...>> under `types`",
        )
    ]


def texts_above(feed: Feed, target: Target) -> list[str]:
    """The SQL of each JSON text that the path of `each` leads through, the outermost first; of columns with a type none."""
    is_typed = target.each.partition(".")[0].casefold() in typed_names(feed, target)
    is_text = feed.format.startswith("json") and not is_typed
    return [source_sql(feed, target, above) for above in _above(target.each)] if is_text else []


def _above(each: str) -> list[str]:
    """What the path of a list leads through, from the column on: `a` and `a.b` of `a.b.c`."""
    parts = [] if each.startswith("`") else each.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _unreadable(name: str) -> str:
    return f"{name}_unreadable"
