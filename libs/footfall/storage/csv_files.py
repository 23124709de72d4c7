"""Rows of CSV files as RFC 4180 has it, a broken one aside by itself. Reads source files only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.mapping.reader_options import encoding_of
from footfall.steps.step import Files
from footfall.storage.csv_records import Grammar, grammar_of, records
from footfall.storage.raw_names import refuse_own_names, told_apart
from footfall.storage.text_lines import (
    BROKEN,
    CORRUPT,
    FILE,
    LINE,
    NO_FILE_IGNORED,
    POSITION,
    Record,
    below,
    cut_by_file,
    files_with,
    in_order,
    is_blank,
    read_lines,
    split_paths,
)  # fmt: skip

LINES_OF_HEADER = 100  # at most; a name may have a line break in it


def read_csv(
    spark: SparkSession, paths: Sequence[str], files: Files, number: Callable[[DataFrame], DataFrame]
) -> tuple[DataFrame, dict[str, str]]:
    """All rows with `_file`, `_position` and `_corrupt`, all values as text, and the new name of each column that had to get one.

    Files of which each line is a row by itself are read by Spark, `number` giving positions; others are cut into records
    first, each by one task. Raises SourceError where a file's header cannot be read or differs.
    """
    grammar = grammar_of(files.options)
    has_header = files.options.get("header", "true").lower() == "true"
    encoding = encoding_of(files.options)
    first = _first_record(read_lines(spark, paths[:1], files.root, encoding=encoding), grammar)
    if first is None:
        raise SourceError(
            f"{below(files.root, paths[0])}: it is empty, without a header.",
            fix="Deliver it again, or take it out of the folder: the feed waits until then.",
        )
    header = grammar.values(first) if has_header else [f"_c{i}" for i in range(len(grammar.values(first)))]
    names, renamed = told_apart(header)
    refuse_own_names(names, files.pattern)
    plain, odd = list(paths), list[str]()
    if renamed:  # Spark compares headers by the names of columns, which are others now
        plain, odd = [], plain
    elif grammar.quote:
        plain, odd = split_paths(paths, files.root, _odd_files(spark, paths, files, grammar, encoding))
    options = {**files.options, "header": str(has_header).lower(), "escape": grammar.escape}
    parts = []
    if plain:
        rows = _read_plain(spark, plain, names, options)
        parts.append(number(in_order(rows, files.root)))
    if odd:
        lines = read_lines(spark, odd, files.root, encoding=encoding, line_break="\n")
        cut = _cutter(grammar, header if has_header else [], len(names))
        parts.append(_parsed(cut_by_file(lines, cut), names, options))
    return (parts[0].unionByName(parts[1]) if len(parts) > 1 else parts[0]), renamed


def _first_record(lines: DataFrame, grammar: Grammar) -> str | None:
    texts = [row[LINE].removeprefix("\ufeff") for row in lines.select(LINE).limit(LINES_OF_HEADER).collect()]
    return next((text for text, _ in records(texts, grammar)), None)


def _odd_files(spark: SparkSession, paths: Sequence[str], files: Files, grammar: Grammar, encoding: str) -> set[str]:
    """The names of files with a line whose quotes do not open and close on it, as they should."""
    lines = read_lines(spark, paths, files.root, encoding=encoding)
    line = F.col(LINE)
    odd = F.contains(line, F.lit(grammar.quote)) & ~F.rlike(line, F.lit(grammar.sound))
    return files_with(lines, odd & ~is_blank())


def _read_plain(spark: SparkSession, paths: Sequence[str], names: Sequence[str], options: dict[str, str]) -> DataFrame:
    """By Spark's reader; a file whose header differs from the names fails, naming it."""
    how = {**options, **NO_FILE_IGNORED, "mode": "PERMISSIVE", "multiLine": "false", "enforceSchema": "false"}
    schema = T.StructType([T.StructField(name, T.StringType()) for name in (*names, CORRUPT)])
    return spark.read.options(**how, columnNameOfCorruptRecord=CORRUPT).schema(schema).csv(list(paths))


def _cutter(grammar: Grammar, header: Sequence[str], width: int) -> Callable[[str, Iterable[str]], Iterator[Record]]:
    """Cuts a file into records, without its header, which has to be this one if there is any."""
    folded = [name.casefold() for name in header]

    def cut(file: str, lines: Iterable[str]) -> Iterator[Record]:
        file_records = records(_without_mark(lines), grammar, width=width)
        for text, _ in islice(file_records, 1 if header else 0):
            names = grammar.values(text)
            if [name.casefold() for name in names] != folded:
                raise SourceError(
                    f"{file}: its header differs from the other files' (it has {', '.join(names)}; they have {', '.join(header)}).",
                    fix="Deliver it with the same columns, or give it a feed of its own in the mapping.",
                )
        yield from file_records

    return cut


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    """The lines without the byte order mark that a file may begin with."""
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix("\ufeff")


def _parsed(cut: DataFrame, names: Sequence[str], options: dict[str, str]) -> DataFrame:
    """The records' values; one that is broken, or has another number of values, is kept as text."""
    schema = ", ".join(f"`{name.replace('`', '``')}` STRING" for name in (*names, CORRUPT))
    how = {**options, "mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT}
    is_broken = F.col(BROKEN)
    values = F.from_csv(F.when(~is_broken, F.col(LINE)), schema, how)
    rows = cut.select(FILE, POSITION, LINE, BROKEN, values.alias("_values"))
    columns = [F.col(f"_values.`{name.replace('`', '``')}`") for name in names]
    corrupt = F.when(is_broken, F.col(LINE)).otherwise(F.col(f"_values.{CORRUPT}"))
    return rows.select(*columns, corrupt.alias(CORRUPT), FILE, POSITION)
