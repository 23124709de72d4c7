"""Times featurize against the same figures in DuckDB on one machine, at growing sizes; prints ratios and where they cross.

    python benchmarks/featurize.py --copies 1,4,16 --rounds 3

The figures are all columns of results.user_features at the demo's seven dates. Both read the same Parquet files (those of
the Delta tables order_lines, daily_activity, reviews, items, identities), use the same cores and memory limit, and write
their result to disk: Spark a Delta table, DuckDB a Parquet file. At the first size every value is compared, within the
contract's tolerances. A larger shop is several copies of the example shop, each with people of its own.
The JVM's start and footfall's books are not counted on Spark's side.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT)]

from benchmarks._equal import differences  # noqa: E402

from benchmarks import _common as bench  # noqa: E402 the path is set above
from footfall.features import user_features  # noqa: E402
from footfall.features.dates import as_of_dates  # noqa: E402
from footfall.tables import USER_FEATURES  # noqa: E402

QUERY = ROOT / "benchmarks/sql/user_features.sql"
FEEDS = ("transactions", "products", "reviews")
# The columns that differ between the copies of a shop; a table without any is the same for all copies.
COPIED_COLUMNS = {
    "refined.order_lines": ("order_id", "actor_id"),
    "refined.reviews": ("review_id", "actor_id"),
    "refined.identities": ("actor_id", "user_id"),
    "results.daily_activity": ("actor_id",),
    "refined.items": (),
}
ZONE = "America/New_York"

Tables = Mapping[str, Path]


@dataclass(frozen=True)
class Size:
    """A size of shop: order lines in millions, and each variant's median seconds."""

    million_lines: float
    spark_s: float
    duckdb_s: float


def demo_dates(as_of: date) -> tuple[date, ...]:
    """The dates that jobs/featurize.py makes features for, with conf/base.yaml."""
    defaults = {"horizon_days": 61, "return_window_days": 0, "training_dates": 5, "training_step_weeks": 4}
    return as_of_dates(as_of, **defaults).every


def lay_out_lake(spark: SparkSession, root: Path, *, raw: Path) -> Tables:
    """The tables that user_features reads, by footfall's own steps from the shop's logs."""
    job = bench.open_job(spark, root, raw=raw, key=bench.new_key(), feeds=FEEDS)
    bench.run(job, bench.steps_of(job, "ingest", "refine"))
    bench.run(job, [s for s in bench.steps_of(job, "featurize") if s.name == "daily_activity"])
    return {name: root / name.replace(".", "/") for name in COPIED_COLUMNS}


def multiply(spark: SparkSession, tables: Tables, root: Path, copies: int) -> Tables:
    """`copies` of the shop, each with people and orders of its own and the same catalogue."""
    if copies == 1:
        return tables
    numbers = spark.range(copies).select(F.col("id").cast("string").alias("_copy"))
    copied = dict(tables)
    for name, ids in COPIED_COLUMNS.items():
        if ids:
            copied[name] = root / name
            rows = spark.read.format("delta").load(str(tables[name])).crossJoin(F.broadcast(numbers))
            own = rows.withColumns({c: F.concat_ws("/", c, "_copy") for c in ids}).drop("_copy")
            own.write.format("delta").save(str(copied[name]))
    return copied


def with_spark(spark: SparkSession, tables: Tables, out: Path, *, dates: Sequence[date]) -> None:
    """Footfall's features, written as a Delta table."""
    frames: dict[str, Any] = {n.partition(".")[2]: spark.read.format("delta").load(str(p)) for n, p in tables.items()}
    features = user_features(**frames, dates=dates, time_zone=ZONE)
    features.write.format("delta").mode("overwrite").save(str(out))


def with_duckdb(tables: Tables, out: Path, *, dates: Sequence[date], threads: int, memory: str) -> None:
    """The same in DuckDB, written as a Parquet file; beyond its memory limit it may use the disk."""
    with duckdb.connect() as con:
        con.execute(f"SET threads = {threads}; SET memory_limit = '{memory}B'; SET TimeZone = 'UTC'")
        con.execute(f"SET temp_directory = '{out.parent / 'spill'}'; SET preserve_insertion_order = false")
        con.execute(f"SET VARIABLE time_zone = '{ZONE}'")
        con.execute("SET VARIABLE dates = [" + ", ".join(f"DATE '{day}'" for day in dates) + "]")
        for name, path in tables.items():
            con.execute(f"CREATE VIEW {name.partition('.')[2]} AS {_read(con, path)}")
        con.execute(f"COPY ({QUERY.read_text(encoding='utf-8')}) TO '{out}' (FORMAT parquet)")


def _read(con: duckdb.DuckDBPyConnection, path: Path) -> str:
    """SQL over the files of a Delta table's newest version, instants as plain UTC."""
    files = ", ".join(f"'{uri}'" for uri in DeltaTable(str(path)).file_uris())
    rows = f"read_parquet([{files}])"
    kinds = {name: str(kind) for name, kind, *_ in con.execute(f"DESCRIBE FROM {rows}").fetchall()}
    instants = [name for name, kind in kinds.items() if kind.startswith("TIMESTAMP")]
    plain = ", ".join(f"{name}::TIMESTAMP AS {name}" for name in instants)
    return f"SELECT * {f'REPLACE ({plain}) ' if plain else ''}FROM {rows}"


def result_differences(spark_out: Path, duckdb_out: Path) -> list[str]:
    """A sentence for each difference of the two results."""
    return differences(DeltaTable(str(spark_out)).to_pyarrow_table(), pq.read_table(duckdb_out), USER_FEATURES)


def crossing_text(sizes: Sequence[Size]) -> str:
    """Where straight lines through the least and the greatest size meet, or that they do not."""
    small, great = sizes[0], sizes[-1]
    if great.spark_s <= great.duckdb_s:
        return f"Spark is the faster one at {great.million_lines:.1f} million order lines"
    if len(sizes) == 1:
        return "one size shows no slope"
    span = great.million_lines - small.million_lines
    slopes = [(great.spark_s - small.spark_s) / span, (great.duckdb_s - small.duckdb_s) / span]
    each = f"a further million lines costs Spark {slopes[0]:.2f} s and DuckDB {slopes[1]:.2f} s"
    upto = f"DuckDB is the faster one up to {great.million_lines:.1f} million order lines"
    if slopes[0] >= slopes[1]:
        return f"{upto}; {each}, so on one machine the lines do not cross before DuckDB's memory and disk end"
    meet = great.million_lines + (great.spark_s - great.duckdb_s) / (slopes[1] - slopes[0])
    return f"{upto}; {each}, so straight lines would meet at {meet:,.0f} million (not tried)"


def main() -> None:
    """Command line."""
    parser = bench.arguments(__doc__ or "", rounds=3)
    parser.add_argument("--copies", type=_numbers, default=(1, 4), help="sizes, in copies of the shop (default: 1,4)")
    args = parser.parse_args()
    raw = bench.require_shop(args.raw)
    with bench.scratch() as folder, bench.session("featurize", cores=args.cores, memory=args.memory) as spark:
        print(
            f"featurize: user_features at {len(demo_dates(bench.AS_OF))} dates\n{bench.machine(args.cores)}",
            flush=True,
        )
        tables = lay_out_lake(spark, folder / "lake", raw=raw)
        sizes = [
            measure(
                spark,
                multiply(spark, tables, folder / f"shop_{n}", n),
                folder,
                args,
                warm_up=int(n == args.copies[0]),
            )
            for n in args.copies
        ]
        print(f"featurize: {crossing_text(sizes)}")


def measure(spark: SparkSession, tables: Tables, folder: Path, args: argparse.Namespace, *, warm_up: int) -> Size:
    """One size: both variants take turns; at the first size, which has the warm-up, every value is compared."""
    lines = spark.read.format("delta").load(str(tables["refined.order_lines"])).count()
    dates = demo_dates(bench.AS_OF)
    outs = {"spark": folder / "by_spark", "duckdb": folder / "by_duckdb.parquet"}
    makers: dict[str, Callable[[], None]] = {
        "spark": lambda: with_spark(spark, tables, outs["spark"], dates=dates),
        "duckdb": lambda: with_duckdb(tables, outs["duckdb"], dates=dates, threads=args.cores, memory=args.memory),
    }
    variants = {name: lambda make=make: bench.seconds(make) for name, make in makers.items()}
    print(f"featurize: {lines:,} order lines", flush=True)
    timings = bench.take_turns(variants, rounds=args.rounds, warm_up=warm_up)
    different = "; ".join(result_differences(outs["spark"], outs["duckdb"])) if warm_up else "values not compared"
    print(f"featurize: {bench.format_medians(timings)}; {different or 'every value equal'}")
    ratio = bench.format_ratio(bench.ratios(timings, "spark", "duckdb"))
    print(f"featurize: Spark takes {ratio} times DuckDB", flush=True)
    shutil.rmtree(outs["spark"])
    return Size(lines / 1e6, *(statistics.median(timings[name]) for name in ("spark", "duckdb")))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in text.split(",")}))


if __name__ == "__main__":
    main()
