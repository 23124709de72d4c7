#!/usr/bin/env bash
# Version:    pyspark 4.2.0, delta-spark 4.4.0 (Java 17)
# Behaviour:  SHOW TBLPROPERTIES hides a property whose value has "url", "token", "secret" or "password" anywhere within it, in any
#             case: `aXuRLb` is answered as `*********(redacted)`. DESCRIBE DETAIL shows the same property as it is.
# The guess:  redaction goes by names (of options that hold an address or a password); a value comes back as it was set.
# It matters: what a program keeps in a table's properties is random text more often than not: keys, hashes, checksums in base64. Of
#             texts of 100 such signs one in 350 has "url" in it, and cannot be read back; nothing fails when it is set.
# Seen:       28 November 2026: see `expected` at the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -n "${FINDINGS_VENV:-}" ]]; then python=$FINDINGS_VENV/bin/python; else
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet pyspark==4.2.0 delta-spark==4.4.0
  python=$folder/venv/bin/python
fi
cat > "$folder/run.py" <<'PYTHON'
import sys

from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

builder = (
    SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
)
spark = configure_spark_with_delta_pip(builder).getOrCreate()
spark.sparkContext.setLogLevel("OFF")
table = f"delta.`{sys.argv[1]}/table`"
values = {"plain": "aXuRXb", "url": "aXuRLb", "token": "9tokEn9", "hex": "75524c"}
listed = ", ".join(f"'shop.{name}' = '{value}'" for name, value in values.items())
spark.sql(f"CREATE TABLE {table} (id INT) USING delta TBLPROPERTIES ({listed})")
shown = {row["key"]: row["value"] for row in spark.sql(f"SHOW TBLPROPERTIES {table}").collect()}
detail = spark.sql(f"DESCRIBE DETAIL {table}").first()["properties"]
for name in values:
    print(name, shown[f"shop.{name}"], detail[f"shop.{name}"])
spark.stop()
PYTHON
export SPARK_LOCAL_IP=127.0.0.1
output=$("$python" "$folder/run.py" "$folder" 2> "$folder/log") || { tail -n 20 "$folder/log" >&2; exit 1; }
echo "$output"
expected='plain aXuRXb aXuRXb
url *********(redacted) aXuRLb
token *********(redacted) 9tokEn9
hex 75524c 75524c'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
