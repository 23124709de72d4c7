"""One reader a file format: every row of the files, as text where the format knows no types. Reads the storage of the sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.mapping.reader_options import ENCODINGS

CORRUPT = "_corrupt"
# Whatever spark.conf says: a file that cannot be read stops the job, it is not passed over.
NO_FILE_IGNORED = {"ignoreCorruptFiles": "false", "ignoreMissingFiles": "false"}
EVERY_LINE = {**NO_FILE_IGNORED, "mode": "PERMISSIVE", "multiLine": "false"}
NEXT_OBJECT = r"\}\s*,?\s*\{"  # what stands between two objects, of a list in one object too

FormatReader = Callable[[SparkSession, Sequence[str], Mapping[str, str]], DataFrame]


def _read_parquet(spark: SparkSession, paths: Sequence[str], options: Mapping[str, str]) -> DataFrame:
    reader = spark.read.options(**{**options, **NO_FILE_IGNORED, "mergeSchema": "true"})
    return reader.parquet(*paths).withColumn(CORRUPT, F.lit(None).cast("string"))


def _read_csv(spark: SparkSession, paths: Sequence[str], options: Mapping[str, str]) -> DataFrame:
    """CSV by its header, all columns text; a file whose header differs from the first one's fails, naming it."""
    options = {"header": "true", **options, **EVERY_LINE}
    header = spark.read.options(**options).csv(paths[0]).schema
    schema = T.StructType([*header.fields, T.StructField(CORRUPT, T.StringType())])
    reader = spark.read.options(**{**options, "enforceSchema": "false", "columnNameOfCorruptRecord": CORRUPT})
    return reader.schema(schema).csv(list(paths))


def _read_json(spark: SparkSession, paths: Sequence[str], options: Mapping[str, str]) -> DataFrame:
    """JSON lines, all plain values as text; SourceError where a line holds several objects."""
    options = {**options, **EVERY_LINE, "primitivesAsString": "true", "columnNameOfCorruptRecord": CORRUPT}
    if ENCODINGS & set(options):
        options["lineSep"] = "\n"  # Spark wants it said; a \r before it is white space to JSON
    _require_one_object_a_line(spark, paths, options)
    inferred = spark.read.options(**options).json(list(paths)).schema
    own = [f for f in inferred.fields if f.name != CORRUPT]
    schema = T.StructType([*own, T.StructField(CORRUPT, T.StringType())])
    return spark.read.options(**options).schema(schema).json(list(paths))


READERS: Mapping[str, FormatReader] = {"parquet": _read_parquet, "csv": _read_csv, "json": _read_json}


def _require_one_object_a_line(spark: SparkSession, paths: Sequence[str], options: Mapping[str, str]) -> None:
    """Raises SourceError where a line goes on after its first object, which Spark would read alone, without a word."""
    encoding = {key: value for key, value in options.items() if key in ENCODINGS}
    as_one_column = {"header": "false", "sep": "\u0001", "quote": "", **encoding, **EVERY_LINE}
    lines = spark.read.options(**as_one_column).schema("line string").csv(list(paths))
    lenient = {key: value for key, value in options.items() if key.startswith("allow")}
    broken = lines.where(F.rlike("line", F.lit(NEXT_OBJECT)) & _goes_on(F.col("line"), lenient))
    first = broken.select("_metadata.file_path").first()
    if first is not None:
        raise SourceError(
            f"{first[0]}: a line holds several JSON objects; Spark reads the first of them only.",
            fix="Deliver it with one object a line.",
        )


def _goes_on(line: Column, options: Mapping[str, str]) -> Column:
    """Whether a line begins with a whole JSON value, and is not that value alone."""
    begins_whole = F.from_json(line, f"any string, {CORRUPT} string", {**options, "columnNameOfCorruptRecord": CORRUPT})
    as_list = F.from_json(F.concat(F.lit("["), line, F.lit("]")), "array<string>", dict(options))
    return begins_whole[CORRUPT].isNull() & (F.coalesce(F.size(as_list), F.lit(0)) != 1)
