"""Rows of CSV files as RFC 4180 has it, a broken one aside by itself. Reads source files only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.mapping.line_patterns import line_pattern
from footfall.mapping.reader_options import ENCODINGS, is_by_byte
from footfall.steps.step import Files
from footfall.storage.csv_records import Grammar, grammar_of, records
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
    is_blank,
    path_of,
    read_lines,
)  # fmt: skip
from footfall.storage.unusable_files import refuse_packed

BROKEN = "_broken"
LINES_OF_HEADER = 100  # at most; a name may have a line break in it


@dataclass(frozen=True)
class CsvRows:
    """Rows of CSV; `sources` gives the source's name of each column, `told_apart` the new one of each that shared its name."""

    rows: DataFrame
    sources: Mapping[str, str]
    told_apart: Mapping[str, str]


def read_csv(
    spark: SparkSession,
    names: Sequence[str],
    files: Files,
    number: Callable[[DataFrame], DataFrame],
    known: Sequence[str] = (),
) -> CsvRows:
    """All rows with `_file`, `_position` and `_corrupt`, all values as text.

    Files of which each line is a row by itself are read by Spark, `number` giving positions; others are cut into records
    first, each by one task. `known` are the columns of files that were read before. Raises SourceError where a file's header
    cannot be read, differs from the others' or lacks one of these.
    """
    grammar = grammar_of(files.options)
    has_header = files.options.get("header", "true").lower() == "true"
    first = _first_record(read_lines(spark, files, names[:1], only_line_feeds=True), grammar, files.header_line)
    if first is None:
        raise SourceError(
            f"{names[0]}: it has no line {files.header_line}, and so no header."
            if files.header_line > 1
            else f"{names[0]}: it is empty, without a header.",
            fix="Deliver it whole, or take it out of the folder: this feed waits until then.",
        )
    refuse_packed(names[0], first)
    values = grammar.values(first)
    header = _stripped(values, files.strip) if has_header else [f"_c{i}" for i in range(len(values))]
    sources, renamed = told_apart(header)
    _require_known(names[0], sources, known)
    reading = reading_names(sources)
    columns = list(reading.values())
    # Spark compares headers by the names of columns, which are others where some were renamed
    is_odd = (has_header and columns != values) or files.header_line > 1 or files.not_rows or files.first_lines
    is_odd = is_odd or not is_by_byte(files.options)
    plain = [] if is_odd else _plain_files(spark, names, files, grammar)
    odd = sorted(set(names) - set(plain))
    options = {**files.options, "header": str(has_header).lower(), "escape": grammar.escape}
    parts = []
    if plain:
        rows = _read_plain(spark, [path_of(files.root, name) for name in plain], columns, options)
        parts.append(number(in_order(rows, files.root)))
    if odd:
        lines = read_lines(spark, files, odd, only_line_feeds=True, most=files.first_lines)
        cut = _cutter(grammar, header if has_header else [], len(columns), files)
        kinds = {LINE: pa.string(), BROKEN: pa.bool_()}
        parts.append(_parsed(cut_by_file(lines, cut, kinds), columns, options))
    return CsvRows(reduce(DataFrame.unionByName, parts), {new: name for name, new in reading.items()}, renamed)


def _require_known(file: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Raises SourceError where columns of earlier files are absent: as their own, the rows would lack what is made of these."""
    there, before = ({name.casefold(): name for name in some} for some in (names, known))
    absent, new = [before[n] for n in before if n not in there], [there[n] for n in there if n not in before]
    if absent:
        also = f", and has {', '.join(new)} instead" if new else ""
        raise SourceError(
            f"{file}: its header differs from that of the files that were read before (it lacks {', '.join(absent)}{also}).",
            fix="Deliver it with the same columns, or give it a feed of its own in the mapping: this feed waits until then.",
        )


def _first_record(lines: DataFrame, grammar: Grammar, number: int) -> str | None:
    """The record that begins on the line of this number, from 1, or on the next that is not blank."""
    some = lines.select(LINE).limit(number - 1 + LINES_OF_HEADER).collect()
    texts = [row[LINE].removeprefix("\ufeff") for row in some[number - 1 :]]
    return next((text for text, _ in records(texts, grammar)), None)


def has_odd_lines(spark: SparkSession, files: Files, names: Sequence[str]) -> bool:
    """Whether a line of these files, of the first ones where `files.first_lines` says so, is no record by itself."""
    return len(_plain_files(spark, names, files, grammar_of(files.options))) < len(names)


def _stripped(header: Sequence[str], signs: str) -> list[str]:
    """Names without the blanks, tabs and signs around them that the feed's values are without."""
    return [name.strip(f" \t{signs}") for name in header]


def _plain_files(spark: SparkSession, names: Sequence[str], files: Files, grammar: Grammar) -> list[str]:
    """The names of files of which every line is a record by itself, its quotes opening and closing on it as they should."""
    if not grammar.quote:
        return list(names)
    lines = read_lines(spark, files, names, most=files.first_lines)
    line = F.col(LINE)
    odd = F.contains(line, F.lit(grammar.quote)) & ~F.rlike(line, F.lit(grammar.sound))
    return sorted(set(names) - files_with(lines, odd & ~is_blank()))


def _read_plain(spark: SparkSession, paths: Sequence[str], names: Sequence[str], options: dict[str, str]) -> DataFrame:
    """By Spark's reader; a file whose header differs from the names fails, naming it."""
    how = {**options, **NO_FILE_IGNORED, "mode": "PERMISSIVE", "multiLine": "false", "enforceSchema": "false"}
    schema = T.StructType([T.StructField(name, T.StringType()) for name in (*names, CORRUPT)])
    return spark.read.options(**how, columnNameOfCorruptRecord=CORRUPT).schema(schema).csv(list(paths))


def _cutter(
    grammar: Grammar, header: Sequence[str], width: int, files: Files
) -> Callable[[str, Iterable[str]], Iterator[tuple[str, bool]]]:
    """Cuts a file into records, without its header, which has to be this one if there is any, and the lines before it.

    Records that `not_rows` fits count as broken: they are kept as text, for the mapping to skip.
    """
    no_row = line_pattern(files.not_rows) if files.not_rows else None
    before, strip = files.header_line - 1, files.strip
    folded = [name.casefold() for name in header]

    def cut(file: str, lines: Iterable[str]) -> Iterator[tuple[str, bool]]:
        file_records = records(islice(_without_mark(lines), before, None), grammar, width=width)
        for text, _ in islice(file_records, 1 if header else 0):
            refuse_packed(file, text)
            names = _stripped(grammar.values(text), strip)
            if [name.casefold() for name in names] != folded:
                raise SourceError(
                    f"{file}: its header differs from the other files' (it has {', '.join(names)}; they have {', '.join(header)}).",
                    fix="Deliver it with the same columns, or give it a feed of its own in the mapping.",
                )
        for text, is_broken in file_records:
            yield text, is_broken or bool(no_row and no_row.search(text))

    return cut


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    """The lines without the byte order mark that a file may begin with."""
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix("\ufeff")


def _parsed(cut: DataFrame, names: Sequence[str], options: dict[str, str]) -> DataFrame:
    """The records' values; one that is broken, or has another number of values, is kept as text."""
    schema = ", ".join(f"`{name.replace('`', '``')}` STRING" for name in (*names, CORRUPT))
    how = {name: value for name, value in options.items() if name not in ENCODINGS}
    how |= {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT}
    is_broken = F.col(BROKEN)
    values = F.from_csv(F.when(~is_broken, F.col(LINE)), schema, how)
    rows = cut.select(FILE, POSITION, LINE, BROKEN, values.alias("_values"))
    columns = [F.col(f"_values.`{name.replace('`', '``')}`") for name in names]
    corrupt = F.when(is_broken, F.col(LINE)).otherwise(F.col(f"_values.{CORRUPT}"))
    return rows.select(*columns, corrupt.alias(CORRUPT), FILE, POSITION)
