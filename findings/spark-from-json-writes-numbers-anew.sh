#!/usr/bin/env bash
# Version:    pyspark 4.2.0
# Behaviour:  a JSON number read into a STRING column: spark.read.json keeps it as it is written, from_json writes it anew through a
#             double or a decimal: 2.50 becomes 2.5, 1e2 becomes 100.0, and digits beyond those of a double are lost.
# The guess:  the same text from both, since both are one parser with the same options.
# It matters: prices and long numbers of orders that are parsed out of a column differ from the same ones read from a file, and do
#             not match as keys.
# Seen:       28 November 2026: see `expected` at the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -n "${FINDINGS_VENV:-}" ]]; then python=$FINDINGS_VENV/bin/python; else
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet pyspark==4.2.0
  python=$folder/venv/bin/python
fi
printf '{"a":2.50,"b":1e2,"c":0.1234567890123456789}\n' > "$folder/rows.json"
cat > "$folder/run.py" <<'PYTHON'
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
schema = "a string, b string, c string"
print("file:     ", *spark.read.schema(schema).json(sys.argv[1]).first())
lines = spark.read.text(sys.argv[1])
print("from_json:", *lines.select(F.from_json("value", schema).alias("v")).select("v.*").first())
spark.stop()
PYTHON
export SPARK_LOCAL_IP=127.0.0.1
output=$("$python" "$folder/run.py" "$folder/rows.json" 2> "$folder/log") || { tail -n 20 "$folder/log" >&2; exit 1; }
echo "$output"
expected='file:      2.50 1e2 0.1234567890123456789
from_json: 2.5 100.0 0.12345678901234568'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
