"""Times an increment of one day against the full run of the same stages on all logs; prints the ratio of their times.

    python benchmarks/increment.py --rounds 3

The stages are ingest, refine and featurize. The example shop's last day of order lines is laid out as a file of its own.
Full: all logs into an empty lake. Increment: that one file into a copy of a lake that holds all days before it, with
features as of the day after. Both end with the same tables, which is checked. Opening the books counts, the JVM's start
does not.
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
    new = []
    for file in sorted(raw.glob("transactions/*.parquet")):
        lines = pq.read_table(file)
        days = pc.strftime(lines["transaction_timestamp"].cast(pa.timestamp("us", tz=ZONE)), "%Y-%m-%d")
        earlier = lines.filter(pc.less(days, day.isoformat()))
        new.append(lines.filter(pc.equal(days, day.isoformat())))
        if earlier.num_rows:
            pq.write_table(earlier, folder / "transactions" / file.name, compression="snappy")
    return pa.concat_tables(new)


def run_stages(
    spark: SparkSession,
    lake: Path,
    *,
    raw: Path,
    key: MintKey,
    as_of: date,
    feeds: Collection[str] = (),
    verbose: bool = False,
) -> None:
    """Processes all new input, as the pipeline would."""
    job = bench.open_job(spark, lake, raw=raw, key=key, as_of=as_of, feeds=feeds)
    bench.run(job, bench.steps_of(job, *STAGES), verbose=verbose)


def unlike(spark: SparkSession, left: Path, right: Path) -> list[str]:
    """The differences of the tables of two lakes, without the batches that wrote their rows; empty where there are none."""
    lines, features = (
        [Lake(spark, str(lake)).read(t.full_name).drop("batch_id") for lake in (left, right)] for t in COMPARED
    )
    same = not (lines[0].exceptAll(lines[1]).take(1) or lines[1].exceptAll(lines[0]).take(1))
    return [*([] if same else ["order lines differ"]), *differences(*(f.toArrow() for f in features), USER_FEATURES)]


def main() -> None:
    """Command line."""
    parser = bench.arguments(__doc__ or "", rounds=3)
    parser.add_argument("--day", type=date.fromisoformat, default=DAY, help=f"the new day of the shop (default: {DAY})")
    options = parser.parse_args()
    raw = bench.require_shop(options.raw)
    with bench.scratch() as folder, bench.session("increment", cores=options.cores, memory=options.memory) as spark:
        new = days_before(raw, folder / "raw", options.day)
        print(f"increment: {new.num_rows:,} order lines of {options.day}\n{bench.machine(options.cores)}", flush=True)
        measure(spark, folder, folder / "raw", new, day=options.day, rounds=options.rounds, verbose=options.verbose)


def measure(
    spark: SparkSession,
    folder: Path,
    raw: Path,
    new: pa.Table,
    *,
    day: date,
    rounds: int,
    verbose: bool,
    feeds: Collection[str] = (),
) -> dict[str, Path]:
    """The lake of all earlier days first, which also warms the JVM up; then both take turns. Returns the last two lakes."""
    before, after = folder / "before", day + timedelta(days=1)
    stages = partial(run_stages, spark, raw=raw, key=bench.new_key(), feeds=feeds, verbose=verbose)
    stages(before, as_of=day)
    pq.write_table(new, raw / f"transactions/{day}.parquet", compression="snappy")
    lakes, numbers = {}, count(1)

    def timed(name: str) -> float:
        shutil.rmtree(lakes.get(name, folder / "none"), ignore_errors=True)
        lakes[name] = folder / f"{name}_{next(numbers)}"
        if name == "increment":
            shutil.copytree(before, lakes[name])
        return bench.seconds(lambda: stages(lakes[name], as_of=after))

    taken = bench.take_turns({name: partial(timed, name) for name in ("full", "increment")}, rounds=rounds, warm_up=0)
    comparison = "; ".join(unlike(spark, lakes["full"], lakes["increment"])) or "tables equal"
    print(f"increment: {bench.medians_text(taken)}; {comparison}")
    ratio = bench.ratio_text(bench.ratios(taken, "full", "increment"))
    print(f"increment: the full run takes {ratio} times the increment")
    return lakes


if __name__ == "__main__":
    main()
