"""What Spark, delta-rs, DuckDB and Polars read of a table, beside each other and beside what is expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import polars as pl
from deltalake import DeltaTable
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID
from footfall.storage.lake import Lake
from footfall.tables.raw import ARRIVAL, CORRUPT

Lines = list[tuple[str | None, ...]]
OWN_COLUMNS = {column.name for column in (*ARRIVAL, CORRUPT, BATCH_ID)}


def reader_differences(lake: Lake, tables: Sequence[str]) -> Iterator[str]:
    """Refined tables whose dates and times a reader shows in another way than Spark does."""
    for table in tables:
        name = f"refined.{table}"
        columns = [c for c, kind in lake.read(name).dtypes if kind in {"date", "timestamp"}]
        lines = {reader: read(lake, name, columns) for reader, read in READERS.items()}
        for reader, read_lines in lines.items():
            if read_lines != lines["spark"]:
                yield f"{name}: {reader} reads {read_lines}, Spark {lines['spark']}"


def raw_differences(lake: Lake, expected: dict[str, Any]) -> Iterator[str]:
    """Raw tables of which a reader does not read the expected values, in the order of the source's columns."""
    for table, rows in expected.items():
        if table == "readers":
            continue
        columns = [c for c in lake.read(f"raw.{table}").columns if c not in OWN_COLUMNS]
        wanted = sorted(tuple(row) for row in rows)
        for reader in expected["readers"]:
            lines = READERS[reader](lake, f"raw.{table}", columns)
            if lines != wanted:
                yield f"raw.{table}: {reader} reads {lines}, expected {wanted}"


def column_differences(lake: Lake, expected: dict[str, Any]) -> Iterator[str]:
    """A column of a raw table that has another type than expected, or lacks values."""
    frame, column = lake.read(f"raw.{expected['table']}"), expected["column"]
    kind = dict(frame.dtypes).get(column)
    if kind != expected["type"]:
        yield f"raw.{expected['table']}.{column} is {kind}, expected {expected['type']}"
        return
    values = {row[column] for row in frame.select(column).collect()}
    missing = [value for value in expected["contains"] if value not in values]
    if missing:
        yield f"raw.{expected['table']}.{column} lacks {', '.join(missing)}"


def _spark(lake: Lake, table: str, columns: Sequence[str]) -> Lines:
    frame = lake.read(table).select(*(F.col(f"`{column}`").cast("string").alias(column) for column in columns))
    return _sorted(tuple(row) for row in frame.collect())


def _delta_rs(lake: Lake, table: str, columns: Sequence[str]) -> Lines:
    rows = DeltaTable(lake.path(table)).to_pyarrow_table(columns=list(columns)).to_pylist()
    return _sorted(tuple(_text(row[column]) for column in columns) for row in rows)


def _duckdb(lake: Lake, table: str, columns: Sequence[str]) -> Lines:
    """By the files of the newest version: the extension for Delta would have to be fetched."""
    names = ", ".join(f'"{column}"' for column in columns)
    files = DeltaTable(lake.path(table)).file_uris()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.execute(f"SELECT {names} FROM read_parquet(?)", [files]).fetchall()
    return _sorted(tuple(_text(value) for value in row) for row in rows)


def _polars(lake: Lake, table: str, columns: Sequence[str]) -> Lines:
    frame = pl.read_delta(lake.path(table)).select(list(columns))
    return _sorted(tuple(_text(value) for value in row) for row in frame.rows())


def _sorted(lines: Iterator[tuple[str | None, ...]]) -> Lines:
    return sorted(lines, key=lambda line: tuple(value or "" for value in line))


def _text(value: Any) -> str | None:
    """A value as Spark writes it: a time without its zone, and no digits of a second that are 0."""
    if value is None:
        return None
    text = str(value).removesuffix("+00:00")
    second, point, fraction = text.partition(".")
    return f"{second}.{fraction.rstrip('0')}" if point and ":" in second else text


READERS: dict[str, Callable[[Lake, str, Sequence[str]], Lines]] = {
    "spark": _spark, "delta-rs": _delta_rs, "duckdb": _duckdb, "polars": _polars,
}  # fmt: skip
