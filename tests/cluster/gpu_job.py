"""Says on which GPU each of several tasks runs, and what footfall's encoder makes of it: the GPU scheduling test's own job."""

import argparse
import json
import sys
import time
from pathlib import Path

import pyarrow as pa
from pyspark import TaskContext
from pyspark.errors import PythonException
from pyspark.sql import SparkSession

from footfall.errors import EnvironmentFault
from footfall.inference.worker import task_device
from footfall.text.bridge import encode_texts
from footfall.text.spec import EncoderSpec

PATIENCE_S = 90.0  # so long a task waits for the others; where they may not run at once they never meet


def main() -> int:
    """Prints one line of JSON: a row a task, and how encode_texts ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, required=True)
    parser.add_argument(
        "--meet", type=Path, required=True, help="an empty folder, in which the tasks wait for each other"
    )
    parser.add_argument("--encoder", required=True, help="directory of a small encoder")
    given = parser.parse_args()
    spec = EncoderSpec(
        encoder=given.encoder, prefix="", pooling="mean", max_tokens=16, max_parts=1, overlap_tokens=0,
        tokens_per_batch=64, number_type="fp32", device="auto",
    )  # fmt: skip
    spark = SparkSession.builder.getOrCreate()

    def look(_):  # without type hints, which Spark would read as the kind of UDF
        try:
            device = str(task_device(spec))
        except EnvironmentFault as fault:
            device = str(fault)
        (given.meet / str(TaskContext.get().partitionId())).touch()
        ends = time.monotonic() + PATIENCE_S
        while len(list(given.meet.iterdir())) < given.tasks and time.monotonic() < ends:
            time.sleep(0.1)
        met = len(list(given.meet.iterdir())) == given.tasks and time.monotonic() < ends
        addresses = TaskContext.get().resources()["gpu"].addresses
        yield pa.RecordBatch.from_pydict({"told": [json.dumps({"addresses": addresses, "device": device, "met": met})]})

    seen = [
        json.loads(row.told)
        for row in spark.range(0, given.tasks, 1, given.tasks).mapInArrow(look, "told string").collect()
    ]
    texts = spark.createDataFrame([("a", "abc")], "text_id string, text string")
    try:
        ended = str(encode_texts(texts, encoder=spec).collect())
    except PythonException as fault:
        ended = str(fault)
    print("SEEN " + json.dumps({"tasks": seen, "ended": ended}))
    spark.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
