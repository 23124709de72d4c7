"""Makes .cache/jvm/classes.jsa: the classes that a small run loads, as the JVM keeps them, so that later JVMs start in half the time.

A JVM that cannot use the file (another Java, other jars) reads its classes as ever.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUIET = "-Xlog:cds=off -Xlog:cds+dynamic=off"
ARCHIVE = ROOT / ".cache/jvm/classes.jsa"


def use() -> str:
    """The options of a JVM that uses the archive, and says nothing where it cannot; none where there is no archive."""
    return f"-XX:SharedArchiveFile={shlex.quote(str(ARCHIVE))} {QUIET}" if ARCHIVE.exists() else ""


def main() -> None:
    """Runs what every job runs: a session, and a Delta table that is made, written, replaced and looked at."""
    ARCHIVE.parent.mkdir(parents=True, exist_ok=True)
    ARCHIVE.unlink(missing_ok=True)
    os.environ["SPARK_SUBMIT_OPTS"] = f"-XX:ArchiveClassesAtExit={shlex.quote(str(ARCHIVE))} {QUIET}"
    sys.path.insert(0, str(ROOT / "libs"))
    from footfall.runtime.session import local_session

    spark = local_session("class archive", ROOT / ".cache/jars")
    with tempfile.TemporaryDirectory() as folder:
        table = f"{folder}/table"
        spark.sql(f"CREATE TABLE delta.`{table}` (id long) USING delta")
        for mode in ("append", "overwrite"):
            rows = spark.range(3).selectExpr("id", "id % 2 AS even").groupBy("even").count().selectExpr("count AS id")
            rows.write.format("delta").option("txnAppId", mode).option("txnVersion", 1).mode(mode).save(table)
        spark.sql(f"DESCRIBE HISTORY delta.`{table}`").collect()
        spark.read.format("delta").load(table).join(spark.range(2), "id").toPandas()
    spark.stop()


if __name__ == "__main__":
    main()
