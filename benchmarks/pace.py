"""Times whole commands of this checkout beside those of an earlier commit; prints the ratio of their wall-clock times.

    .venv/bin/python benchmarks/pace.py --only five,again --rounds 3

The earlier commit (default: 5dfe45a) is checked out below build/pace, and uses this checkout's .venv and .cache. What is timed:

    five        ingest and refine of five rows of one feed into a new lake
    bare        the same number of Delta tables, written once each by a bare program in a new JVM (beside `five`)
    demo        the example shop without its texts, through all stages but the reading of texts, into a new lake
    text        the example shop, but for its last day's order lines, through all stages
    again       the same once more on its own lake, nothing new
    day         the last day's order lines through all stages

Each is a whole command, from the shell to its end. The two commits take turns in each round. `demo` and `text` run minutes.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT)]

from benchmarks.increment import DAY, days_before  # noqa: E402 the path is set above

from benchmarks import _common as bench  # noqa: E402

BEFORE = "5dfe45a"
PACE = ROOT / "build/pace"
STAGES = ("ingest", "refine", "featurize", "understand_text", "train", "score", "report")
WITHOUT_TEXT = tuple(stage for stage in STAGES if stage != "understand_text")
TEXTS = {"reviews", "tickets", "labelled_texts", "labelled_clauses", "labelled_tickets"}  # tables
WANTED = ("five", "bare", "demo", "text", "again", "day")
TRAINED = re.compile(r"^(train_sentiment|train_intents) .*?([\d.]+) s", re.MULTILINE)

FIVE_ROWS = """bon,pos,ts,sku,qty,eur,card
b1,1,2024-02-01 10:00:00,s1,1,2.50,c1
b1,2,2024-02-01 10:00:00,s2,1,2.50,c1
b2,1,2024-02-02 11:30:00,s1,2,5.00,c2
b3,1,2024-03-05 09:15:00,s3,1,19.90,c3
b4,1,2024-03-06 18:45:00,s1,1,2.50,c1
"""
FIVE_MAPPING = """source: corner
about: five invented sales
feeds:
  sales:
    files: sales/*.csv
    format: csv
    known: {delay: 0 hours}
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        columns: {order_id: bon, line_number: pos, event_time: ts, item_id: sku, quantity: qty, amount: eur}
"""
BARE = """
import sys
from pathlib import Path
sys.path.insert(0, {libs!r})
from footfall.runtime.session import local_session
spark = local_session("bare", Path({jars!r}), memory="4g")
for number in range({tables}):
    rows = spark.createDataFrame([(n, str(n)) for n in range(5)], "id long, name string")
    rows.write.format("delta").save({folder!r} + f"/table_{{number}}")
"""


@dataclass
class Side:
    """One of the two commits: its checkout, and a folder for its lakes."""

    name: str
    checkout: Path
    lakes: Path
    trained_s: dict[str, list[float]] = field(default_factory=dict)

    def run(self, *words: str) -> float:
        """Wall-clock seconds of ./spark-submit.sh jobs/pipeline.py with these words; ends the program where it fails."""
        secret = {"FOOTFALL_PSEUDONYM_SECRET": "of a benchmark, and of nobody else"}
        command = ["./spark-submit.sh", "jobs/pipeline.py", "--env", "local", *words]
        started = time.perf_counter()
        done = subprocess.run(
            command, cwd=self.checkout, env={**os.environ, **secret}, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - started
        if done.returncode:
            sys.exit(f"{self.name}: {' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        for step, step_s in TRAINED.findall(done.stdout):
            self.trained_s.setdefault(step, []).append(float(step_s))
        return seconds

    def lake(self, name: str, *, like: str = "") -> Path:
        """A new lake of that name, empty or a copy of another of this side."""
        folder = self.lakes / name
        shutil.rmtree(folder, ignore_errors=True)
        if like:
            shutil.copytree(self.lakes / like, folder)
        return folder


def shop_words(lake: Path, raw: Path, *, as_of: date, stages: tuple[str, ...]) -> list[str]:
    """Options of a run on the example shop; models are kept beside the lake."""
    settings = {"mlflow.tracking_uri": f"sqlite:///{lake}/mlflow.db", "mlflow.artifact_root": f"{lake}/mlflow"}
    settings |= {"report.path": f"{lake}/report/index.html"}
    words = ["--lake", f"{lake}/lake", "--raw", str(raw), "--as-of", as_of.isoformat(), "--stages", ",".join(stages)]
    return [*words, *(word for key, value in settings.items() for word in ("--set", f"{key}={value}"))]


class Pace:
    """What is timed, by name; each takes a side and returns seconds."""

    def __init__(self, raw: Path, work: Path) -> None:
        self.raw, self.work = raw, work
        self.tables = 0

    def five(self, side: Side) -> float:
        """Five rows into a new lake."""
        lake = side.lake("five")
        words = ["--lake", str(lake), "--raw", str(self.work / "five"), "--as-of", "2024-07-01"]
        mapping = f"sources.mappings=[{self.work / 'five.yaml'}]"
        seconds = side.run(*words, "--set", mapping, "--stages", "ingest,refine")
        self.tables = len(list(lake.glob("*/*/_delta_log")))
        return seconds

    def bare(self, side: Side) -> float:
        """As many tables as `five` makes, by a program that does nothing else; the same for both sides."""
        folder = side.lake("bare")
        program = BARE.format(libs=str(ROOT / "libs"), jars=str(bench.JARS), tables=self.tables, folder=str(folder))
        return bench.seconds(lambda: subprocess.run([sys.executable, "-c", program], check=True, capture_output=True))

    def demo(self, side: Side) -> float:
        """All stages but the reading of texts, of a shop that has none."""
        mapping = yaml.safe_load((side.checkout / "conf/sources/completejourney.yaml").read_text(encoding="utf-8"))
        mapping["feeds"] = {name: feed for name, feed in mapping["feeds"].items() if not TEXTS & feed["into"].keys()}
        lake = side.lake("demo")
        lake.mkdir(parents=True)
        without = lake / "completejourney.yaml"
        without.write_text(yaml.safe_dump(mapping), encoding="utf-8")
        words = shop_words(lake, self.raw, as_of=bench.AS_OF, stages=WITHOUT_TEXT)
        return side.run(*words, "--set", f"sources.mappings=[{without}]")

    def text(self, side: Side) -> float:
        """All stages, on all logs but the last day's order lines."""
        return side.run(*shop_words(side.lake("text"), self._logs(side), as_of=DAY, stages=STAGES))

    def again(self, side: Side) -> float:
        """The same lake once more; where there is none, it is made first."""
        self._require_text(side)
        return side.run(*shop_words(side.lakes / "text", self._logs(side), as_of=DAY, stages=STAGES))

    def day(self, side: Side) -> float:
        """The last day's lines into that lake, which is put back afterwards."""
        self._require_text(side)
        logs, lake = self._logs(side), side.lakes / "text"
        new = logs / f"transactions/{DAY}.parquet"
        shutil.copy(self.work / "day.parquet", new)
        saved = side.lake("text_before", like="text")
        try:
            return side.run(*shop_words(lake, logs, as_of=DAY + timedelta(days=1), stages=STAGES))
        finally:  # the lake names its own place (MLflow's artefacts), so it is the copy that is put back
            shutil.rmtree(lake)
            saved.rename(lake)
            new.unlink()

    def _logs(self, side: Side) -> Path:
        """The shop's logs without the last day's order lines, which lie in `day.parquet`; a folder of each side's own."""
        logs = self.work / f"days_{side.name}"
        if not logs.exists():
            held_back = days_before(self.raw, logs, DAY)
            pq.write_table(held_back, self.work / "day.parquet", compression="snappy")
        return logs

    def _require_text(self, side: Side) -> None:
        if not (side.lakes / "text").exists():
            self.text(side)


def checkout_of(commit: str) -> Path:
    """A checkout of the commit below build/pace, with links to this one's packages."""
    folder = PACE / commit
    if not folder.exists():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        subprocess.run(["git", "-C", str(folder), "checkout", "--quiet", commit], check=True)
        for name in (".venv", ".cache"):
            (folder / name).symlink_to((ROOT / name).resolve())
    return folder


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", default=BEFORE, help=f"the earlier commit (default: {BEFORE})")
    parser.add_argument("--only", default=",".join(WANTED), help=f"some of {','.join(WANTED)} (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the median is printed (default: 3)")
    parser.add_argument("--raw", type=Path, default=bench.SHOP, help="laid-out logs of the example shop")
    args = parser.parse_args()
    wanted = [name for name in WANTED if name in args.only.split(",")]
    work = PACE / "work"
    shutil.rmtree(work, ignore_errors=True)
    (work / "five/sales").mkdir(parents=True)
    (work / "five/sales/2024-05.csv").write_text(FIVE_ROWS, encoding="utf-8")
    (work / "five.yaml").write_text(FIVE_MAPPING, encoding="utf-8")
    raw = args.raw if set(wanted) <= {"five", "bare"} else bench.require_shop(args.raw)
    sides = [Side("before", checkout_of(args.before), work / "before"), Side("now", ROOT, work / "now")]
    print(f"pace: {args.before} and this checkout\n{bench.machine(bench.cores())}", flush=True)
    compare(Pace(raw.resolve(), work), wanted, sides, rounds=args.rounds)


def compare(pace: Pace, wanted: list[str], sides: list[Side], *, rounds: int) -> None:
    """Runs and prints: each what in turns."""
    medians: dict[str, Mapping[str, float]] = {}
    for what in wanted:
        timed: Callable[[Side], float] = getattr(pace, what)
        seconds: dict[str, list[float]] = {side.name: [] for side in sides}
        for _ in range(rounds):
            for side in sides:
                seconds[side.name].append(timed(side))
            print("  " + what + ": " + ", ".join(f"{name} {s[-1]:.1f} s" for name, s in seconds.items()), flush=True)
        medians[what] = {name: statistics.median(s) for name, s in seconds.items()}
        before, now = medians[what]["before"], medians[what]["now"]
        print(f"{what}: {now / before:.2f} times the earlier commit ({now:.1f} s and {before:.1f} s)", flush=True)
    if {"five", "bare"} <= medians.keys():
        ratio = medians["five"]["now"] / medians["bare"]["now"]
        print(f"five: {ratio:.2f} times a bare program that writes {pace.tables} Delta tables")
    for step in sorted(set(sides[0].trained_s) & set(sides[1].trained_s)):
        before, now = (statistics.median(side.trained_s[step]) for side in sides)
        print(f"first {step}: {now / before:.2f} times the earlier commit ({now:.1f} s and {before:.1f} s)")


if __name__ == "__main__":
    main()
