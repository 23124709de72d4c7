"""A session with Delta is accepted however it came by it, and one without is refused in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.runtime.session import has_delta, tasks_at_once, tasks_of

ROOT = Path(__file__).resolve().parents[2]
OPEN = """
import sys
from pathlib import Path
from footfall.runtime.cli import guarded
from footfall.runtime.session import open_session
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

jars = ",".join(str(jar) for jar in Path(sys.argv[2]).glob("*.jar"))
small = {"spark.master": "local[1]", "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1",
         "spark.driver.bindAddress": "127.0.0.1", "spark.driver.memory": "1g"}
catalog = {"spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog"}
extension = {"spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension"}
confs = {"built in": catalog, "absent": {}, "named without jars": extension, "jars alone": {}}[sys.argv[1]]
if sys.argv[1] in ("built in", "jars alone"):
    confs["spark.jars"] = jars
context = SparkContext(conf=SparkConf().setAll({**small, **confs}.items()))
context.setLogLevel("OFF")
if sys.argv[1] == "built in":  # as a platform does it: in the session itself, and in no setting
    builder = context._jvm.org.apache.spark.sql.classic.SparkSession.builder()
    builder = builder.withExtensions(context._jvm.io.delta.sql.DeltaSparkSessionExtension())
    session = SparkSession(context, builder.getOrCreate())

def work():
    spark = open_session("a test")
    assert not spark.conf.get("spark.sql.extensions", None)
    spark.sql(f"CREATE TABLE delta.`{sys.argv[3]}` (n INT) USING DELTA")
    print(spark.sql(f"DESCRIBE HISTORY delta.`{sys.argv[3]}`").count(), "commit")

code = guarded(work)
context.stop()
sys.exit(code)
"""


def _open(kind: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", OPEN, kind, str(ROOT / ".cache" / "jars"), str(folder / "table")]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'libs'}", "SPARK_LOCAL_IP": "127.0.0.1"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=folder, timeout=600
    )


def test_the_session_of_the_tests_has_delta(spark: SparkSession) -> None:
    assert has_delta(spark)


def test_a_session_with_delta_built_in_and_no_setting_that_names_it_is_accepted(tmp_path: Path) -> None:
    done = _open("built in", tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "1 commit"), done.stderr[-3000:]


@pytest.mark.parametrize("kind", ["absent", "named without jars", "jars alone"])
def test_a_session_without_delta_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    done = _open(kind, tmp_path)
    assert done.returncode == 2, done.stderr[-3000:]
    assert "this Spark session has no Delta Lake.\nFix: Start the job with ./spark-submit.sh" in done.stderr
    assert not (tmp_path / "table").exists()


def test_the_tests_session_runs_two_tasks_at_once(spark: SparkSession) -> None:
    assert tasks_at_once(spark) == 2


@pytest.mark.parametrize(
    ("confs", "expected"),
    [
        ({"spark.master": "local[*]"}, 7),
        ({"spark.master": "local[*]", "spark.executor.instances": "9"}, 7),  # there are no executors
        ({"spark.master": "spark://host:7077", "spark.task.cpus": "2"}, 3),
        ({"spark.master": "yarn", "spark.executor.instances": "3"}, 3),
        ({"spark.master": "yarn", "spark.executor.instances": "3", "spark.executor.cores": "5"}, 15),
        ({"spark.executor.instances": "3", "spark.executor.cores": "5", "spark.task.cpus": "2"}, 6),
        ({"spark.dynamicAllocation.enabled": "true", "spark.dynamicAllocation.maxExecutors": "4"}, 4),
        ({"spark.dynamicAllocation.enabled": "true", "spark.executor.instances": "1"}, 7),  # as many as it likes
        ({"spark.dynamicAllocation.enabled": "true", "spark.dynamicAllocation.maxExecutors": "2147483647"}, 7),
        ({"spark.executor.instances": "2", "spark.executor.cores": "8", "spark.executor.resource.gpu.amount": "1",
          "spark.task.resource.gpu.amount": "0.5"}, 4),
        ({"spark.task.cpus": "8"}, 1),
    ],
)  # fmt: skip
def test_tasks_at_once_are_those_of_declared_executors_else_of_the_cores_there_are(
    confs: dict[str, str], expected: int
) -> None:
    assert tasks_of(lambda key: confs.get(key, ""), lambda: 7) == expected
