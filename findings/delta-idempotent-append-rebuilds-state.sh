#!/usr/bin/env bash
# Version:    pyspark 4.2.0, delta-spark 4.4.0
# Behaviour:  an append with txnAppId and txnVersion rebuilds the table's state by Spark jobs of their own before it writes, each time, to learn the
#             last version of that application, though the checksum file of the commit before (.crc) lists it under setTransactions.
# The guess:  the writer reads the last transaction from the checksum file, as it does number of files and size, so that an idempotent append
#             costs as much as any other.
# It matters: a small append costs several times as much processor time; jobs that write many small tables so spend most of it there.
# Seen:       27 November 2026: "jobs of an append: 1", "jobs of an idempotent append: 4", "transactions in the checksum file: ['app']".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -n "${FINDINGS_VENV:-}" ]]; then python=$FINDINGS_VENV/bin/python; else
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet pyspark==4.2.0 delta-spark==4.4.0
  python=$folder/venv/bin/python
fi
cat > "$folder/run.py" <<'PYTHON'
import json
import sys
from pathlib import Path

from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

builder = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
)
spark = configure_spark_with_delta_pip(builder).getOrCreate()
context = spark.sparkContext
context.setLogLevel("ERROR")
rows = spark.range(1).coalesce(1)


def append(table, number, **options):
    context.setJobGroup(f"{table} {number}", "")
    rows.write.format("delta").options(**options).mode("append").save(table)
    return len(context.statusTracker().getJobIdsForGroup(f"{table} {number}"))


plain, idempotent = f"{sys.argv[1]}/plain", f"{sys.argv[1]}/idempotent"
jobs = [append(plain, number) for number in range(4)]
jobs_with_check = [append(idempotent, number, txnAppId="app", txnVersion=number) for number in range(4)]
checksum = json.loads(Path(idempotent, "_delta_log", f"{2:020}.crc").read_text())
print("jobs of an append:", jobs[-1])
print("jobs of an idempotent append:", jobs_with_check[-1])
print("transactions in the checksum file:", [transaction["appId"] for transaction in checksum["setTransactions"]])
spark.stop()
PYTHON
export SPARK_LOCAL_IP=127.0.0.1
output=$("$python" "$folder/run.py" "$folder" 2> "$folder/log") || { tail -n 20 "$folder/log" >&2; exit 1; }
echo "$output"
expected=$'jobs of an append: 1\njobs of an idempotent append: 4\ntransactions in the checksum file: [\'app\']'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
