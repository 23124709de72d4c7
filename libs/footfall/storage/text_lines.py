"""Lines and rows of text files with their file and place, numbered by file. Reads source files only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from footfall.errors import SourceError
from footfall.mapping.reader_options import breaks_lines_by_byte, encoding_of
from footfall.steps.source_names import quoted
from footfall.steps.step import Files
from footfall.storage.csv_records import BLANKS

SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:(//[^/]*)?")
CORRUPT, FILE, POSITION = "_corrupt", "_file", "_position"
LINE = "_line"
BLOCK, ORDER = "_block", "_order"
ROW_OF_TASK = (1 << 33) - 1  # within Spark's growing ids, above which stands the number of the task
ONE_TASK_BYTES = 256 * 1024**2  # the rows of a larger text file are numbered by its splits
# Whatever spark.conf says: a file that cannot be read stops the job, it is not passed over.
NO_FILE_IGNORED = {"ignoreCorruptFiles": "false", "ignoreMissingFiles": "false"}
MOST_DECODED_BYTES = 256 * 1024**2  # of a file that is decoded as a whole
BATCH_ROWS, BATCH_SIGNS = 10_000, 1 << 22  # of records that go back to Spark together


def absolute(root: str) -> str:
    """The root with a path that does not hang on the working directory."""
    return root.rstrip("/") if SCHEME.match(root) else str(Path(root).resolve())


def below(root: str, path: str) -> str:
    """A file's path below the root, without scheme and host."""
    bare_root = SCHEME.sub("", absolute(root))
    return SCHEME.sub("", path).removeprefix(bare_root).lstrip("/")


def name_below(root: str) -> Column:
    """The relative name of a row's file; Spark gives it URL-encoded."""
    path = F.col("_metadata.file_path")
    decoded = F.url_decode(F.replace(path, F.lit("+"), F.lit("%2B")))
    bare = _without_scheme(F.when(F.contains(path, F.lit("%")), decoded).otherwise(path))
    bare_root = SCHEME.sub("", absolute(root)).rstrip("/") + "/"
    return F.when(F.startswith(bare, F.lit(bare_root)), F.substr(bare, F.lit(len(bare_root) + 1))).otherwise(bare)


def _without_scheme(path: Column) -> Column:
    """`scheme:/path` and `scheme://host/path` without what stands before the path; a regular expression would cost more."""
    after = F.substr(path, F.instr(path, "://") + F.lit(3))
    return F.when(F.contains(path, F.lit("://")), F.substr(after, F.instr(after, "/"))).otherwise(
        F.substr(path, F.instr(path, ":") + F.lit(1))
    )


def path_of(root: str, name: str) -> str:
    """The path of a file below the root, in which no sign stands for others."""
    return as_written(f"{absolute(root)}/{name}")


def as_written(path: str) -> str:
    """The path as a pattern that fits it alone."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)


def read_lines(
    spark: SparkSession,
    files: Files,
    names: Sequence[str],
    *,
    only_line_feeds: bool = False,
    with_blank: bool = True,
    most: int = 0,
) -> DataFrame:
    r"""The lines of text files as `_line`, with `_file`, `_block` and `_order`, those of white space alone where they are asked for.

    Lines end with any of `\n`, `\r\n` and `\r`, or with `\n` alone. Bytes that are none of the encoding become U+FFFD.
    Of each file `most` lines are read, where that is not 0.
    """
    root, encoding = files.root, encoding_of(files.options)
    if most:
        each = (read_lines(spark, files, [name], only_line_feeds=only_line_feeds) for name in names)
        lines = _collected(spark, {name: lines.limit(most) for name, lines in zip(names, each, strict=True)})
        return lines if with_blank else lines.where(~is_blank())
    paths = [path_of(root, name) for name in names]
    if encoding and not breaks_lines_by_byte(encoding):
        lines = _decoded(spark, absolute(root), paths, encoding, r"\n" if only_line_feeds else r"\r\n|\r|\n")
        return lines if with_blank else lines.where(~is_blank())
    options = NO_FILE_IGNORED | ({"lineSep": "\n"} if only_line_feeds else {})
    lines = spark.read.options(**options).text(paths)
    value = F.col("value")
    line = F.decode(value.cast("binary"), encoding) if encoding else F.make_valid_utf8(value)
    # blank lines go before the others are numbered
    kept = lines if with_blank else lines.where(~is_blank(value))
    return in_order(kept, root).select(line.alias(LINE), FILE, BLOCK, ORDER)


def _collected(spark: SparkSession, lines: Mapping[str, DataFrame]) -> DataFrame:
    """The lines of a few files as a frame of their own, so that the files are not read again."""
    rows = [
        (row[LINE], name, 0, number)
        for name, frame in lines.items()
        for number, row in enumerate(frame.select(LINE).collect())
    ]
    kinds = (pa.string(), pa.string(), pa.int64(), pa.int64())
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(kinds)]
    return spark.createDataFrame(pa.table(columns, names=[LINE, FILE, BLOCK, ORDER]))


def _decoded(spark: SparkSession, root: str, paths: Sequence[str], encoding: str, line_breaks: str) -> DataFrame:
    """The lines of files whose encoding has other bytes for line breaks, UTF-16 say: each file is decoded as a whole."""

    def decode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for path, content in zip(batch[0].to_pylist(), batch[1].to_pylist(), strict=True):
                name = below(root, path)
                if len(content) > MOST_DECODED_BYTES:
                    raise SourceError(
                        f"{name}: a file in {encoding} is read as a whole, and this one has more than {MOST_DECODED_BYTES:,} bytes.",
                        fix="Convert it to UTF-8, or deliver it in parts.",
                    )
                lines = re.split(line_breaks, content.decode(encoding, errors="replace").removeprefix("\ufeff"))
                for start in range(0, len(lines), BATCH_ROWS):
                    some = lines[start : start + BATCH_ROWS]
                    columns = [pa.array(some, pa.string()), pa.array([name] * len(some), pa.string())]
                    columns += [pa.array([0] * len(some)), pa.array(range(start, start + len(some)), pa.int64())]
                    yield pa.RecordBatch.from_arrays(columns, names=[LINE, FILE, BLOCK, ORDER])

    files = spark.read.options(**NO_FILE_IGNORED).format("binaryFile").load(list(paths))
    kinds = f"{LINE} string, {FILE} string, {BLOCK} bigint, {ORDER} bigint"
    return files.select("path", "content").mapInArrow(decode, kinds)


def is_blank(line: Column | None = None) -> Column:
    """Whether nothing but white space is on the line: it is no row."""
    return F.btrim(F.col(LINE) if line is None else line, F.lit(BLANKS)) == F.lit("")


def in_order(rows: DataFrame, root: str) -> DataFrame:
    """Rows of text files with their file, the offset of their split, and a number that grows within the split."""
    return rows.withColumns(
        {
            FILE: name_below(root),
            BLOCK: F.col("_metadata.file_block_start"),
            ORDER: F.monotonically_increasing_id(),
        }
    )


def row_of_task() -> Column:
    """A number that grows by one from row to row within a split, and begins anywhere: with the rows that its task reads."""
    return F.monotonically_increasing_id().bitwiseAND(F.lit(ROW_OF_TASK))


def numbered(rows: DataFrame) -> DataFrame:
    """Text formats know no row numbers: they follow from the block's offset and the order within it.

    All rows of a file pass through one task, which is less work for small files than to read them twice.
    """
    in_file = Window.partitionBy(FILE).orderBy(BLOCK, ORDER)
    return rows.withColumn(POSITION, (F.row_number().over(in_file) - 1).cast("long")).drop(BLOCK, ORDER)


def numbered_by_split(rows: DataFrame) -> DataFrame:
    """The same numbers without a task that sees a whole file: the rows of each split are counted first.

    Both readings cut the files alike. If they ever did not, a row would lie outside of the numbers that its split has,
    and would get no position, at which the contract of the raw table stops.
    """
    # `_read` has Spark parse the rows: with no column at all it counts lines
    column = next((c for c in rows.columns if c not in {FILE, BLOCK, ORDER, CORRUPT}), CORRUPT)
    splits = rows.groupBy(FILE, BLOCK).agg(
        F.min(ORDER).alias("_first"),
        F.max(ORDER).alias("_last"),
        F.count(F.lit(1)).alias("_rows"),
        F.count_if(F.col(quoted(column)).isNull() & F.col(CORRUPT).isNull()).alias("_read"),
    )
    earlier = Window.partitionBy(FILE).orderBy(BLOCK).rowsBetween(Window.unboundedPreceding, -1)
    before = splits.withColumn("_before", F.coalesce(F.sum("_rows").over(earlier), F.lit(0))).where("_read >= 0")
    starts = before.select(FILE, BLOCK, F.struct("_first", "_last", "_before").alias(POSITION))
    placed = rows.join(F.broadcast(starts), [FILE, BLOCK], "left")
    is_alike = F.col(ORDER).between(F.col(f"{POSITION}._first"), F.col(f"{POSITION}._last"))
    position = F.when(is_alike, F.col(f"{POSITION}._before") + F.col(ORDER) - F.col(f"{POSITION}._first"))
    kept = [quoted(c) for c in rows.columns if c not in {BLOCK, ORDER}]
    return placed.select(*kept, position.alias(POSITION))


def cut_by_file(
    lines: DataFrame,
    cut: Callable[[str, Iterable[str]], Iterator[tuple[Any, ...]]],
    kinds: Mapping[str, pa.DataType],
) -> DataFrame:
    """Records with `_file`, `_position` and the columns of these Arrow types: what `cut` makes of a file's name and lines.

    The lines of a file pass through one task, in order.
    """
    types = {FILE: pa.string(), POSITION: pa.int64(), **kinds}

    def cut_files(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        pairs = (pair for batch in batches for pair in zip(batch[0].to_pylist(), batch[1].to_pylist(), strict=True))
        rows = (
            (file, position, *record)
            for file, group in groupby(pairs, itemgetter(0))
            for position, record in enumerate(cut(file, map(itemgetter(1), group)))
        )
        for some in batched(rows):
            columns = zip(types.values(), zip(*some, strict=True), strict=True)
            yield pa.RecordBatch.from_arrays([pa.array(values, kind) for kind, values in columns], names=list(types))

    sorted_lines = lines.repartition(FILE).sortWithinPartitions(FILE, BLOCK, ORDER)
    return sorted_lines.select(FILE, LINE).mapInArrow(cut_files, from_arrow_schema(pa.schema(types)))


def batched(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows, so many together that neither their number nor their text grows without end."""
    some: list[tuple[Any, ...]] = []
    signs = 0
    for row in rows:
        some.append(row)
        signs += sum(len(value) for value in row if isinstance(value, str | list))
        if len(some) == BATCH_ROWS or signs > BATCH_SIGNS:
            yield some
            some, signs = [], 0
    if some:
        yield some


def files_with(lines: DataFrame, condition: Column) -> set[str]:
    """The names of the files in which the condition holds for a line."""
    return {row[FILE] for row in lines.where(condition).select(FILE).distinct().collect()}
