#!/usr/bin/env bash
# Version:    pyspark 4.2.0 (Java 17)
# Behaviour:  where the schema says `qty`, the JSON reader takes it from the key "qty" alone: of "Qty" the value is NULL, in mode FAILFAST
#             too. Parquet with the same schema and columns, and a SELECT of Qty, know no case (spark.sql.caseSensitive=false).
# The guess:  a schema fits JSON as it fits Parquet: names know no case unless spark.sql.caseSensitive says so.
# It matters: a pipeline keeps the schema of its table; after the source's developers changed the case of a key, all its values are
#             NULL, and every row looks sound.
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
import sys
from pathlib import Path

from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
folder, schema = Path(sys.argv[1]), "id STRING, qty BIGINT"
(folder / "lines.json").write_text('{"id":"a","qty":1}\n{"id":"b","Qty":2}\n')
spark.createDataFrame([("a", 1)], "id STRING, qty BIGINT").write.parquet(str(folder / "parquet"))
spark.createDataFrame([("b", 2)], "id STRING, Qty BIGINT").write.mode("append").parquet(str(folder / "parquet"))
reader = spark.read.option("mode", "FAILFAST").schema(schema)
for name, rows in {"json": reader.json(f"{folder}/lines.json"), "parquet": reader.parquet(f"{folder}/parquet")}.items():
    print(name, *(row["Qty"] for row in rows.select("id", "Qty").orderBy("id").collect()))
spark.stop()
PYTHON
export SPARK_LOCAL_IP=127.0.0.1
output=$("$python" "$folder/run.py" "$folder" 2> "$folder/log") || { tail -n 20 "$folder/log" >&2; exit 1; }
echo "$output"
expected='json 1 None
parquet 1 2'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
