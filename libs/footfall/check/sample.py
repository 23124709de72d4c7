"""The first rows of a feed, as raw would hold them. Reads source files only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.check.one_task import one_task_lines
from footfall.ingest.arrival import arrive, files_of
from footfall.mapping.source import Feed, Source
from footfall.refine.json_text import reading_json_text
from footfall.refine.own_names import with_own_names_apart
from footfall.steps.source_names import quoted, under_source_names
from footfall.storage.files import SourceRows, list_files, read_files, read_source_files
from footfall.storage.in_place import require_table
from footfall.storage.raw_names import refuse_own_names

FILES_SAMPLED = 8
MOST_BYTES = 1 << 26  # of files that are read as a whole, to look rows of other feeds up in them
LINES_A_ROW, LINES_MORE = 2, 1000  # lines that are looked at for so many rows: some values go over several


@dataclass(frozen=True)
class Sample:
    """First rows of one feed; `name` is that of its raw table, `key` its name in the mapping.

    `source` says what became of names and types of its columns; `notes` are sentences on how the files are read. `guard` says
    that an expression fails on a value of the rows, so that each has to be kept from it. `looked_up_in_part` are feeds of
    whose rows not all were looked at to find what belongs to these. `files` are the names of all the feed's files.
    """

    key: str
    name: str
    feed: Feed
    rows: DataFrame
    file_count: int
    source: SourceRows
    notes: Sequence[str] = ()
    guard: bool = False
    looked_up_in_part: tuple[str, ...] = ()
    files: Sequence[str] = ()


def sample_of(spark: SparkSession, source: Source, key: str, *, root: str, row_count: int, now: datetime) -> Sample:
    """At most `row_count` rows of a feed, taken at `now`: the first ones of up to FILES_SAMPLED files, from the first to the last.

    Raises SourceError where there is no file, or one is empty.
    """
    feed, name = reading_json_text(source.feeds[key]), source.raw_name(key)
    notes: list[str] = []
    names: list[str] = []
    if feed.delta:
        require_table(spark, feed.delta)
        rows, file_count = _rows_in_place(spark, feed.delta, row_count), 1
        taken = SourceRows(rows)
    else:
        files = replace(files_of(feed, root), first_lines=LINES_A_ROW * row_count + LINES_MORE)
        names = sorted(list_files(spark, files))
        sampled = _spread(names)
        taken = read_source_files(spark, files, sampled)
        notes = list(one_task_lines(spark, files, sampled))
        first_rows = taken.frame.where(F.col("_position") < row_count)
        rows, file_count = first_rows.orderBy("_position", "_file").limit(row_count), len(names)
    arrived = under_source_names(arrive(rows, source=source.source, feed=name, now=now)[1])
    rows = computed(arrived)
    return Sample(key, name, with_own_names_apart(feed, rows), rows, file_count, taken, notes, files=names)


def computed(rows: DataFrame) -> DataFrame:
    """The same rows, computed once: dozens of looks follow, and none of them reads files or joins again."""
    fields = rows.schema.fields
    loose = [F.col(quoted(f.name)).cast(_nullable(f.dataType)).alias(f.name, metadata=f.metadata) for f in fields]
    rows = rows.select(*loose)  # pyarrow takes no struct that is NULL and has a field that may not be
    try:
        return rows.sparkSession.createDataFrame(rows.toArrow(), rows.schema)
    except PySparkException as fault:
        if fault.getCondition() != "UNSUPPORTED_DATA_TYPE_FOR_ARROW_CONVERSION":  # a year-month interval, say
            raise
        return rows


def _nullable(kind: T.DataType) -> T.DataType:
    """The type of which each part may be NULL."""
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(f.name, _nullable(f.dataType), metadata=f.metadata) for f in kind.fields])
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_nullable(kind.elementType))
    if isinstance(kind, T.MapType):
        return T.MapType(_nullable(kind.keyType), _nullable(kind.valueType))
    return kind


def all_rows(spark: SparkSession, source: Source, key: str, *, root: str, now: datetime) -> DataFrame | None:
    """All rows of a feed, as raw would hold them; None where its files have more than MOST_BYTES."""
    feed, name = source.feeds[key], source.raw_name(key)
    if feed.delta:
        require_table(spark, feed.delta)
        rows = spark.read.format("delta").load(feed.delta) if "/" in feed.delta else spark.read.table(feed.delta)
        return arrive(_placed(rows, feed.delta), source=source.source, feed=name, now=now)[1]
    files = files_of(feed, root)
    pins = list_files(spark, files)
    if sum(pin.size_bytes for pin in pins.values()) > MOST_BYTES:
        return None
    arrived = arrive(read_files(spark, files, sorted(pins)), source=source.source, feed=name, now=now)[1]
    return under_source_names(arrived)


def _spread(names: Sequence[str]) -> list[str]:
    """FILES_SAMPLED of the names at most, the first and the last among them."""
    if len(names) <= FILES_SAMPLED:
        return list(names)
    return [names[i * (len(names) - 1) // (FILES_SAMPLED - 1)] for i in range(FILES_SAMPLED)]


def _rows_in_place(spark: SparkSession, table: str, row_count: int) -> DataFrame:
    rows = spark.read.format("delta").load(table) if "/" in table else spark.read.table(table)
    refuse_own_names(rows.columns, table)
    return _placed(rows.limit(row_count), table)


def _placed(rows: DataFrame, table: str) -> DataFrame:
    return rows.withColumns(
        {
            "_file": F.lit(table),
            "_position": F.monotonically_increasing_id(),
            "_corrupt": F.lit(None).cast("string"),
        }
    )
