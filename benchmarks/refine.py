"""Times refine against the plain job on the same raw rows; prints the ratio of their times (goal: at most 1.5).

    python benchmarks/refine.py --rounds 5

Ours: the step refine_order_lines through footfall's runner, on a lake into which the example shop's transactions were
ingested: typed and checked by contract, numbered, de-duplicated, pseudonymous by a join with the vault, broken rows in
quarantine, batch and ledger booked. Plain: what a Spark user would write by hand: read the raw Delta table, cast, leave
out what was no sale, dropDuplicates by order and item, write Delta. The plain job checks nothing, keeps the card numbers
and counts nothing that it drops. Each round has a fresh copy of the lake, made outside the clock, and both take turns.

A batch costs footfall some seconds at any size (it is opened, booked and closed in Delta's own commits), so the ratio
falls as the rows grow: --times 4 lays out four copies of the shop, each with order ids of its own.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT)]

from benchmarks import _common as bench  # noqa: E402 the path is set above
from footfall.privacy.pseudonyms import MintKey  # noqa: E402

FEEDS = ("transactions",)
RAW = "raw.completejourney_transactions"
STEP = "refine_order_lines"
BEYOND = 10**12  # above every order id of the shop


def lay_out_raw(files: Sequence[Path], folder: Path, *, times: int) -> None:
    """Writes `times` copies of the files; every copy has order ids of its own, beyond those of the shop."""
    folder.mkdir(parents=True)
    for file in files:
        lines = pq.read_table(file)
        position = lines.column_names.index("basket_id")
        for number in range(times):
            ids = pc.add(lines["basket_id"], number * BEYOND)
            pq.write_table(lines.set_column(position, "basket_id", ids), folder / f"{number}-{file.name}")


def lay_out_lake(spark: SparkSession, root: Path, *, raw: Path, key: MintKey) -> None:
    """A lake with the raw transactions and the vault, which refine_order_lines reads."""
    job = bench.open_job(spark, root, raw=raw, key=key, feeds=FEEDS)
    bench.run(job, bench.steps_of(job, "ingest"))
    bench.run(job, [s for s in bench.steps_of(job, "refine") if s.name != STEP])


def refine(spark: SparkSession, root: Path, *, raw: Path, key: MintKey, verbose: bool = False) -> Callable[[], None]:
    """Footfall's step, ready to run on a lake."""
    job = bench.open_job(spark, root, raw=raw, key=key, feeds=FEEDS)
    steps = [s for s in bench.steps_of(job, "refine") if s.name == STEP]
    return lambda: bench.run(job, steps, verbose=verbose)


def plain(spark: SparkSession, root: Path) -> Callable[[], None]:
    """The plain job, ready to run on a lake."""
    source, target = str(root / RAW.replace(".", "/")), str(root / "plain")
    return lambda: cast(spark.read.format("delta").load(source)).write.format("delta").save(target)


def cast(raw: DataFrame) -> DataFrame:
    """The raw rows in the types of order_lines, once each."""
    zone, money = "America/New_York", "decimal(18,4)"
    coupon = F.col("coupon_disc").cast(money)
    discount = F.col("retail_disc").cast(money) + coupon + F.col("coupon_match_disc").cast(money)
    return (
        raw.where(~((F.col("quantity") == 0) & (F.col("sales_value") < 0.005)))
        .select(
            F.col("basket_id").cast("string").alias("order_id"),
            F.col("transaction_timestamp").alias("event_time"),
            F.to_date(F.from_utc_timestamp("transaction_timestamp", zone)).alias("event_date"),
            F.col("household_id").alias("customer_id"),
            F.col("product_id").cast("string").alias("item_id"),
            F.col("quantity").cast("decimal(18,3)"),
            (F.col("sales_value").cast(money) - coupon).cast(money).alias("amount"),
            discount.cast(money).alias("discount_amount"),
            F.lit("USD").alias("currency"),
            F.lit("store").alias("channel"),
            F.col("store_id").cast("string"),
        )
        .dropDuplicates(["order_id", "item_id"])
    )


def main() -> None:
    """Command line."""
    parser = bench.arguments(__doc__ or "", rounds=5)
    parser.add_argument("--months", type=int, default=13, help="number of monthly files of transactions (default: all)")
    parser.add_argument("--times", type=int, default=1, help="copies of the shop (default: 1)")
    args = parser.parse_args()
    files = sorted(bench.require_shop(args.raw).glob("transactions/*.parquet"))[: args.months]
    with bench.scratch() as folder, bench.session("refine", cores=args.cores, memory=args.memory) as spark:
        lay_out_raw(files, folder / "raw/transactions", times=args.times)
        measure(spark, folder, rounds=args.rounds, verbose=args.verbose, cores=args.cores)


def measure(spark: SparkSession, folder: Path, *, rounds: int, verbose: bool, cores: int) -> None:
    """Lays out the lake, lets both take turns on copies of it, prints the ratio."""
    key, lakes, raw = bench.new_key(), count(1), folder / "raw"
    template = folder / "template"
    lay_out_lake(spark, template, raw=raw, key=key)
    rows = spark.read.format("delta").load(str(template / RAW.replace(".", "/"))).count()
    print(f"refine: {rows:,} raw order lines\n{bench.machine(cores)}", flush=True)

    def on_copy(make: Callable[[Path], Callable[[], None]]) -> float:
        lake = folder / f"lake_{next(lakes)}"
        shutil.copytree(template, lake)
        seconds = bench.seconds(make(lake))
        shutil.rmtree(lake)
        return seconds

    variants = {
        "ours": lambda: on_copy(lambda lake: refine(spark, lake, raw=raw, key=key, verbose=verbose)),
        "plain": lambda: on_copy(lambda lake: plain(spark, lake)),
    }
    timings = bench.take_turns(variants, rounds=rounds)
    print(f"refine: {bench.format_medians(timings)}")
    ratio = bench.format_ratio(bench.ratios(timings, "ours", "plain"))
    print(f"refine: ours takes {ratio} times the plain job; goal 1.5")


if __name__ == "__main__":
    main()
