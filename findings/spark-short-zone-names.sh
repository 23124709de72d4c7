#!/usr/bin/env bash
# Version:    pyspark 4.2.0 (Java 17)
# Behaviour:  a cast of text to TIMESTAMP takes short names of zones by a fixed list of Java's: BST is Bangladesh, IST India, CST Chicago,
#             EST five hours all year round; no error and no NULL, in ANSI mode neither.
# The guess:  an error or NULL for a name that several zones have, or, in a file of a British shop, BST as British Summer Time.
# It matters: an export that prints local times with "BST" comes in seven hours early, with "CST" from Shanghai fourteen hours late.
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
from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
spark = builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.ansi.enabled", "true").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
for name in ("BST", "IST", "CST", "EST", "Europe/London"):
    query = f"SELECT CAST(CAST('2024-07-01 12:00:00 {name}' AS TIMESTAMP) AS STRING)"
    print(name, spark.sql(query).first()[0])
spark.stop()
PYTHON
export SPARK_LOCAL_IP=127.0.0.1
output=$("$python" "$folder/run.py" 2> "$folder/log") || { tail -n 20 "$folder/log" >&2; exit 1; }
echo "$output"
expected='BST 2024-07-01 06:00:00
IST 2024-07-01 06:30:00
CST 2024-07-01 17:00:00
EST 2024-07-01 17:00:00
Europe/London 2024-07-01 11:00:00'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
