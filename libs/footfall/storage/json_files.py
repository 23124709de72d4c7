"""Rows of JSON files, one an object, however many stand on a line; nested values stay JSON text. Reads source files only."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.mapping.reader_options import ENCODINGS, is_by_byte
from footfall.steps.step import Files
from footfall.storage.json_values import SEVERAL, objects_of
from footfall.storage.raw_names import reading_names, told_apart
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
from footfall.storage.unusable_files import MOST_NAMED

UNREAD = "_corrupt while columns are inferred"
FIELDS = "_fields"
FIRST_LINES = 5
_FIELDS = pa.map_(pa.string(), pa.string())
REPLACEMENT = "\ufffd"  # stands where bytes did not fit the encoding
MARK = "\ufeff"  # of the order of bytes, before the first object


@dataclass(frozen=True)
class JsonRows:
    """Rows of JSON; `sources` gives the source's name of each column, `told_apart` the new one of each that shared its name."""

    rows: DataFrame
    sources: Mapping[str, str]
    told_apart: Mapping[str, str]


def read_json(
    spark: SparkSession,
    names: Sequence[str],
    files: Files,
    number: Callable[[DataFrame], DataFrame],
    known: Collection[str] = (),
) -> JsonRows:
    """All objects with `_file`, `_position` and `_corrupt` (the text of a line that cannot be read).

    All values are text as it is written, nested ones too: a feed survives that they change their shape.

    Files with one object a line are read by Spark, `number` giving positions; a file with lines that hold several, or that
    is one list (`json_array`), passes through one task, and so do all where keys differ only in case. `known` are the
    source's names of columns that came before. Lists that are empty give no rows, and no columns. Raises SourceError where
    nothing that came before or now says what the columns are: no object with a field can be read in the files; and where the
    objects of a file go over several lines, though they are to stand on lines.
    """
    cut, most = (_cut_whole, 0) if files.format == "json_array" else (_cut, files.first_lines)
    options = {**files.options, **NO_FILE_IGNORED, "mode": "PERMISSIVE", "multiLine": "false"}
    options["primitivesAsString"] = "true"
    if ENCODINGS & set(options):
        options["lineSep"] = "\n"  # Spark wants it said; a \r before it is white space to JSON
    odd, garbled, keys = set(names), set[str](), set[str]()
    if cut is _cut and not most and is_by_byte(files.options):
        odd, unread, garbled, keys = _looked_through(read_lines(spark, files, names, with_blank=False))
        _require_rows_on_lines(spark, files, sorted(odd | unread))
        # lines in single quotes, say, which Spark reads
        inferred = _inferred(spark, [path_of(files.root, name) for name in sorted(unread - odd)], options)
        keys |= inferred or set()
        # of rows without a column Spark cannot read what it could not read
        odd = set(names) if inferred is None or not keys or _are_odd(keys, known) else odd
    elif cut is _cut:
        _require_rows_on_lines(spark, files, sorted(names))
    plain = {
        False: [path_of(files.root, name) for name in names if name not in odd | garbled],
        True: [path_of(files.root, name) for name in names if name in garbled - odd],
    }
    if odd:
        kinds = {LINE: pa.string(), FIELDS: _FIELDS}
        objects = cut_by_file(read_lines(spark, files, sorted(odd), most=most), cut, kinds)
        each_key = objects.select(F.explode(F.map_keys(FIELDS)).alias("key")).distinct()
        keys |= {row["key"] for row in each_key.collect()}
        if any(plain.values()) and _are_odd(keys, known):  # a reader knows a key by its own spelling only
            plain = {}
            objects = cut_by_file(read_lines(spark, files, sorted(names), most=most), cut, kinds)
        if not keys and not known:
            _require_none(files, objects)
    columns, apart = _columns(keys, known, objects) if odd else ({key: [key] for key in sorted(keys)}, {})
    reading = reading_names(list(columns))
    parts = []
    for is_garbled, paths in plain.items():
        if not paths:
            continue
        schema = T.StructType([T.StructField(name, T.StringType()) for name in (*columns, CORRUPT)])
        # only where it is declared does Spark put U+FFFD in place of bytes that are no UTF-8; else it cannot read such a line
        declared = {"encoding": "UTF-8"} if is_garbled and not ENCODINGS & set(options) else {}
        rows = spark.read.options(**options, **declared, columnNameOfCorruptRecord=CORRUPT).schema(schema).json(paths)
        parts.append(number(in_order(rows, files.root)))
    if odd:
        values = [
            F.coalesce(*(F.try_element_at(FIELDS, F.lit(key)) for key in spellings)).alias(reading[name])
            for name, spellings in columns.items()
        ]
        parts.append(objects.select(*values, F.col(LINE).alias(CORRUPT), FILE, POSITION))
    return JsonRows(reduce(DataFrame.unionByName, parts), {new: name for name, new in reading.items()}, apart)


def _require_rows_on_lines(spark: SparkSession, files: Files, names: Sequence[str]) -> None:
    """Raises SourceError where a file of these holds objects that go over several lines, and nothing else."""
    if any(name.startswith("allow") for name in files.options):  # then Spark reads lines that footfall cannot
        return
    first: dict[str, list[str]] = {name: [] for name in names[:MOST_NAMED]}
    for row in read_lines(spark, files, list(first), with_blank=False, most=FIRST_LINES).collect():
        first[row[FILE]].append(row[LINE].removeprefix(MARK).strip())
    begun = [name for name, lines in first.items() if lines and lines[0][:1] in {"{", "["} and not objects_of(lines[0])]
    # a big file of one object a line, the first of them broken, is not read as a whole
    several = [name for name in begun if len(first[name]) < FIRST_LINES or not objects_of(first[name][1])]
    if not several:
        return
    whole = cut_by_file(read_lines(spark, files, several), _cut_whole, {LINE: pa.string(), FIELDS: _FIELDS})
    readable = [row[FILE] for row in whole.where(F.size(FIELDS) > 0).select(FILE).distinct().orderBy(FILE).collect()]
    if readable:
        what = "its objects go over several lines, and `format: json` reads an object a line"
        raise SourceError(
            f"{', '.join(readable)}: {what}.", fix="Write `format: json_array`, which reads each file as a whole."
        )


def _require_none(files: Files, objects: DataFrame) -> None:
    """Raises SourceError where there are rows, none of which has a field."""
    broken = [row[FILE] for row in objects.select(FILE).distinct().orderBy(FILE).limit(MOST_NAMED).collect()]
    if broken:
        of_list = " list of" if files.format == "json_array" else ""
        raise SourceError(
            f"{', '.join(broken)}: no{of_list} JSON objects can be read there.",
            fix="Deliver it as JSON, or take it out of the folder: this feed waits until then.",
        )


def _are_odd(keys: Collection[str], known: Collection[str]) -> bool:
    """Whether some of the keys cannot be names of columns as they are."""
    is_double = len({key.casefold() for key in keys}) < len(keys)
    is_other = any(column != key for key, column in reading_names([*keys]).items())
    return "" in keys or is_double or is_other or any(_numbered_before(key, known) for key in keys)


def _inferred(spark: SparkSession, paths: Sequence[str], options: Mapping[str, str]) -> set[str] | None:
    """The keys of objects, one a line, by Spark's inference; None where some differ only in case."""
    if not paths:
        return set()
    try:
        # under another name for what cannot be read, so that a source's own _corrupt shows
        rows = spark.read.options(**options, columnNameOfCorruptRecord=UNREAD).json(list(paths))
    except AnalysisException as fault:
        if fault.getCondition() != "COLUMN_ALREADY_EXISTS":
            raise
        return None
    return {name for name in rows.schema.names if name != UNREAD}


def _columns(
    keys: Collection[str], known: Collection[str], objects: DataFrame
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Column -> the keys that it is read from, and the new name of each key that stands beside another spelling of it.

    Spellings that no object has side by side are one column: the source changed its mind about capitals.
    """
    by_name: dict[str, list[str]] = defaultdict(list)
    for key in sorted(keys, key=lambda key: (key not in known, key)):
        by_name[key.casefold()].append(key)
    folded = F.transform(F.map_keys(FIELDS), F.lower)
    is_double = len(by_name) < len(keys) and bool(
        objects.where(F.size(F.array_distinct(folded)) < F.size(folded)).take(1)
    )
    columns: dict[str, list[str]] = {}
    apart: dict[str, str] = {}
    for spellings in by_name.values():
        numbered = {key: _numbered_before(key, known) for key in spellings}
        if is_double or any(numbered.values()):
            plain = [key for key in spellings if not numbered[key]]
            new = dict(zip(plain, told_apart(plain)[0], strict=True)) | {k: n for k, n in numbered.items() if n}
            columns |= {name: [key] for key, name in new.items()}
            apart |= {key: name for key, name in new.items() if key != name}
        else:
            columns[spellings[0]] = spellings
    if "" in columns:  # a column needs a name
        *_, apart[""] = told_apart([*(name for name in columns if name), "column"])[0]
        columns[apart[""]] = columns.pop("")
    return dict(sorted(columns.items())), apart


def _numbered_before(key: str, known: Collection[str]) -> str:
    """The name that the key got beside another spelling of it in files that came before; empty where it got none."""
    has_other = any(name != key and name.casefold() == key.casefold() for name in known)
    pattern = re.compile(re.escape(key) + r"_\d+")
    return next((name for name in known if pattern.fullmatch(name)), "") if has_other and key not in known else ""


def has_lines_of_several(spark: SparkSession, files: Files, names: Sequence[str]) -> bool:
    """Whether a line of these files, of the first ones where `files.first_lines` says so, holds several objects."""
    return bool(files_with(read_lines(spark, files, names, most=files.first_lines), _is_odd()))


def _looked_through(lines: DataFrame) -> tuple[set[str], set[str], set[str], set[str]]:
    """In one reading: the files with odd lines, with lines that are no object, with U+FFFD; and the keys of all but odd lines."""
    line = F.col(LINE)
    text = F.when(F.startswith(line, F.lit(MARK)), F.substr(line, F.lit(len(MARK) + 1))).otherwise(line)
    keys, is_odd = F.json_object_keys(text), _is_odd()
    is_garbled = F.contains(line, F.lit(REPLACEMENT))
    looks = lines.select(
        FILE, is_odd.alias("odd"), is_garbled.alias("garbled"), F.when(~is_odd, keys).alias("keys")
    ).distinct()
    unread_keys = F.col("keys").isNull().alias("unread"), F.explode_outer("keys").alias("key")
    rows = looks.select(FILE, "odd", "garbled", *unread_keys)
    looks_and_keys = rows.distinct().collect()
    unread = {row[FILE] for row in looks_and_keys if row["unread"] and not row["odd"]}
    odd, garbled = ({row[FILE] for row in looks_and_keys if row[look]} for look in ("odd", "garbled"))
    return odd, unread, garbled, {row["key"] for row in looks_and_keys} - {None}


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
