"""Writes the imagined shop: refuses a folder that holds something else, goes on where a killed run stopped, tells how far it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import reduce

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.errors import SettingsError
from footfall.runtime.session import in_pool, tasks_at_once, watched
from footfall.simulation.frames import DECIDED, block_count
from footfall.simulation.outputs import OUTPUTS, WANTED, WANTED_OUTPUT, LogOutput, ShopRows, laid_out
from footfall.simulation.plan import SimulationPlan
from footfall.storage.text_lines import absolute

MARKS = "simulation"  # folder of what the job notes for itself: its plan, and what is complete
PLAN = f"{MARKS}/plan"
FINISHED = f"{MARKS}/finished"  # names all folders whose days come before, and the own
ASSIGNED = f"{MARKS}/decisions"  # what was decided elsewhere, as far as it counts
ASSIGNED_COLUMNS = ("person", "day", "offer", "items", "decision_id", "propensity")
TASKS_A_CORE = 4
AT_ONCE = 3  # folders that are written side by side: most are small, and wait for Spark more than they work


def simulate(
    spark: SparkSession,
    plan: SimulationPlan,
    out: str,
    *,
    partitions: int = 0,
    states: Sequence[str] = (),
    outputs: Sequence[LogOutput] = OUTPUTS,
    say: Callable[[str], None] = print,
) -> dict[str, int]:
    """Writes all logs and the truth of a plan below `out`; returns the number of rows of each folder.

    `partitions` is how many tasks make the rows (0: by the cores); it changes no byte of any row. `states` are the folders of
    the days before, where the plan goes on with them; `outputs` the folders to write beside the wanted lines. Raises
    SettingsError where `out` holds anything but files of the same plan.
    """
    root = absolute(out)
    claim(spark, root, plan)
    tasks = partitions or TASKS_A_CORE * tasks_at_once(spark)
    assigned = [f"{folder}/{ASSIGNED}" for folder in (*states[1:], root)] if plan.assigned else []

    def blocks(kind: str) -> DataFrame:
        count = block_count(plan, kind)
        numbers = spark.range(0, count, 1, min(count, tasks))
        if kind not in DECIDED or not assigned:
            return numbers
        decisions = spark.read.parquet(*assigned)
        of_block = decisions.groupBy(F.col("block").alias("id")).agg(
            F.collect_list(F.struct(*ASSIGNED_COLUMNS)).alias("assigned")
        )
        return numbers.join(of_block, "id", "left").repartition(min(count, tasks), "id")

    def lines(*folders: str) -> DataFrame:
        return spark.read.parquet(*(f"{folder}/{WANTED}" for folder in folders))

    rows = ShopRows(plan, spark, blocks, lambda: lines(root), lambda: lines(*states, root))
    groups: dict[str, list[LogOutput]] = {}
    for output in outputs:
        groups.setdefault(output.group or output.path, []).append(output)
    writing = _Writing(spark, root, rows, say)
    with watched(spark, lambda: sorted(writing.running)), _small_methods(spark):
        row_counts = writing.write(WANTED, [WANTED_OUTPUT])
        with ThreadPoolExecutor(AT_ONCE, "folders") as pool:
            futures = [
                pool.submit(in_pool, spark, name, writing.write, name, folders) for name, folders in groups.items()
            ]
            try:
                for future in futures:
                    row_counts |= future.result()
            finally:
                pool.shutdown(cancel_futures=True)  # after a fault nothing more is begun
    put_note(spark, f"{root}/{FINISHED}", json.dumps([*states, root]))
    return row_counts


@contextmanager
def _small_methods(spark: SparkSession) -> Iterator[None]:
    """Lets Spark put a query into one method only where Java compiles that: above 8,000 bytes it would be interpreted."""
    name = "spark.sql.codegen.hugeMethodLimit"
    before = spark.conf.get(name)
    spark.conf.set(name, "8000")
    try:
        yield
    finally:
        spark.conf.set(name, before or "65535")


def claim(spark: SparkSession, root: str, plan: SimulationPlan) -> None:
    """Notes the plan in a folder that is empty or not there; passes where the same plan is noted."""
    noted = note_at(spark, f"{root}/{PLAN}")
    if noted is None and _holds_files(spark, root):
        raise SettingsError(
            f"--out {root} holds files that are no simulation.", fix="Name a folder that is empty or new."
        )
    if noted is not None and noted != plan.text:
        raise SettingsError(
            f"--out {root} holds another simulation: {noted}.",
            fix="Give its arguments, to go on with it, or a new folder.",
        )
    if noted is None:
        put_note(spark, f"{root}/{PLAN}", plan.text)


class _Writing:
    """Writes groups of folders, several groups at once, and notes which are complete."""

    def __init__(self, spark: SparkSession, root: str, rows: ShopRows, say: Callable[[str], None]) -> None:
        self._spark, self._root, self._rows, self._say = spark, root, rows, say
        self.running: set[str] = set()

    def write(self, group: str, outputs: Sequence[LogOutput]) -> dict[str, int]:
        """Writes the folders of a group, unless an earlier run completed it; returns their rows."""
        mark = f"{self._root}/{MARKS}/complete/{group}"
        if (noted := note_at(self._spark, mark)) is not None:
            counts: dict[str, int] = json.loads(noted)
            self._say(f"{group:<28}{sum(counts.values()):>13,} rows, complete before")
            return counts
        self.running.add(group)
        start = time.perf_counter()
        written = {}
        for output in outputs:
            written[output] = laid_out(output, self._rows.plan, output.make(self._rows))
            _save(written[output], output, f"{self._root}/{output.path}")
        counts = self._counts(written)
        put_note(self._spark, mark, json.dumps(counts))
        self.running.discard(group)
        self._say(f"{group:<28}{sum(counts.values()):>13,} rows {time.perf_counter() - start:>7.1f} s")
        return counts

    def _counts(self, written: Mapping[LogOutput, DataFrame]) -> dict[str, int]:
        """Rows that lie in each folder, by one Spark job; a folder may have none (an Observation would fail on them)."""
        rows = [
            self._lines(output, frame).select(F.lit(output.path).alias("path")) for output, frame in written.items()
        ]
        counted = reduce(DataFrame.unionByName, rows).groupBy("path").count().collect()
        return {output.path: 0 for output in written} | {row["path"]: row["count"] for row in counted}

    def _lines(self, output: LogOutput, frame: DataFrame) -> DataFrame:
        path = f"{self._root}/{output.path}"
        if output.format == "parquet":
            return self._spark.read.parquet(path)
        lines = self._spark.read.text(path, recursiveFileLookup=True)
        header = ",".join(name for name in frame.columns if name not in output.by)
        return lines.where(F.col("value") != header) if output.format == "csv" else lines


def _save(frame: DataFrame, output: LogOutput, path: str) -> None:
    options = {
        "csv": {"header": "true", "ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"},
        "json": {"ignoreNullFields": "false"},
    }.get(output.format, {})
    rows = frame.select("value", *output.by) if output.format == "text" else frame
    writer = rows.write.mode("overwrite").format(output.format).options(**options)
    (writer.partitionBy(*output.by) if output.by else writer).save(path)


def note_at(spark: SparkSession, path: str) -> str | None:
    """The text that was put there; None where there is none."""
    try:
        rows = spark.read.text(path).collect()
    except AnalysisException as fault:
        if fault.getCondition() != "PATH_NOT_FOUND":
            raise
        return None
    return str(rows[0][0]) if rows else None


def put_note(spark: SparkSession, path: str, text: str) -> None:
    """Puts a line of text into a folder, in place of what is there."""
    spark.createDataFrame([(text,)], "value string").coalesce(1).write.mode("overwrite").text(path)


def _holds_files(spark: SparkSession, root: str) -> bool:
    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    try:
        return bool(files.load(root).select("path").take(1))
    except AnalysisException as fault:
        if fault.getCondition() != "PATH_NOT_FOUND":
            raise
        return False
