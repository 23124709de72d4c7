"""The raw files: which there are, what identifies their content, and their rows with file and position. Reads source files only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from urllib.parse import unquote

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.steps.source_names import OWN_NAMES, source_name
from footfall.steps.step import Files
from footfall.storage.batch import FilePin
from footfall.storage.columnar_files import read_columnar
from footfall.storage.csv_files import read_csv
from footfall.storage.json_files import read_json
from footfall.storage.partitions import with_partitions
from footfall.storage.pattern_files import read_text
from footfall.storage.raw_names import with_stored_names
from footfall.storage.text_lines import (
    NO_FILE_IGNORED,
    ONE_TASK_BYTES,
    absolute,
    as_written,
    below,
    numbered,
    numbered_by_split,
    path_of,
    row_of_task,
)  # fmt: skip
from footfall.storage.unusable_files import refuse_archives, refuse_hidden, with_a_colon

LOW = (1 << 32) - 1
PRIME = (1 << 31) - 1  # products of two numbers below it fit a long


def list_files(spark: SparkSession, files: Files) -> dict[str, FilePin]:
    """Files that fit the pattern, by path below the root, with sizes and times of change, and without their contents.

    Raises SourceError where there is none, and where one is empty (an upload may have broken off), is an archive, or has a
    name by which Spark cannot read it; such files are named.
    """
    pattern = f"{as_written(absolute(files.root))}/{files.pattern}"
    rows: list[Row] = []
    paths: list[str] = []
    try:
        listing = spark.read.format("binaryFile").load(pattern)
        changed = F.unix_millis("modificationTime").alias("changed")
        rows = listing.select("path", "length", changed).collect()
        # Spark's sources read no file without bytes, yet list it
        paths = listing.inputFiles()
    except AnalysisException as fault:
        if fault.getCondition() != "PATH_NOT_FOUND":
            raise
    except Exception as fault:  # Connect and classic Spark raise it by other classes
        if refusal := with_a_colon(fault):
            raise refusal from None
        raise
    pins = {below(files.root, row["path"]): FilePin(int(row["length"]), int(row["changed"])) for row in rows}
    if empty := sorted({below(files.root, unquote(path)) for path in paths} - set(pins)):
        raise SourceError(
            f"{', '.join(empty)}: {'it is' if len(empty) == 1 else 'they are'} empty, as after an upload that broke off.",
            fix="Deliver it whole, or take it out of the folder: this feed waits until then.",
        )
    refuse_hidden(files.root, files.pattern, pins)
    refuse_archives(pins)
    if not pins:
        raise SourceError(f"no file fits {pattern}.", fix="Check sources.root (--raw) and `files` in the mapping.")
    return pins


def contents_of(spark: SparkSession, files: Files, names: Sequence[str]) -> dict[str, str]:
    """A hash of the content of each of the files, in whatever parts they are read; of a compressed one, of what is within.

    Sums of hashes of the lines, and of these times the lines before each, so that places count: a value may go over several
    lines, and what is empty may be filled from the line above. Binary files have lines too, if odd ones.
    """
    if not names:
        return {}
    paths = [path_of(files.root, name) for name in sorted(names)]
    lines = spark.read.options(**NO_FILE_IGNORED, lineSep="\n").text(paths)
    line_hash = lines.select(
        F.col("_metadata.file_path").alias("path"),
        F.col("_metadata.file_block_start").alias("start"),
        row_of_task().alias("row"),
        F.xxhash64("value").alias("hash"),
    )
    high, low = F.shiftright("hash", 32), F.col("hash").bitwiseAND(F.lit(LOW))
    row = F.col("row") % PRIME
    splits = line_hash.groupBy("path", "start").agg(
        F.count(F.lit(1)).alias("lines"),
        F.min("row").alias("first"),
        F.sum(high).alias("high"),
        F.sum(low).alias("low"),
        F.sum(F.pmod(F.pmod(high, F.lit(PRIME)) * row, F.lit(PRIME))).alias("high_placed"),
        F.sum(F.pmod(F.pmod(low, F.lit(PRIME)) * row, F.lit(PRIME))).alias("low_placed"),
    )
    by_file: dict[str, list[Row]] = {}
    for split in sorted(splits.collect(), key=itemgetter("start")):
        by_file.setdefault(below(files.root, unquote(split["path"])), []).append(split)
    hashes = {name: _content(of_file) for name, of_file in by_file.items()}
    return {name: hashes.get(name, "") for name in names}


def _content(splits: Sequence[Row]) -> str:
    """The hash of a file by those of its splits in order, the same however it was split.

    A split gives the sum of hash times row, rows being counted from any number, its `first`: less `first` times the sum of the
    hashes it is the sum of hash times place in the split.
    """
    lines = high = low = high_placed = low_placed = 0
    for split in splits:
        shift = lines - split["first"]
        high_placed += split["high_placed"] + shift * split["high"]
        low_placed += split["low_placed"] + shift * split["low"]
        lines, high, low = lines + split["lines"], high + split["high"], low + split["low"]
    return f"{lines:x}.{high:x}.{low:x}.{high_placed % PRIME:x}.{low_placed % PRIME:x}"


@dataclass(frozen=True)
class SourceRows:
    """Rows of files with names of columns that raw tables can take.

    `told_apart` gives the new name of each column that shared its own with another, `stored` the name in the raw table of
    each that cannot have the source's there; `notes` say in words what was read in another type than it has.
    """

    frame: DataFrame
    told_apart: Mapping[str, str] = field(default_factory=dict)
    stored: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


def read_files(
    spark: SparkSession,
    files: Files,
    names: Sequence[str],
    *,
    largest_bytes: int = 0,
    raw: T.StructType | None = None,
) -> DataFrame:
    """All rows of the named files as they arrived, and `_file`, `_position` (from 0) and `_corrupt` (text of an unreadable row).

    `largest_bytes` is the size of the largest of them, `raw` the schema of the raw table that they go into, if there is one.
    Raises SourceError where a file's columns cannot be read or differ from the others'.
    """
    return read_source_files(spark, files, names, largest_bytes=largest_bytes, raw=raw).frame


def read_source_files(
    spark: SparkSession,
    files: Files,
    names: Sequence[str],
    *,
    largest_bytes: int = 0,
    raw: T.StructType | None = None,
) -> SourceRows:
    """As `read_files`, with what became of names and types."""
    number = numbered_by_split if largest_bytes > ONE_TASK_BYTES else numbered
    told_apart, sources = dict[str, str](), dict[str, str]()
    notes: list[str] = []
    try:
        if files.format == "csv":
            of_csv = read_csv(spark, sorted(names), files, number, _source_columns(raw, files))
            rows, sources, told_apart = of_csv.rows, {**of_csv.sources}, {**of_csv.told_apart}
        elif files.format == "text":
            rows = read_text(spark, sorted(names), files, number)
        elif files.format.startswith("json"):
            known = [source_name(column) for column in raw.fields] if raw else []
            of_json = read_json(spark, sorted(names), files, number, known)
            rows, sources, told_apart = of_json.rows, {**of_json.sources}, {**of_json.told_apart}
        else:
            columnar = read_columnar(spark, sorted(names), files, number, raw)
            rows, sources, notes = columnar.rows, {**columnar.sources}, [*columnar.notes]
        rows = with_partitions(rows, names, files)
        frame, stored = with_stored_names(rows, sources, raw)
    except AnalysisException as fault:
        if fault.getCondition() != "COLUMN_ALREADY_EXISTS":
            raise
        name = (fault.getMessageParameters() or {}).get("columnName", "")
        raise SourceError(
            f"{files.pattern}: two columns are called {name}; case does not count.",
            fix="Rename one of them before they are delivered.",
        ) from None
    return SourceRows(frame, told_apart, stored, notes)


def _source_columns(raw: T.StructType | None, files: Files) -> list[str]:
    """The columns of files that were read before, by the source's names."""
    fields = raw.fields if raw else []
    return [name for f in fields if f.name not in OWN_NAMES and (name := source_name(f)) not in files.partitions]
