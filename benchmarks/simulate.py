"""Times jobs/simulate.py: how many events and how many rows of logs it writes a second (goal: 100,000 on two cores).

    python benchmarks/simulate.py --people 5000 --days 90

Each round writes a whole imagined shop into a new folder: the wanted lines with their stock, all logs and the truth. Rows
of logs are those below raw/, events those of web, app and mini program among them; what is written below truth/ costs time
and does not count. Both are divided by the time of everything. Numbers are of simulated rows.
Beside the seconds stands the processor time of Spark and its Python workers together, since on a machine that others use
too, seconds say little: rows a second of processor time, times two, is what two cores would do that nobody else uses.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT)]

from benchmarks import _common as bench  # noqa: E402 the path is set above
from footfall.runtime.simulating import simulate  # noqa: E402
from footfall.simulation.plan import SimulationPlan  # noqa: E402


def processor_seconds() -> float:
    """Of this process and all that it started, as far as the system tells: Spark's JVM and the workers below it."""
    ticks, own = 100.0, resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for process in _below(_children(), "self"):
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += sum(int(value) for value in fields[11:15]) / ticks  # with children that have ended
    return total


def _children() -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text(encoding="ascii").rpartition(")")[2].split()[1]
        except (OSError, ValueError):
            continue  # it has ended
        children.setdefault(parent, []).append(status.parent.name)
    return children


def _below(children: dict[str, list[str]], process: str) -> list[str]:
    first = Path("/proc/self").resolve().name if process == "self" else process
    direct = children.get(first, [])
    return [*direct, *(name for child in direct for name in _below(children, child))]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=5000, help="people of the shop (default: 5000)")
    parser.add_argument("--items", type=int, default=2000, help="items of the shop (default: 2000)")
    parser.add_argument("--days", type=int, default=90, help="days that are logged (default: 90)")
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        help="counted rounds; the median is printed (default: 3; 0: the first is not left out)",
    )
    parser.add_argument("--cores", type=int, default=bench.cores(), help="cores to use (default: all)")
    parser.add_argument("--memory", default="4g", help="memory of Spark's driver (default: 4g)")
    parser.add_argument("--verbose", action="store_true", help="print a line for each folder")
    args = parser.parse_args()
    plan = SimulationPlan(args.people, args.items, args.days, 7, date(2024, 1, 1))
    print(bench.machine(args.cores), flush=True)
    rates: dict[str, list[tuple[float, float]]] = {"events": [], "rows of logs": []}
    with bench.scratch() as folder, bench.session("simulate", cores=args.cores, memory=args.memory) as spark:
        for number in range(args.rounds + 1):
            row_counts: dict[str, int] = {}
            before = processor_seconds()

            def write(out: str = str(folder / str(number)), into: dict[str, int] = row_counts) -> None:
                into.update(simulate(spark, plan, out, say=print if args.verbose else lambda _: None))

            seconds = bench.seconds(write)
            used = processor_seconds() - before
            rows = sum(count for path, count in row_counts.items() if path.startswith("raw/"))
            counts = {"events": row_counts["raw/events"], "rows of logs": rows}
            name = f"round {number}" if number else "warm-up"
            words = ", ".join(f"{count:,} {what}" for what, count in counts.items())
            print(f"  {name}: {words} in {seconds:.1f} s, {used:.1f} s of processor time", flush=True)
            if number or not args.rounds:
                for what, count in counts.items():
                    rates[what].append((count / seconds, count / used))
    for what, pairs in rates.items():
        wall, processor = (statistics.median(values) for values in zip(*pairs, strict=True))
        print(
            f"simulate: {wall:,.0f} simulated {what} a second ({processor:,.0f} a second of processor time); goal 100,000"
        )


if __name__ == "__main__":
    main()
