"""Times an increment of one day against the full run of the same stages on all logs; prints the ratio of their times.

    python benchmarks/increment.py --rounds 3

The stages are ingest, refine and featurize. The example shop's last day of order lines is laid out as a file of its own.
Full: all logs into an empty lake. Increment: that file into a copy of a lake that holds all days before it, with
features as of the day after. Both must end with the same tables; this is checked. Opening the books counts, the JVM's
start does not.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT)]

from benchmarks._equal import differences  # noqa: E402

from benchmarks import _common as bench  # noqa: E402 the path is set above
from footfall.privacy.pseudonyms import MintKey  # noqa: E402
from footfall.storage.lake import Lake  # noqa: E402
from footfall.tables import ORDER_LINES, USER_FEATURES  # noqa: E402

STAGES = ("ingest", "refine", "featurize")
COMPARED = (ORDER_LINES, USER_FEATURES)
DAY = date(2017, 12, 31)
ZONE = "America/New_York"


def days_before(raw: Path, folder: Path, day: date) -> pa.Table:
    """Copies the logs without the order lines of `day` and later; returns the order lines of `day`."""
    shutil.copytree(raw, folder, ignore=shutil.ignore_patterns("transactions"))
    (folder / "transactions").mkdir()
    new_lines = []
    for file in sorted(raw.glob("transactions/*.parquet")):
        lines = pq.read_table(file)
        days = pc.strftime(lines["transaction_timestamp"].cast(pa.timestamp("us", tz=ZONE)), "%Y-%m-%d")
        earlier = lines.filter(pc.less(days, day.isoformat()))
        new_lines.append(lines.filter(pc.equal(days, day.isoformat())))
        if earlier.num_rows:
            pq.write_table(earlier, folder / "transactions" / file.name, compression="snappy")
    return pa.concat_tables(new_lines)


def run_stages(
    spark: SparkSession,
    lake: Path,
    *,
    raw: Path,
    key: MintKey,
    as_of: date,
    feeds: Collection[str] = (),
    skipped: Collection[str] = (),
    verbose: bool = False,
) -> None:
    """Takes what is new through the stages, as jobs/pipeline.py does, without the steps `skipped`."""
    job = bench.open_job(spark, lake, raw=raw, key=key, as_of=as_of, feeds=feeds)
    steps = [step for step in bench.steps_of(job, *STAGES) if step.name not in skipped]
    bench.run(job, steps, verbose=verbose)


def lake_differences(spark: SparkSession, full: Path, increment: Path) -> list[str]:
    """A sentence for each difference between the tables of two lakes; batch ids may differ.

    The increment's lake may keep features as of more dates, which the day before wanted.
    """
    lines, features = (
        [Lake(spark, str(lake)).read(table.full_name).drop("batch_id") for lake in (full, increment)]
        for table in COMPARED
    )
    features[1] = features[1].join(features[0].select("as_of_date").distinct(), "as_of_date", "left_semi")
    are_equal = not (lines[0].exceptAll(lines[1]).take(1) or lines[1].exceptAll(lines[0]).take(1))
    of_features = differences(features[0].toArrow(), features[1].toArrow(), USER_FEATURES)
    return [*([] if are_equal else ["order lines differ"]), *of_features]


def main() -> None:
    """Command line."""
    parser = bench.arguments(__doc__ or "", rounds=3)
    parser.add_argument("--day", type=date.fromisoformat, default=DAY, help=f"the new day of the shop (default: {DAY})")
    args = parser.parse_args()
    raw = bench.require_shop(args.raw)
    with bench.scratch() as folder, bench.session("increment", cores=args.cores, memory=args.memory) as spark:
        new_lines = days_before(raw, folder / "raw", args.day)
        print(f"increment: {new_lines.num_rows:,} order lines of {args.day}\n{bench.machine(args.cores)}", flush=True)
        measure(spark, folder, folder / "raw", new_lines, day=args.day, rounds=args.rounds, verbose=args.verbose)


def measure(
    spark: SparkSession,
    folder: Path,
    raw: Path,
    new_lines: pa.Table,
    *,
    day: date,
    rounds: int,
    verbose: bool,
    feeds: Collection[str] = (),
    skipped: Collection[str] = (),
) -> dict[str, Path]:
    """Fills the lake of all earlier days, which also warms the JVM up; then both take turns. Returns the last lake of each.

    With `feeds` only these feeds are taken, and steps `skipped` are left out.
    """
    before, after = folder / "before", day + timedelta(days=1)
    stages = partial(run_stages, spark, raw=raw, key=bench.new_key(), feeds=feeds, skipped=skipped, verbose=verbose)
    stages(before, as_of=day)
    pq.write_table(new_lines, raw / f"transactions/{day}.parquet", compression="snappy")
    lakes: dict[str, Path] = {}
    numbers = count(1)

    def timed(name: str) -> float:
        shutil.rmtree(lakes.get(name, folder / "none"), ignore_errors=True)
        lakes[name] = folder / f"{name}_{next(numbers)}"
        if name == "increment":
            shutil.copytree(before, lakes[name])
        return bench.seconds(lambda: stages(lakes[name], as_of=after))

    timings = bench.take_turns({name: partial(timed, name) for name in ("full", "increment")}, rounds=rounds, warm_up=0)
    different = "; ".join(lake_differences(spark, lakes["full"], lakes["increment"]))
    print(f"increment: {bench.format_medians(timings)}; {different or 'tables equal'}")
    ratio = bench.format_ratio(bench.ratios(timings, "full", "increment"))
    print(f"increment: the full run takes {ratio} times the increment")
    return lakes


if __name__ == "__main__":
    main()
