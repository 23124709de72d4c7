#!/usr/bin/env bash
# Version:    pyspark 4.2.0 (Java 17), ANSI mode on (the default)
# Behaviour:  `try_add` of two numbers is NULL only where their sum overflows: what an argument raises ends the query. `try_add` of a day
#             and a number is NULL for whatever its arguments raise: a bad index, a bad cast, raise_error. But of a day and a CASE it
#             raises what a condition of the CASE raises: the optimizer moves the sum into the branches.
# The guess:  try_ functions forgive their own failure and nothing else, whatever types they are given.
# It matters: a typing slip in date arithmetic goes by as NULL in thousands of rows, while the same slip beside numbers stops the job;
#             and it is the one way to ask in SQL, row by row, whether an expression fails.
# Seen:       28 November 2026: see `expected` at the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -n "${FINDINGS_VENV:-}" ]]; then python=$FINDINGS_VENV/bin/python; else
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet pyspark==4.2.0
  python=$folder/venv/bin/python
fi
cat > "$folder/run.py" <<'PYTHON'
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
spark = builder.config("spark.sql.ansi.enabled", "true").getOrCreate()
spark.sparkContext.setLogLevel("OFF")
spark.createDataFrame([("a/b",), ("a",)], "text STRING").createOrReplaceTempView("lines")
failing = {
    "index": "length(split(text, '/')[1])",
    "cast": "CAST(text AS INT)",
    "raise": "CAST(raise_error(text) AS INT)",
    "case": "CASE WHEN split(text, '/')[1] = 'b' THEN 1 ELSE 0 END",
}
for name, sql in failing.items():
    for kind, first in (("number", "1"), ("day", "DATE'2024-05-01'")):
        try:
            rows = spark.sql(f"SELECT try_add({first}, {sql}) AS value FROM lines ORDER BY text").collect()
            print(name, kind, *(row["value"] for row in rows))
        except PySparkException as fault:
            print(name, kind, "fails:", fault.getCondition())
spark.stop()
PYTHON
export SPARK_LOCAL_IP=127.0.0.1
output=$("$python" "$folder/run.py" 2> "$folder/log") || { tail -n 20 "$folder/log" >&2; exit 1; }
echo "$output"
expected='index number fails: INVALID_ARRAY_INDEX
index day None 2024-05-02
cast number fails: CAST_INVALID_INPUT
cast day None None
raise number fails: USER_RAISED_EXCEPTION
raise day None None
case number fails: INVALID_ARRAY_INDEX
case day fails: INVALID_ARRAY_INDEX'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
