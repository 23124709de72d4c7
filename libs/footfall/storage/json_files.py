"""Rows of JSON files, one an object, however many stand on a line; nested values stay JSON text. Reads source files only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.mapping.reader_options import ENCODINGS, is_by_byte
from footfall.steps.step import Files
from footfall.storage.json_values import SEVERAL, objects_of
from footfall.storage.raw_names import refuse_own_names
from footfall.storage.text_lines import (
    CORRUPT,
    FILE,
    LINE,
    NO_FILE_IGNORED,
    POSITION,
    cut_by_file,
    files_with,
    in_order,
    path_of,
    read_lines,
)

UNREAD = "_corrupt while columns are inferred"
FIELDS = "_fields"


def read_json(
    spark: SparkSession, names: Sequence[str], files: Files, number: Callable[[DataFrame], DataFrame]
) -> DataFrame:
    """All objects with `_file`, `_position` and `_corrupt` (the text of a line that cannot be read).

    All values are text as it is written, nested ones too: a feed survives that they change their shape.

    Files with one object a line are read by Spark, `number` giving positions; a file with lines that hold several, or that
    is one list (`json_array`), passes through one task. Raises SourceError where columns cannot be used.
    """
    cut, most = (_cut_whole, 0) if files.format == "json_array" else (_cut, files.first_lines)
    odd, unread, columns = set(names), set[str](), set[str]()
    if cut is _cut and not most and is_by_byte(files.options):
        odd, unread, columns = _looked_through(read_lines(spark, files, names, with_blank=False))
    plain = [path_of(files.root, name) for name in names if name not in odd]
    options = {**files.options, **NO_FILE_IGNORED, "mode": "PERMISSIVE", "multiLine": "false"}
    options["primitivesAsString"] = "true"
    if ENCODINGS & set(options):
        options["lineSep"] = "\n"  # Spark wants it said; a \r before it is white space to JSON
    if unread := unread - odd:  # Spark reads more than `json_object_keys`, comments say, where options tell it to
        # inferred under another name for what cannot be read, so that a source's own _corrupt shows
        reader = spark.read.options(**options, columnNameOfCorruptRecord=UNREAD)
        columns |= set(reader.json([path_of(files.root, name) for name in sorted(unread)]).schema.names) - {UNREAD}
    if odd:
        kinds = {LINE: pa.string(), FIELDS: pa.map_(pa.string(), pa.string())}
        objects = cut_by_file(read_lines(spark, files, sorted(odd), most=most), cut, kinds)
        keys = objects.select(F.explode(F.map_keys(FIELDS)).alias("name")).distinct()
        columns |= {row["name"] for row in keys.collect()}
    _require_usable(sorted(columns), files.pattern)
    parts = []
    if plain:
        schema = T.StructType([T.StructField(name, T.StringType()) for name in (*sorted(columns), CORRUPT)])
        rows = spark.read.options(**options, columnNameOfCorruptRecord=CORRUPT).schema(schema).json(plain)
        parts.append(number(in_order(rows, files.root)))
    if odd:
        values = [F.try_element_at(FIELDS, F.lit(name)).alias(name) for name in sorted(columns)]
        parts.append(objects.select(*values, F.col(LINE).alias(CORRUPT), FILE, POSITION))
    return reduce(DataFrame.unionByName, parts)


def has_lines_of_several(spark: SparkSession, files: Files, names: Sequence[str]) -> bool:
    """Whether a line of these files, of the first ones where `files.first_lines` says so, holds several objects."""
    return bool(files_with(read_lines(spark, files, names, most=files.first_lines), _is_odd()))


def _looked_through(lines: DataFrame) -> tuple[set[str], set[str], set[str]]:
    """In one reading: the files with odd lines, those with lines that are no object, and the keys of all other lines."""
    keys, is_odd = F.json_object_keys(LINE), _is_odd()
    looks = lines.select(FILE, is_odd.alias("odd"), F.when(~is_odd, keys).alias("keys")).distinct()
    rows = looks.select(FILE, "odd", F.col("keys").isNull().alias("unread"), F.explode_outer("keys").alias("key"))
    found = rows.distinct().collect()
    unread = {row[FILE] for row in found if row["unread"] and not row["odd"]}
    return {row[FILE] for row in found if row["odd"]}, unread, {row["key"] for row in found} - {None}


def _is_odd() -> Column:
    """Whether more than an object stands on the line, of which Spark would read the first and pass over the rest."""
    line = F.col(LINE)
    is_single = F.json_array_length(F.concat(F.lit("["), line, F.lit("]"))).eqNullSafe(1)
    is_list = F.startswith(F.ltrim(line), F.lit("["))
    begins_whole = F.json_object_keys(line).isNotNull()
    return ~is_single & (is_list | begins_whole | F.rlike(line, F.lit(SEVERAL)))


def _cut(_: str, lines: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """The objects of a file's lines: None and the fields, or the line and None."""
    for line in lines:
        if line.strip():
            objects = objects_of(line)
            yield from [(line, None)] if objects is None else [(None, list(fields.items())) for fields in objects]


def _cut_whole(file: str, lines: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """The objects of a file that is one list of them."""
    yield from _cut(file, ["\n".join(lines)])


def _require_usable(names: Sequence[str], origin: str) -> None:
    """Raises SourceError where names are footfall's own, or differ only in case."""
    refuse_own_names(names, origin)
    counts = Counter(name.casefold() for name in names)
    twice = next((name for name, count in counts.items() if count > 1), None)
    if twice:
        raise SourceError(
            f"{origin}: two columns are called `{twice}`; case does not count.",
            fix="Rename one of them before they are delivered.",
        )
