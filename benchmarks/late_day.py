"""Times the repair of one late day in a year against a rebuild; prints the ratio of their times.

    python benchmarks/late_day.py --people 2000 --rounds 2

An imagined shop (jobs/simulate.py) of a year. Late day: the logs of all feeds of one day in its middle come last, and go
through refine and featurize of a lake that has all other days. Rebuild: refine and featurize of all raw rows in a lake
whose raw tables are filled already. Ingest of the files is outside the clock in both. Both must end with the same
features and sums; this is checked.
"""

from __future__ import annotations

import shutil
import sys
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT)]

from benchmarks._equal import differences  # noqa: E402

from benchmarks import _common as bench  # noqa: E402 the path is set above
from footfall.contract import Table  # noqa: E402
from footfall.privacy.pseudonyms import MintKey  # noqa: E402
from footfall.runtime.simulating import simulate  # noqa: E402
from footfall.simulation.plan import SimulationPlan  # noqa: E402
from footfall.storage.lake import Lake  # noqa: E402
from footfall.tables import EVENTS, ITEM_FEATURES, ORDER_LINES, SESSIONS, USER_FEATURES  # noqa: E402

MAPPING = ROOT / "conf" / "sources" / "simulated.yaml"
START = date(2017, 1, 1)  # ends before the clock of the benchmarks
COMPARED = (ORDER_LINES, EVENTS, SESSIONS, USER_FEATURES, ITEM_FEATURES)
GOAL = 0.1
# Feeds whose rows refine makes anew in each run have a day of their own too, so all feeds are of one shape.
FEEDS = ("web", "app", "mini_program", "orders", "tills", "payments", "refunds", "reviews", "customers", "items")


def without_day(raw: Path, held_back: Path, day: date) -> int:
    """Moves the folders of one day out of the logs; returns how many."""
    folders = [folder for folder in raw.rglob(f"day={day.isoformat()}") if folder.is_dir()]
    for folder in folders:
        target = held_back / folder.relative_to(raw)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, target)
    return len(folders)


def run_stages(spark: SparkSession, lake: Path, *stages: str, raw: Path, key: MintKey, verbose: bool) -> float:
    """Seconds of these stages."""
    job = bench.open_job(spark, lake, raw=raw, key=key, mapping=MAPPING, feeds=FEEDS)
    steps = bench.steps_of(job, *stages)
    return bench.seconds(lambda: bench.run(job, steps, verbose=verbose))


def lake_differences(spark: SparkSession, left: Path, right: Path) -> list[str]:
    """A sentence for each difference between the tables of two lakes; batch ids may differ."""

    def rows(lake: Path, table: Table) -> pa.Table:
        return Lake(spark, str(lake)).read(table.full_name).toArrow()

    return [words for table in COMPARED for words in differences(rows(left, table), rows(right, table), table)]


def main() -> None:
    """Command line."""
    parser = bench.arguments(__doc__ or "", rounds=2)
    parser.add_argument("--people", type=int, default=2000, help="customers of the imagined shop (default: 2000)")
    parser.add_argument("--days", type=int, default=365, help="days of the imagined shop (default: 365)")
    args = parser.parse_args()
    with bench.scratch() as folder, bench.session("late day", cores=args.cores, memory=args.memory) as spark:
        plan = SimulationPlan(people=args.people, items=500, days=args.days, seed=7, start=START, dirt=0)
        simulate(spark, plan, str(folder / "shop"), say=lambda _: None)
        print(f"late_day: {args.people:,} people, {args.days} days\n{bench.machine(args.cores)}", flush=True)
        measure(spark, folder, day=START + timedelta(days=args.days // 2), rounds=args.rounds, verbose=args.verbose)


def measure(spark: SparkSession, folder: Path, *, day: date, rounds: int, verbose: bool) -> None:
    """Fills a lake of all days but one, which also warms the JVM up; then repair and rebuild take turns."""
    raw, held_back, before = folder / "shop/raw", folder / "held_back", folder / "before"
    stages = partial(run_stages, spark, raw=raw, key=bench.new_key(), verbose=verbose)
    moved = without_day(raw, held_back, day)
    stages(before, "ingest", "refine", "featurize")
    shutil.copytree(held_back, raw, dirs_exist_ok=True)
    stages(before, "ingest")  # the day's rows are raw now
    print(
        f"late_day: {moved} folders of {day}; {Lake(spark, str(before)).read(EVENTS.full_name).count():,} events",
        flush=True,
    )
    stages(folder / "raw_only", "ingest")
    lakes: dict[str, Path] = {}
    numbers = count(1)

    def timed(name: str, start: Path) -> float:
        shutil.rmtree(lakes.get(name, folder / "none"), ignore_errors=True)
        lakes[name] = folder / f"{name}_{next(numbers)}"
        shutil.copytree(start, lakes[name])
        return stages(lakes[name], "refine", "featurize")

    starts = {"rebuild": folder / "raw_only", "late_day": before}
    timings = bench.take_turns(
        {name: partial(timed, name, start) for name, start in starts.items()}, rounds=rounds, warm_up=0
    )
    different = "; ".join(lake_differences(spark, lakes["rebuild"], lakes["late_day"]))
    print(f"late_day: {bench.format_medians(timings)}; {different or 'tables equal'}")
    ratio = bench.format_ratio(bench.ratios(timings, "late_day", "rebuild"))
    print(f"late_day: the repair takes {ratio} of a rebuild; goal {GOAL}")


if __name__ == "__main__":
    main()
