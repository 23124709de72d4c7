"""The Spark session of tests: Delta, two cores, two shuffle partitions, UTC, and quick to start."""

from __future__ import annotations

import os
from pathlib import Path

from infra.local import class_archive
from pyspark.sql import SparkSession

from cluster.submission import QUICK_START
from footfall.runtime.session import local_session

JARS = Path(__file__).resolve().parent.parent / ".cache" / "jars"
S3_JARS = JARS.with_name("s3")  # of which only the tests of lakes on S3 make use
# Tests are all start: the JVM's second compiler takes nearly half of a small run's processor time and never earns it back.
os.environ.setdefault("SPARK_SUBMIT_OPTS", f"{QUICK_START} {class_archive.use()}")
INTERPRETED = {  # to compile a query takes longer than to interpret it over a few rows
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def quick_session(name: str) -> SparkSession:
    """The one session of a process that runs tests or cases."""
    jars = (str(jar) for folder in (JARS, S3_JARS) for jar in sorted(folder.glob("*.jar")))
    return local_session(name, JARS, extra={**INTERPRETED, "spark.jars": ",".join(jars)})
