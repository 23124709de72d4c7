"""The one module that builds a Spark session and may look below Spark Connect. Everybody else receives the session."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TextIO, TypeVar

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tqdm import tqdm

from footfall.errors import EnvironmentFault

P = ParamSpec("P")
R = TypeVar("R")

# What results depend on; everything else (memory, partitions, master) is the environment's.
MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",  # delta-io/delta#7640
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.legacy.javaCharsets": "true",  # logs in GBK or Big5, not only in Unicode
    "spark.sql.legacy.codingErrorAction": "true",  # bytes that fit no encoding show as U+FFFD, and break their row alone
    # a log's time stamps keep their own meaning: with an offset, or local to the source
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
}
DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
SMALL = {
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",  # VACUUM runs as many tasks, by default 10,000
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
MOST_TASKS = 1 << 17  # a greater number of executors stands for any number


# pyspark logs every failed analysis with its Java stack, also those that footfall expects and explains
logging.getLogger("DataFrameQueryContextLogger").setLevel(logging.CRITICAL)
logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)


def open_session(name: str) -> SparkSession:
    """The session that spark-submit, Databricks or EMR prepared, with the settings on which results depend.

    Raises EnvironmentFault where Delta is not in it.
    """
    spark = SparkSession.builder.appName(name).getOrCreate()
    if not has_delta(spark):
        raise EnvironmentFault(
            "this Spark session has no Delta Lake.",
            fix="Start the job with ./spark-submit.sh, which brings the jars and settings, or on a cluster with Delta built in.",
        )
    for key, value in MEANING.items():
        spark.conf.set(key, value)
    return spark


def has_delta(spark: SparkSession) -> bool:
    """Whether the session understands Delta's SQL, however it came by it: by settings, or built in as on Databricks.

    Asks for the history of a table that does not exist. Spark alone reads that as DESCRIBE of a table named HISTORY.
    """
    try:
        spark.sql("DESCRIBE HISTORY delta.`/footfall/no/such/table`").collect()
    except PySparkException as fault:
        condition, message = fault.getCondition() or "", str(fault)
        without_catalog = "CONFIGURE_SPARK_SESSION_WITH_EXTENSION_AND_CATALOG" in condition
        return not (condition == "PARSE_SYNTAX_ERROR" or "`HISTORY`" in message or without_catalog)
    return True


@dataclass(frozen=True)
class Machines:
    """Where a session's work runs: on several machines, and whether the driver runs on the one that started it."""

    is_cluster: bool
    driver_is_local: bool


def machines_of(conf: Callable[[str], str]) -> Machines:
    """The machines of a session, by its settings; `conf` gives the value of a key, empty where it is not set."""
    on_databricks = bool(
        conf("spark.databricks.clusterUsageTags.clusterId") or "DATABRICKS_RUNTIME_VERSION" in os.environ
    )
    return Machines(
        is_cluster=on_databricks or not conf("spark.master").startswith("local"),
        driver_is_local=not on_databricks and conf("spark.submit.deployMode") != "cluster",
    )


def tasks_at_once(spark: SparkSession) -> int:
    """How many tasks the session's executors run at once, one at least; may run a job of an instant."""

    def partitions() -> int:  # of a range: as many as Spark has cores now, or as spark.default.parallelism says
        numbers = spark.range(MOST_TASKS).select(F.spark_partition_id().alias("number"))
        return int(numbers.agg(F.max("number")).collect()[0][0]) + 1

    return tasks_of(lambda key: spark.conf.get(key, "") or "", partitions)


def tasks_of(conf: Callable[[str], str], partitions: Callable[[], int]) -> int:
    """Tasks at once by a session's settings; `conf` gives the value of a key, empty where it is not set.

    Executors that are a setting count, since at a start few of them have come; each runs as many tasks as its cores and
    GPUs allow. Where their number is not set (one machine, a standalone cluster, Databricks), `partitions` tells the cores.
    """

    def number(key: str, default: float) -> float:
        return float(conf(key) or default)

    is_dynamic = conf("spark.dynamicAllocation.enabled") == "true"
    executors = number("spark.dynamicAllocation.maxExecutors" if is_dynamic else "spark.executor.instances", 0)
    cores_a_task = number("spark.task.cpus", 1)
    if conf("spark.master").startswith("local") or not 0 < executors < MOST_TASKS:
        return max(1, int(partitions() // cores_a_task))
    by_cores = number("spark.executor.cores", 1) // cores_a_task
    gpus, gpus_a_task = (number(f"spark.{owner}.resource.gpu.amount", 0) for owner in ("executor", "task"))
    by_gpus = gpus // gpus_a_task if gpus and gpus_a_task else by_cores
    return max(1, int(executors * min(by_cores, by_gpus)))


def local_session(
    name: str, jars: Path, *, cores: int = 2, memory: str = "2g", extra: dict[str, str] | None = None
) -> SparkSession:
    """A small session in this process, for tests, notebooks and benchmarks; `jars` is the folder that `make setup` filled."""
    files = sorted(str(jar) for jar in jars.glob("*.jar"))
    if not files:
        raise EnvironmentFault(f"no jars in {jars}.", fix="Run `make setup`.")
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers take the first python3 on the path
    builder = SparkSession.builder.appName(name).master(f"local[{cores}]")
    confs = {
        **DELTA,
        **SMALL,
        **MEANING,
        "spark.jars": ",".join(files),
        "spark.driver.memory": memory,
        **(extra or {}),
    }
    for key, value in confs.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


@contextmanager
def watched(spark: SparkSession, running: Callable[[], Sequence[str]], *, after_s: float = 3.0) -> Iterator[None]:
    """A live line on the terminal while the block runs: the names of what is running, with a bar of Spark's tasks.

    It appears where the same work runs for longer than `after_s` seconds, and is gone when that ends.
    """
    context = getattr(spark, "_sc", None)
    with _terminal() as terminal:
        if context is None or terminal is None:  # Connect has no status tracker; a log wants no bars
            yield
            return
        done = threading.Event()
        drawing = (context.statusTracker(), running, after_s, done, terminal)
        thread = threading.Thread(target=_draw, args=drawing, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def in_pool(spark: SparkSession, name: str, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Does the work in this thread, its Spark jobs in a FAIR pool of that name, so that steps side by side share the cores.

    Where the session has no such pools (another scheduler, or Spark Connect), it just does the work.
    """
    context = getattr(spark, "_sc", None)
    if context is not None and context.getConf().get("spark.scheduler.mode", "FIFO").upper() == "FAIR":
        context.setLocalProperty("spark.scheduler.pool", name)
    return work(*arguments, **named)


def _terminal() -> AbstractContextManager[TextIO | None]:
    """Where a person watches, if one does: under spark-submit.sh stderr is a pipe, and FOOTFALL_TERMINAL names it."""
    named = os.environ.get("FOOTFALL_TERMINAL")
    if sys.stderr.isatty() or not named:
        return nullcontext(sys.stderr if sys.stderr.isatty() else None)
    try:
        return Path(named).open("w", encoding="utf-8")
    except OSError:  # that terminal is closed by now
        return nullcontext(None)


def _draw(
    tracker: Any, running: Callable[[], Sequence[str]], after_s: float, done: threading.Event, terminal: TextIO
) -> None:
    bar: Any = None
    before, since = tuple[str, ...](), time.perf_counter()
    while not done.wait(0.5):
        names = tuple(running())
        if names != before:  # something ended or began: the lines that are printed now have the terminal for themselves
            before, since = names, time.perf_counter()
            if bar is not None:
                bar.close()
                bar = None
        if not names or time.perf_counter() - since < after_s:
            continue
        bar = bar or tqdm(desc=f"  {', '.join(names)}", unit="task", leave=False, file=terminal, dynamic_ncols=True)
        stages = [s for s in map(tracker.getStageInfo, tracker.getActiveStageIds()) if s]
        bar.total = sum(s.numTasks for s in stages) or None
        bar.n = sum(s.numCompletedTasks for s in stages)
        bar.refresh()
    if bar is not None:
        bar.close()
