"""Times ingest of one big CSV file and of the same rows in 40 files, and `--check` of both (goal: at most 1.5 times).

    python benchmarks/one_file.py --million 20 --rounds 3

The rows are narrow: a time, a person, an item, a kind and a price, with quotes around each tenth item. No value has a line
break in it. Each round takes the files into a new lake. With --with-breaks, one value of the file has a line break in
quotes: such a file is read by one task. The 40 files have none then either.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT)]

from benchmarks import _common as bench  # noqa: E402 the path is set above
from footfall.check.source_check import check_source  # noqa: E402
from footfall.refine.fills import ShopDefaults  # noqa: E402

PARTS = 40
HEADER = "ts,person,item,kind,price\n"
MAPPING = """source: narrow
about: invented events
feeds:
  events:
    files: {folder}/*.csv
    format: csv
    into:
      events:
        actor: {{kind: card, identifier: person}}
        columns: {{event_time: ts, event_type: kind, item_id: item}}
"""


def rows(number: int) -> Iterator[str]:
    """So many lines."""
    for n in range(number):
        item = f'"i{n % 9973}"' if n % 10 == 0 else f"i{n % 9973}"
        second = n % 86_400
        clock = f"2024-05-{1 + n % 28:02} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        yield f"{clock},p{n * 7919 % 100_003},{item},view,{n * 31 % 10_007 / 100:.2f}\n"


def lay_out(root: Path, *, number: int, with_breaks: bool) -> None:
    """Writes `one/` and `parts/` below the root."""
    for name in ("one", "parts"):
        (root / name).mkdir(parents=True)
    each = -(-number // PARTS)
    lines = rows(number)
    with (root / "one/all.csv").open("w", encoding="utf-8") as whole:
        whole.write(HEADER)
        if with_breaks:
            whole.write('2024-05-01 00:00:00,p1,"i\n1",view,1.00\n')
        for part in range(PARTS):
            text = "".join(line for _, line in zip(range(each), lines, strict=False))
            whole.write(text)
            (root / f"parts/{part}.csv").write_text(HEADER + text, encoding="utf-8")


def take(spark: SparkSession, lake: Path, *, root: Path, folder: str, verbose: bool) -> None:
    """Ingests the files of one of the folders into a new lake."""
    mapping = root / f"{folder}.yaml"
    mapping.write_text(MAPPING.format(folder=folder), encoding="utf-8")
    job = bench.open_job(spark, lake, raw=root, key=bench.new_key(), mapping=mapping)
    bench.run(job, bench.steps_of(job, "ingest"), verbose=verbose)


def check(spark: SparkSession, *, root: Path, folder: str) -> None:
    """What `jobs/ingest.py --check` does for one of the folders."""
    shop = ShopDefaults("America/New_York", "USD")
    list(check_source(spark, root / f"{folder}.yaml", root=str(root), shop=shop, rows=1000, now=bench.NOW))


def main() -> None:
    """Command line."""
    parser = bench.arguments(__doc__ or "", rounds=3)
    parser.add_argument("--million", type=float, default=20, help="millions of rows (default: 20)")
    parser.add_argument("--with-breaks", action="store_true", help="a line break within quotes in the one file")
    args = parser.parse_args()
    with bench.scratch() as root, bench.session("one file", cores=args.cores, memory=args.memory) as spark:
        lay_out(root, number=int(args.million * 1e6), with_breaks=args.with_breaks)
        size_mb = (root / "one/all.csv").stat().st_size / 1e6
        print(f"one file: {args.million:g} million rows, {size_mb:,.0f} MB\n{bench.machine(args.cores)}", flush=True)
        lakes = count(1)

        def into_new(folder: str) -> float:
            lake = root / f"lake_{next(lakes)}"
            took = bench.seconds(lambda: take(spark, lake, root=root, folder=folder, verbose=args.verbose))
            shutil.rmtree(lake)
            return took

        variants = {"one": lambda: into_new("one"), "parts": lambda: into_new("parts")}
        timings = bench.take_turns(variants, rounds=args.rounds, warm_up=0)
        print(f"one file: {bench.format_medians(timings)}")
        print(f"one file: one takes {bench.format_ratio(bench.ratios(timings, 'one', 'parts'))} times {PARTS} files")
        for folder in ("one", "parts"):
            took = bench.seconds(partial(check, spark, root=root, folder=folder))
            print(f"one file: --check of {folder} {took:.1f} s", flush=True)


if __name__ == "__main__":
    main()
