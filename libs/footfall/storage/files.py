"""The raw files: which there are, and their rows with file and position. Touches the storage of the sources, reading only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.mapping.reader_options import ENCODINGS
from footfall.steps.step import Files
from footfall.storage.raw_names import refuse_own_names, with_usable_names

SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:(//[^/]*)?")
CORRUPT = "_corrupt"
UNREAD = "_corrupt while columns are inferred"
ONE_TASK_BYTES = 256 * 1024**2  # the rows of a larger text file are numbered by its splits
# Whatever spark.conf says: a file that cannot be read stops the job, it is not passed over.
NO_FILE_IGNORED = {"ignoreCorruptFiles": "false", "ignoreMissingFiles": "false"}


def absolute(root: str) -> str:
    """The root with a path that does not hang on the working directory."""
    return root.rstrip("/") if SCHEME.match(root) else str(Path(root).resolve())


def list_files(spark: SparkSession, files: Files) -> dict[str, int]:
    """Files that fit the pattern, by path below the root, with their sizes in bytes.

    Empty files are not among them, since Spark lists none. Raises SourceError where there is no other file.
    """
    pattern = f"{absolute(files.root)}/{files.pattern}"
    try:
        rows = spark.read.format("binaryFile").load(pattern).select("path", "length").collect()
    except AnalysisException as fault:
        if fault.getCondition() != "PATH_NOT_FOUND":
            raise
        rows = []
    sizes = {below(files.root, row["path"]): int(row["length"]) for row in rows}
    if not sizes:
        raise SourceError(
            f"no file with anything in it fits {pattern}.",
            fix="Check sources.root (--raw) and `files` in the mapping; an empty file counts as none.",
        )
    return sizes


def read_files(spark: SparkSession, files: Files, names: Sequence[str], *, largest_bytes: int = 0) -> DataFrame:
    """All rows of the named files as they arrived, and `_file`, `_position` (from 0) and `_corrupt` (text of an unreadable row).

    `largest_bytes` is the size of the largest of them. Raises SourceError where a file's columns cannot be read or
    differ from the others'.
    """
    return read_renamed_files(spark, files, names, largest_bytes=largest_bytes)[0]


def read_renamed_files(
    spark: SparkSession, files: Files, names: Sequence[str], *, largest_bytes: int = 0
) -> tuple[DataFrame, dict[str, str]]:
    """As `read_files`, and the new name of each column that arrived under one that a table cannot take."""
    number = numbered_by_split if largest_bytes > ONE_TASK_BYTES else _numbered
    paths = [f"{absolute(files.root)}/{name}" for name in sorted(names)]
    try:
        rows = _READERS[files.format](spark, paths, files)
        placed = (
            rows.withColumns({"_file": _name_below(files.root), "_position": F.col("_metadata.row_index")})
            if files.format == "parquet"
            else number(rows, files.root)
        )
        return with_usable_names(placed, files.pattern)
    except AnalysisException as fault:
        if fault.getCondition() != "COLUMN_ALREADY_EXISTS":
            raise
        name = (fault.getMessageParameters() or {}).get("columnName", "")
        raise SourceError(
            f"{files.pattern}: two columns are called {name}; case does not count.",
            fix="Rename one of them before they are delivered.",
        ) from None


def below(root: str, path: str) -> str:
    """A file's path below the root, without scheme and host."""
    bare_root = SCHEME.sub("", absolute(root))
    return SCHEME.sub("", path).removeprefix(bare_root).lstrip("/")


def _read_parquet(spark: SparkSession, paths: Sequence[str], files: Files) -> DataFrame:
    rows = spark.read.options(**files.options, **NO_FILE_IGNORED, mergeSchema="true").parquet(*paths)
    refuse_own_names(rows.columns, files.pattern)
    return rows.withColumn(CORRUPT, F.lit(None).cast("string"))


def _read_csv(spark: SparkSession, paths: Sequence[str], files: Files) -> DataFrame:
    """CSV by its header, all columns text; a file whose header differs from the first one's fails, naming it."""
    options = {"header": "true", **files.options, **NO_FILE_IGNORED, "mode": "PERMISSIVE", "multiLine": "false"}
    header = spark.read.options(**options).csv(paths[0]).schema
    refuse_own_names(header.names, files.pattern)
    schema = T.StructType([*header.fields, T.StructField(CORRUPT, T.StringType())])
    reader = spark.read.options(**{**options, "enforceSchema": "false", "columnNameOfCorruptRecord": CORRUPT})
    return reader.schema(schema).csv(list(paths))


def _read_json(spark: SparkSession, paths: Sequence[str], files: Files) -> DataFrame:
    """JSON lines, all plain values as text."""
    options = {**files.options, **NO_FILE_IGNORED, "mode": "PERMISSIVE", "multiLine": "false"}
    options |= {"primitivesAsString": "true", "columnNameOfCorruptRecord": CORRUPT}
    if ENCODINGS & set(options):
        options["lineSep"] = "\n"  # Spark wants it said; a \r before it is white space to JSON
    # inferred under another name for what cannot be read, so that a source's own _corrupt shows
    inferred = spark.read.options(**{**options, "columnNameOfCorruptRecord": UNREAD}).json(list(paths)).schema
    known = [f for f in inferred.fields if f.name != UNREAD]
    refuse_own_names([f.name for f in known], files.pattern)
    schema = T.StructType([*known, T.StructField(CORRUPT, T.StringType())])
    return spark.read.options(**options).schema(schema).json(list(paths))


_READERS = {"parquet": _read_parquet, "csv": _read_csv, "json": _read_json}


def _name_below(root: str) -> Column:
    """The relative name of a row's file; Spark gives it URL-encoded."""
    path = F.url_decode(F.replace(F.col("_metadata.file_path"), F.lit("+"), F.lit("%2B")))
    bare = F.regexp_replace(path, SCHEME.pattern, "")
    bare_root = SCHEME.sub("", absolute(root)).rstrip("/") + "/"
    return F.when(F.startswith(bare, F.lit(bare_root)), F.substr(bare, F.lit(len(bare_root) + 1))).otherwise(bare)


def _numbered(rows: DataFrame, root: str) -> DataFrame:
    """Text formats know no row numbers: they follow from the block's offset and the order within it.

    All rows of a file pass through one task, which is less work for small files than to read them twice.
    """
    in_file = Window.partitionBy("_file").orderBy("_block", "_order")
    position = (F.row_number().over(in_file) - 1).cast("long")
    return _ordered(rows, root).withColumn("_position", position).drop("_block", "_order")


def numbered_by_split(rows: DataFrame, root: str) -> DataFrame:
    """The same numbers without a task that sees a whole file: the rows of each split are counted first.

    Both readings cut the files alike. If they ever did not, a row would lie outside of the numbers that its split has,
    and would get no position, at which the contract of the raw table stops.
    """
    ordered = _ordered(rows, root)
    # `_read` has Spark parse the rows: with no column at all it counts lines, and a line may hold several rows
    column = next((c for c in rows.columns if c != CORRUPT), CORRUPT)
    splits = ordered.groupBy("_file", "_block").agg(
        F.min("_order").alias("_first"),
        F.max("_order").alias("_last"),
        F.count(F.lit(1)).alias("_rows"),
        F.count_if(F.col(f"`{column}`").isNull() & F.col(CORRUPT).isNull()).alias("_read"),
    )
    earlier = Window.partitionBy("_file").orderBy("_block").rowsBetween(Window.unboundedPreceding, -1)
    before = splits.withColumn("_before", F.coalesce(F.sum("_rows").over(earlier), F.lit(0))).where("_read >= 0")
    starts = before.select("_file", "_block", F.struct("_first", "_last", "_before").alias("_position"))
    placed = ordered.join(F.broadcast(starts), ["_file", "_block"], "left")
    is_alike = F.col("_order").between(F.col("_position._first"), F.col("_position._last"))
    position = F.when(is_alike, F.col("_position._before") + F.col("_order") - F.col("_position._first"))
    return placed.select(*(f"`{c}`" for c in rows.columns), "_file", position.alias("_position"))


def _ordered(rows: DataFrame, root: str) -> DataFrame:
    """Text rows with their file, the offset of their split, and a number that grows within the split."""
    return rows.withColumns(
        {
            "_file": _name_below(root),
            "_block": F.col("_metadata.file_block_start"),
            "_order": F.monotonically_increasing_id(),
        }
    )
