"""Times ingest and refine beside a plain Spark job from the same files; prints the ratio at each size (goal: at most 1.4).

    python benchmarks/ingest.py --times 1,4,16 --rounds 3

Ours: the stages ingest and refine through footfall's runner, from the example shop's Parquet files of order lines into a
new lake: raw as it arrived, lines typed, checked by contract and numbered, identifiers in the vault, broken rows in
quarantine, ledger and batches booked. Plain: what a Spark user would write by hand: read the files, cast, leave out what
was no sale, dropDuplicates by order and item, write one Delta table. It keeps no raw rows, checks nothing, keeps the card
numbers, and counts nothing that it drops.

--times lays out so many copies of the shop, each with order ids of its own: 1.47, 5.9 and 23.5 million lines; .25 is the
first quarter of its files. So `--times .25,1,4,16` is a base size and 4, 16 and 64 times as much. With --code
the code of another checkout is timed, such as an older one; compare the ratios of the two runs.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import SparkSession

_CODE = sys.argv[sys.argv.index("--code") + 1] if "--code" in sys.argv else Path(__file__).parents[1]
sys.path[:0] = [str(Path(_CODE).resolve() / "libs"), str(Path(_CODE).resolve())]

from benchmarks import _common as bench  # noqa: E402 the path is set above
from benchmarks import refine  # noqa: E402
from footfall.privacy.pseudonyms import MintKey  # noqa: E402


def ours(spark: SparkSession, lake: Path, *, raw: Path, key: MintKey, verbose: bool = False) -> None:
    """The stages ingest and refine of the order lines, into a new lake."""
    job = bench.open_job(spark, lake, raw=raw, key=key, feeds=refine.FEEDS)
    bench.run(job, bench.steps_of(job, "ingest", "refine"), verbose=verbose)


def plain(spark: SparkSession, target: Path, *, raw: Path) -> None:
    """The plain job."""
    refine.cast(spark.read.parquet(str(raw / "transactions"))).write.format("delta").save(str(target))


def measure(spark: SparkSession, folder: Path, *, rounds: int, verbose: bool) -> float:
    """Lets both take turns on the raw files of the folder and prints the ratio; the median seconds of ours."""
    raw, key, numbers = folder / "raw", bench.new_key(), count(1)

    def on_new(work: Callable[[Path], None]) -> float:
        target = folder / f"lake_{next(numbers)}"
        took = bench.seconds(lambda: work(target))
        shutil.rmtree(target)
        return took

    variants = {
        "ours": lambda: on_new(lambda lake: ours(spark, lake, raw=raw, key=key, verbose=verbose)),
        "plain": lambda: on_new(lambda target: plain(spark, target, raw=raw)),
    }
    timings = bench.take_turns(variants, rounds=rounds)
    ratio = bench.format_ratio(bench.ratios(timings, "ours", "plain"))
    print(
        f"ingest: {bench.format_medians(timings)}\ningest: ours takes {ratio} times the plain job; goal 1.4", flush=True
    )
    return statistics.median(timings["ours"])


def main() -> None:
    """Command line."""
    parser = bench.arguments(__doc__ or "", rounds=3)
    parser.add_argument(
        "--times", default="1,4", help="copies of the shop, one size each; .25: a quarter (default: 1,4)"
    )
    parser.add_argument("--code", type=Path, help="another checkout whose code is timed (default: this one)")
    args = parser.parse_args()
    args.raw = args.raw.resolve()
    os.chdir(_CODE)  # its mapping is found from there
    files = sorted(bench.require_shop(args.raw).glob("transactions/*.parquet"))
    print(f"ingest: {bench.machine(args.cores)}", flush=True)
    costs = []
    with bench.session("ingest", cores=args.cores, memory=args.memory) as spark:
        for times in (float(word) for word in args.times.split(",")):
            with bench.scratch() as folder:
                some = files[: max(1, round(len(files) * min(times, 1)))]
                refine.lay_out_raw(some, folder / "raw/transactions", times=max(1, int(times)))
                lines = sum(pq.read_metadata(f).num_rows for f in (folder / "raw/transactions").iterdir())
                print(f"ingest: {lines:,} order lines", flush=True)
                took_s = measure(spark, folder, rounds=args.rounds, verbose=args.verbose)
                costs.append(f"{took_s / lines * 1e6:.2f} ({lines / took_s:,.0f} a second) at {lines:,}")
    print(f"ingest: seconds a million lines: {', '.join(costs)}")


if __name__ == "__main__":
    main()
