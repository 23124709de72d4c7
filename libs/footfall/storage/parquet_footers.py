"""Types of the columns of Parquet files by their footers, for files that Spark cannot find them for. Reads source files only."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from pyspark.sql.pandas.types import from_arrow_type

from footfall.errors import SourceError
from footfall.steps.step import Files
from footfall.storage.text_lines import NO_FILE_IGNORED, SCHEME, absolute, below, path_of

UTC, WALL_CLOCK = "utc", "wall_clock"
_SIGNED = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.decimal128(20, 0)}


def footers_of(
    spark: SparkSession, names: Sequence[str], files: Files
) -> Iterator[tuple[T.StructType | DataFrame, Sequence[str]]]:
    """Each schema that the files have, with the names of the files that have it.

    Columns of time stamps in nanoseconds, which Spark cannot read, are BIGINT; their metadata `nanoseconds` say what they
    hold. So are times of day, with the metadata `per_second`: how many of their units a second has. Of files that are not on a
    local path all bytes are read for it.
    """
    is_local = not SCHEME.match(absolute(files.root)) or absolute(files.root).startswith("file:")
    paths = [path_of(files.root, name) for name in names]
    content = spark.read.options(**NO_FILE_IGNORED).format("binaryFile").load(paths)
    read = content.select("path") if is_local else content.select("path", "content")
    by_schema: dict[tuple[bytes, str], list[str]] = {}
    for row in read.mapInArrow(_footers, "path string, footer binary, int96 string").collect():
        by_schema.setdefault((bytes(row["footer"]), row["int96"]), []).append(below(files.root, row["path"]))
    for (footer, int96), some in sorted(by_schema.items(), key=lambda item: min(item[1])):
        schema = pa.ipc.read_schema(pa.py_buffer(footer))
        of_spark = [_field(field, field.name in int96.split("\n"), min(some)) for field in schema]
        yield T.StructType(of_spark), sorted(some)


def _footers(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for row in batch.to_pylist():
            with pq.ParquetFile(
                io.BytesIO(row["content"]) if "content" in row else SCHEME.sub("", row["path"])
            ) as file:
                columns = [file.schema.column(i) for i in range(len(file.schema))]
                int96 = "\n".join(c.path for c in columns if c.physical_type == "INT96")
                footer = file.schema_arrow.remove_metadata().serialize().to_pybytes()
            yield pa.RecordBatch.from_arrays(
                [pa.array([row["path"]]), pa.array([footer], pa.binary()), pa.array([int96])],
                names=["path", "footer", "int96"],
            )


def _field(field: pa.Field, is_int96: bool, file: str) -> T.StructField:
    """A column as Spark reads it."""
    kind = field.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        if is_int96:
            return T.StructField(field.name, T.TimestampType())
        return T.StructField(field.name, T.LongType(), metadata={"nanoseconds": UTC if kind.tz else WALL_CLOCK})
    if pa.types.is_time(kind):  # Parquet has no seconds: Arrow writes them as milliseconds
        units = {"s": 1_000, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
        return T.StructField(field.name, T.LongType(), metadata={"per_second": units[kind.unit]})
    try:
        return T.StructField(field.name, from_arrow_type(_plain(kind), prefer_timestamp_ntz=True))
    except (PySparkException, ValueError) as fault:
        raise SourceError(
            f"{file}: column '{field.name}' is {kind}, which Spark cannot read beside columns of other types.",
            fix="Leave it out, or write it in another type: time stamps within lists and structs in microseconds, for instance.",
        ) from fault


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type that Spark takes for it, within lists and structs too."""
    if pa.types.is_dictionary(kind):  # categories of pandas
        return _plain(kind.value_type)
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        raise ValueError("nanoseconds within a list or struct")
    if pa.types.is_time(kind):
        raise ValueError("a time of day within a list or struct")
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _plain(f.type), f.nullable) for f in kind])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(_plain(kind.value_type))
    return _SIGNED.get(kind, kind)
