#!/usr/bin/env bash
# Version:    pyspark 4.2.0 (pyspark.ml.torch.distributor), torch 2.15.0
# Behaviour:  TorchDistributor(num_processes=2, local_mode=True).run(f) returns the value of the process that ends last. Every process
#             pickles its value into one and the same file, and the file is read when all are done.
# The guess:  rank 0's value, as torchrun users expect and as the docstring's "output of rank 0" of the distributed mode suggests.
# It matters: a training whose ranks hold different shares of the model, or whose rank 0 alone has the metrics, gets the wrong one, and which
#             one it is changes from run to run.
# Seen:       27 November 2026: "returned: rank 1" where rank 1 ends two seconds after rank 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -n "${FINDINGS_VENV:-}" ]]; then python=$FINDINGS_VENV/bin/python; else
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet pyspark==4.2.0 torch==2.15.0 pandas numpy
  python=$folder/venv/bin/python
fi
cat > "$folder/run.py" <<'PYTHON'
from pyspark.ml.torch.distributor import TorchDistributor
from pyspark.sql import SparkSession


def who_am_i():
    import os
    import time

    rank = os.environ["RANK"]
    time.sleep(2 * int(rank))
    return f"rank {rank}"


if __name__ == "__main__":
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    print("returned:", TorchDistributor(num_processes=2, local_mode=True, use_gpu=False).run(who_am_i))
    spark.stop()
PYTHON
export SPARK_LOCAL_IP=127.0.0.1 PYSPARK_PYTHON=$python
output=$("$python" "$folder/run.py" 2> "$folder/log" | grep '^returned:') || { tail -n 20 "$folder/log" >&2; exit 1; }
echo "$output"
[[ $output == "returned: rank 1" ]] || { echo "changed: it was 'returned: rank 1'" >&2; exit 1; }
