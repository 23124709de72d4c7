"""Rows of Parquet and ORC files, also where a column has other types of numbers from file to file. Reads source files only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError, listed
from footfall.steps.source_names import quoted, source_name
from footfall.steps.step import Files
from footfall.storage.parquet_footers import footers_of
from footfall.storage.raw_names import reading_names, refuse_readers_names
from footfall.storage.text_lines import CORRUPT, FILE, NO_FILE_IGNORED, POSITION, in_order, name_below, path_of

CHANGED = "_changed_by_type"
_CANNOT_MERGE = (
    "CANNOT_MERGE"  # within the names of Spark's conditions, which Connect and classic Spark raise by other classes
)
_WIDTHS: Mapping[type[T.DataType], int] = {
    T.ByteType: 3,
    T.ShortType: 5,
    T.IntegerType: 10,
    T.LongType: 20,
}  # in digits


@dataclass(frozen=True)
class ColumnarRows:
    """Rows of Parquet or ORC; `sources` gives the source's name of each column, `notes` say what was read in another type."""

    rows: DataFrame
    sources: Mapping[str, str]
    notes: Sequence[str]


@dataclass(frozen=True)
class _Group:
    """Files with the same columns, and their rows."""

    names: Sequence[str]
    rows: DataFrame


def read_columnar(
    spark: SparkSession,
    names: Sequence[str],
    files: Files,
    number: Callable[[DataFrame], DataFrame],
    raw: T.StructType | None,
) -> ColumnarRows:
    """All rows with `_file`, `_position` and `_corrupt`; time stamps of nanoseconds are cut to microseconds.

    A column of numbers that is of several types, in these files or in the raw table (whose schema `raw` is), becomes of
    one: a row whose value that would change is kept as text. Raises SourceError where types are too far apart.
    """
    groups, notes = _groups(spark, names, files)
    wanted = _common_types(groups, raw, files)
    notes += _type_notes(groups, wanted)
    reading: dict[str, str] = {}
    parts = []
    for group in groups:
        refuse_readers_names([c for c in group.rows.columns if c.casefold() == "_metadata"], files.pattern)
        reading |= reading_names(group.rows.columns)
        renamed = {c: reading[c] for c in group.rows.columns if reading[c] != c}
        rows = group.rows.withColumnsRenamed(renamed) if renamed else group.rows
        columns = list(rows.columns)
        types = {reading.get(c, c): kind for c, kind in wanted.items()}
        rows = _with_types(rows.withColumn(CORRUPT, F.lit(None).cast("string")), columns, types)
        if files.format == "orc":  # its rows have no numbers in Spark
            parts.append(number(in_order(rows, files.root)))
        else:
            parts.append(rows.withColumns({FILE: name_below(files.root), POSITION: F.col("_metadata.row_index")}))
    union = partial(DataFrame.unionByName, allowMissingColumns=True)
    return ColumnarRows(reduce(union, parts), {new: name for name, new in reading.items()}, notes)


def _groups(spark: SparkSession, names: Sequence[str], files: Files) -> tuple[list[_Group], list[str]]:
    """The files by types of columns that Spark reads together, nearly always one group; and what was cut from time stamps."""

    def read(some: Sequence[str]) -> DataFrame:
        options = {**files.options, **NO_FILE_IGNORED, "mergeSchema": "true"}
        return spark.read.format(files.format).options(**options).load([path_of(files.root, name) for name in some])

    if rows := _together(read, names):
        return [_Group(names, rows)], []
    groups: list[_Group] = []
    notes: list[str] = []
    for schema, some in _schemas(spark, read, names, files):
        if isinstance(schema, T.StructType):
            paths = [path_of(files.root, name) for name in some]
            rows = (
                spark.read.format(files.format).options(**files.options, **NO_FILE_IGNORED).schema(schema).load(paths)
            )
            clocks = [f for f in schema.fields if "nanoseconds" in f.metadata]
            times = [f for f in schema.fields if "per_second" in f.metadata]
            rows = rows.withColumns({f.name: _from_nanoseconds(f) for f in clocks} | {f.name: _time(f) for f in times})
            notes += [f"`{f.name}` is a time of day, which is read as text such as 08:12:00" for f in times]
            notes += [f"`{f.name}` has nanoseconds, which are cut to microseconds" for f in clocks]
            groups.append(_Group(some, rows))
        else:
            groups.append(_Group(some, schema))
    return groups, list(dict.fromkeys(notes))


def _together(read: Callable[[Sequence[str]], DataFrame], names: Sequence[str]) -> DataFrame | None:
    """The rows of all the files; None where Spark cannot read them together."""
    try:
        rows = read(names)
        _ = rows.schema  # Connect looks at the files only now
    except Exception as fault:  # classic Spark raises no class of its own for it
        if _CANNOT_MERGE in str(fault) or _is_unread(fault):
            return None
        raise
    return rows


def _is_unread(fault: Exception) -> bool:
    """Whether it is about a type that Spark does not read by itself, such as time stamps of nanoseconds and times of day."""
    condition = fault.getCondition() or "" if isinstance(fault, AnalysisException) else ""
    return condition.startswith("PARQUET_TYPE_") or condition == "UNSUPPORTED_TIME_TYPE"


def _schemas(
    spark: SparkSession, read: Callable[[Sequence[str]], DataFrame], names: Sequence[str], files: Files
) -> Iterator[tuple[T.StructType | DataFrame, Sequence[str]]]:
    """Files that can be read together: their rows, or their schema where Spark cannot find it; halves of what cannot be."""
    if files.format == "parquet":
        yield from footers_of(spark, names, files)
        return
    if rows := _together(read, names):
        yield rows, names
        return
    half = len(names) // 2
    for some in (names[:half], names[half:]):
        yield from _schemas(spark, read, some, files)


def _from_nanoseconds(field: T.StructField) -> Column:
    value = F.expr(f"timestamp_micros({quoted(field.name)} div 1000)")
    return value if field.metadata["nanoseconds"] == "utc" else value.cast("timestamp_ntz")


def _time(field: T.StructField) -> Column:
    """A time of day as text, `08:12:00` or `08:12:00.5`: Spark has no such values in files."""
    name, units = quoted(field.name), field.metadata["per_second"]
    micros = f"{name} div {units // 1_000_000}" if units > 1_000_000 else f"{name} * {1_000_000 // units}"
    on_a_day = F.expr(f"timestamp_micros({micros})").cast("timestamp_ntz").cast("string")
    return F.substring(on_a_day, len("1970-01-01 ") + 1, len("08:12:00.123456"))


def _common_types(groups: Sequence[_Group], raw: T.StructType | None, files: Files) -> dict[str, T.DataType]:
    """The type of each column that is a number of several types: that of the raw table, else one that holds all of them."""
    known = {source_name(field).casefold(): field.dataType for field in raw.fields} if raw else {}
    types: dict[str, dict[T.DataType, Sequence[str]]] = {}
    spelling: dict[str, str] = {}
    for group in groups:
        for field in group.rows.schema.fields:
            spelling.setdefault(field.name.casefold(), field.name)
            types.setdefault(field.name.casefold(), {}).setdefault(field.dataType, group.names)
    wanted: dict[str, T.DataType] = {}
    faults: list[str] = []
    for folded, of_files in types.items():
        kinds = [*of_files, *([known[folded]] if folded in known else [])]
        if len(set(kinds)) == 1:
            continue
        if all(isinstance(kind, T.NumericType) for kind in kinds):
            wanted[folded] = known[folded] if folded in known else reduce(_wider, of_files)
        elif len(of_files) > 1:  # what differs from the raw table alone, the table says
            shown = (f"{kind.simpleString()} in {some[0]}" for kind, some in of_files.items())
            faults.append(f"'{spelling[folded]}' is {', '.join(shown)}")
    if faults:
        raise SourceError(
            f"{files.pattern}: files differ in their columns: {listed(faults)}.",
            fix="Deliver these columns in one type, or give some of the files a feed of their own in the mapping.",
        )
    return wanted


def _wider(first: T.DataType, second: T.DataType) -> T.DataType:
    """A type of numbers that holds those of both, up to the digits of a double."""
    if isinstance(first, T.FloatType | T.DoubleType) or isinstance(second, T.FloatType | T.DoubleType):
        return T.DoubleType()
    if not isinstance(first, T.DecimalType) and not isinstance(second, T.DecimalType):
        return max(first, second, key=lambda kind: _WIDTHS[type(kind)])
    scales = [kind.scale if isinstance(kind, T.DecimalType) else 0 for kind in (first, second)]
    wholes = [k.precision - k.scale if isinstance(k, T.DecimalType) else _WIDTHS[type(k)] for k in (first, second)]
    return T.DecimalType(min(38, max(wholes) + max(scales)), max(scales))


def _type_notes(groups: Sequence[_Group], wanted: Mapping[str, T.DataType]) -> list[str]:
    notes = []
    for folded, kind in wanted.items():
        fields = [f for group in groups for f in group.rows.schema.fields if f.name.casefold() == folded]
        kinds = ", ".join(dict.fromkeys(f.dataType.simpleString() for f in fields))
        notes.append(f"`{fields[0].name}` is {kinds} in the files, and read as {kind.simpleString()}")
    return notes


def _with_types(rows: DataFrame, columns: Sequence[str], wanted: Mapping[str, T.DataType]) -> DataFrame:
    """The columns in these types; a row with a value that its type would change becomes text, all of its values NULL."""
    folded = {name.casefold(): kind for name, kind in wanted.items()}
    types = {f.name: f.dataType for f in rows.schema.fields if f.name in columns}
    recast = {c: folded[c.casefold()] for c, kind in types.items() if folded.get(c.casefold(), kind) != kind}
    if not recast:
        return rows
    changes = [_is_changed(c, types[c], kind) for c, kind in recast.items()]
    marked = rows.withColumn(CHANGED, reduce(Column.__or__, changes))
    text = F.to_json(F.struct(*(F.col(quoted(c)) for c in columns)))
    kinds = {c: recast.get(c, kind) for c, kind in types.items()}
    values = {c: F.when(~F.col(CHANGED), _number(c, types[c], kind)).cast(kind) for c, kind in kinds.items()}
    # one projection: the text is of the values as they arrived
    return marked.withColumns({**values, CORRUPT: F.when(F.col(CHANGED), text)}).drop(CHANGED)


def _number(column: str, kind: T.DataType, wanted: T.DataType) -> Column:
    value = F.col(quoted(column))
    if kind == wanted:
        return value
    if isinstance(kind, T.FloatType | T.DoubleType):  # what pandas has where a number is missing
        value = F.when(~F.isnan(value), value)
    return value.try_cast(wanted)


def _is_changed(column: str, kind: T.DataType, wanted: T.DataType) -> Column:
    value, number = F.col(quoted(column)), _number(column, kind, wanted)
    is_nan = F.isnan(value) if isinstance(kind, T.FloatType | T.DoubleType) else F.lit(False)
    return value.isNotNull() & ~is_nan & ~number.try_cast(kind).eqNullSafe(value)
