#!/usr/bin/env bash
# Version:    pyspark 4.2.0
# Behaviour:  of a line with several JSON objects, as writers of concatenated JSON leave it, spark.read.json keeps the first and drops the others;
#             the column of corrupt records stays NULL in PERMISSIVE mode, and FAILFAST does not fail.
# The guess:  two rows, or one row that is marked as corrupt.
# It matters: rows vanish without a count; nothing in Spark tells such a file from a sound one.
# Seen:       27 November 2026: "PERMISSIVE: [Row(_corrupt=None, a=1), Row(_corrupt=None, a=3)]", "FAILFAST: [Row(a=1), Row(a=3)]".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -n "${FINDINGS_VENV:-}" ]]; then python=$FINDINGS_VENV/bin/python; else
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet pyspark==4.2.0
  python=$folder/venv/bin/python
fi
printf '{"a":1} {"a":2}\n{"a":3}\n' > "$folder/rows.json"
cat > "$folder/run.py" <<'PYTHON'
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
marked = spark.read.schema("_corrupt string, a int").option("columnNameOfCorruptRecord", "_corrupt").json(sys.argv[1])
print("PERMISSIVE:", marked.orderBy("a").collect())
print("FAILFAST:", spark.read.schema("a int").option("mode", "FAILFAST").json(sys.argv[1]).orderBy("a").collect())
spark.stop()
PYTHON
export SPARK_LOCAL_IP=127.0.0.1
output=$("$python" "$folder/run.py" "$folder/rows.json" 2> "$folder/log") || { tail -n 20 "$folder/log" >&2; exit 1; }
echo "$output"
expected=$'PERMISSIVE: [Row(_corrupt=None, a=1), Row(_corrupt=None, a=3)]\nFAILFAST: [Row(a=1), Row(a=3)]'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
