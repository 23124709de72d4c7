"""Writes and merges a Delta table on the lake and tells which code the executors ran: the harness's own test."""

import argparse
import json
import os
import sys
from pathlib import Path

from jobs.pipeline import STAGES  # the jobs travel as a package
from pyspark.sql import functions as F
from pyspark.sql import types as T

import footfall
from footfall.runtime.session import open_session


@F.udf(T.StringType())
def executors_code(_):  # without type hints, which Spark would read as the kind of UDF
    """Where the executor found the library, its time zone and its process."""
    import pandas as pd

    import footfall as shipped

    return json.dumps([shipped.__file__, os.environ["TZ"], os.getppid(), pd.__version__])


def main() -> int:
    """Runs as any job does; ends with --end-with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", help="environment")
    parser.add_argument("--settings", type=Path, help="resolved settings")
    parser.add_argument("--lake", help="root of the tables")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="one setting")
    parser.add_argument("--end-with", type=int, default=0, help="exit code")
    parser.add_argument("--fail", action="store_true", help="fail in an executor")
    given = parser.parse_args()
    table = json.loads(given.settings.read_text(encoding="utf-8"))["lake"]["root"] + "/results/numbers"
    spark = open_session("harness")
    if given.fail:
        spark.range(1).select(F.raise_error(F.lit("the row is bad"))).collect()
    rows = spark.range(8, numPartitions=4).select("id", executors_code("id").alias("code"))
    rows.write.format("delta").save(table)
    newer = spark.range(6, 10).withColumn("code", F.lit("merged"))
    spark.sql(
        f"MERGE INTO delta.`{table}` AS t USING {{newer}} AS s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        newer=newer,
    ).collect()
    print(f"driver ran {footfall.__file__}, {len(STAGES)} stages known")
    return int(given.end_with)


if __name__ == "__main__":
    sys.exit(main())
