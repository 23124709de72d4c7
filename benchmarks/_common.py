"""What the benchmarks share: a session, jobs without MLflow, rounds in turn, figures as text. Writes below build/ only."""

from __future__ import annotations

import argparse
import importlib
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[1]
SHOP = ROOT / "build" / "shop"
JARS = ROOT / ".cache" / "jars"
LIBS = ROOT / "libs"
SHUFFLE_PARTITIONS = 4  # as conf/env/local/spark.conf has it
AS_OF = date(2018, 1, 1)
NOW = datetime(2018, 1, 2, 12, tzinfo=UTC)  # tables then do not depend on the day of the benchmark

from footfall.docs.declared import Absent  # noqa: E402
from footfall.inference.cpu import cpu_class, cpu_flags  # noqa: E402
from footfall.privacy.pseudonyms import MintKey  # noqa: E402
from footfall.runtime.cli import Job  # noqa: E402
from footfall.runtime.runner import Runner  # noqa: E402
from footfall.runtime.session import local_session  # noqa: E402
from footfall.settings import Settings, resolve  # noqa: E402
from footfall.steps.step import Step  # noqa: E402
from footfall.storage.books import Books  # noqa: E402
from footfall.storage.lake import Lake  # noqa: E402
from footfall.storage.owner import Owner  # noqa: E402


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def arguments(about: str, *, rounds: int) -> argparse.ArgumentParser:
    """The options of every benchmark that runs on the example shop; `about` is the module's docstring."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--raw", type=Path, default=SHOP, help="laid-out logs of the example shop (default: build/shop)"
    )
    parser.add_argument(
        "--rounds", type=int, default=rounds, help=f"counted rounds; the median is printed (default: {rounds})"
    )
    parser.add_argument("--cores", type=int, default=cores(), help="cores to use (default: all)")
    parser.add_argument("--memory", default="4g", help="memory of Spark's driver (default: 4g)")
    parser.add_argument("--verbose", action="store_true", help="print the runner's lines")
    return parser


def require_shop(raw: Path) -> Path:
    """The folder; ends the program with a message where no logs are in it."""
    if not list(raw.glob("transactions/*.parquet")):
        sys.exit(f"{raw} holds no logs of the example shop. Run: .venv/bin/python examples/shop/lay_out.py --out {raw}")
    return raw


@contextmanager
def session(name: str, *, cores: int, memory: str) -> Iterator[SparkSession]:
    """A session with Delta, as jobs have it; stopped at the end."""
    os.environ["PYTHONPATH"] = str(LIBS)  # Python workers inherit it
    extra = {"spark.sql.shuffle.partitions": str(SHUFFLE_PARTITIONS), "spark.driver.maxResultSize": "2g"}
    spark = local_session(f"footfall bench: {name}", JARS, cores=cores, memory=memory, extra=extra)
    try:
        yield spark
    finally:
        spark.stop()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder below build/, on the disk of the demo's lake; removed at the end."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        yield Path(folder)


def new_key() -> MintKey:
    """A mint key for lakes that are thrown away."""
    return MintKey(secrets.token_bytes(32))


def open_job(
    spark: SparkSession,
    lake: Path,
    *,
    raw: Path,
    key: MintKey,
    as_of: date = AS_OF,
    feeds: Collection[str] = (),
    mapping: Path | None = None,
) -> Job:
    """A job on a lake, as the command line makes it but without MLflow.

    With `mapping`, of this source in place of the example shop; with `feeds`, of these feeds alone.
    """
    words: dict[str, object] = {"lake.root": str(lake), "sources.root": str(raw)}
    words |= {"sources.mappings": [str(mapping)]} if mapping else {}
    settings = _with_feeds(resolve(ROOT / "conf", "local", words), feeds)
    tables = Lake(spark, str(lake))
    books = Books(tables, owner=Owner.this_process(), now=NOW)
    options = argparse.Namespace()
    return Job(settings, as_of, NOW, spark, tables, books, Absent("registry"), key, options)  # type: ignore[arg-type]


def _with_feeds(settings: Settings, feeds: Collection[str]) -> Settings:
    kept = tuple(
        source.model_copy(update={"feeds": {n: f for n, f in source.feeds.items() if not feeds or n in feeds}})
        for source in settings.all_sources
    )
    return settings.model_copy(update={"sources": settings.sources.model_copy(update={"mappings": kept})})


def steps_of(job: Job, *stages: str) -> list[Step]:
    """The steps of these stages, in their order."""
    return [step for stage in stages for step in importlib.import_module(f"jobs.{stage}").steps(job)]


def run(job: Job, steps: Sequence[Step], *, verbose: bool = False) -> None:
    """Runs the steps through footfall's runner; prints its lines where `verbose`."""
    Runner(job.lake, job.books, say=print if verbose else lambda _: None).run(steps)


def seconds(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def take_turns(variants: Mapping[str, Callable[[], float]], *, rounds: int, warm_up: int = 1) -> dict[str, list[float]]:
    """Seconds of every variant in every counted round.

    The variants take turns, so that other work on the machine disturbs all alike. Each variant returns its own seconds,
    and so can prepare what it needs outside the clock. Rounds of `warm_up` are not counted: the JVM compiles in them.
    """
    timings: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(1 - warm_up, rounds + 1):
        round_s = {name: variant() for name, variant in variants.items()}
        print(
            f"  {f'round {number}' if number > 0 else 'warm-up'}: "
            + ", ".join(f"{n} {s:.2f} s" for n, s in round_s.items()),
            flush=True,
        )
        if number > 0:
            for name, value in round_s.items():
                timings[name].append(value)
    return timings


def ratios(timings: Mapping[str, Sequence[float]], over: str, under: str) -> list[float]:
    """The ratio of each round, least first."""
    return sorted(a / b for a, b in zip(timings[over], timings[under], strict=True))


def format_ratio(sorted_ratios: Sequence[float]) -> str:
    """Median and range of ratios."""
    least, greatest, rounds = sorted_ratios[0], sorted_ratios[-1], len(sorted_ratios)
    return f"{statistics.median(sorted_ratios):.2f} (median of {rounds} rounds, {least:.2f} to {greatest:.2f})"


def format_medians(timings: Mapping[str, Sequence[float]]) -> str:
    """The median seconds of every variant."""
    return ", ".join(f"{name} {statistics.median(values):.2f} s" for name, values in timings.items())


def machine(cores: int) -> str:
    """The CPU's class, the cores used, and the load when the benchmark began."""
    return f"CPU: {cpu_class(cpu_flags())}, {cores} cores used; load average at the start {os.getloadavg()[0]:.1f}"
