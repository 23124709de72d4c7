#!/usr/bin/env bash
# Version:    pyspark 4.2.0, pandas 2.3.3, pyarrow 25.0.1
# Behaviour:  a function of mapInPandas that gives a frame without rows, whose text column was assigned from an empty list, ends the job with
#             "Cannot convert pyarrow.lib.ChunkedArray to pyarrow.lib.Array". With rows the same code works, and an empty column of type object works.
# The guess:  a frame without rows adds nothing, whatever the types that pandas gives its columns.
# It matters: the usual `frame.assign(name=[... for row in frame])` fails only for a batch in which nothing is left, so tests with rows pass.
# Why:        pandas gives a column that is assigned from an empty list the type float64 (a Series of an empty list is object), and
#             pyarrow.Array.from_pandas gives a ChunkedArray, not an Array, for an empty float64 column of which text is asked.
# Seen:       28 November 2026, the output below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -n "${FINDINGS_VENV:-}" ]]; then python=$FINDINGS_VENV/bin/python; else
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet pyspark==4.2.0 pandas==2.3.3 pyarrow==25.0.1
  python=$folder/venv/bin/python
fi
cat > "$folder/run.py" <<'PYTHON'
import pandas as pd
import pyarrow as pa
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("OFF")


def named(least, *, typed):
    def read(batches):
        for batch in batches:
            kept = batch[batch["id"] >= least]
            names = [f"number {number}" for number in kept["id"]]
            yield kept.assign(name=pd.Series(names, index=kept.index, dtype=object) if typed else names)

    return read


def rows_or_fault(least, *, typed):
    try:
        return f"{spark.range(3).mapInPandas(named(least, typed=typed), 'id long, name string').count()} rows"
    except Exception as fault:
        return next(line for line in str(fault).splitlines() if "Error" in line and "Cannot" in line).strip()


empty = pd.DataFrame({"id": [1]}).iloc[:0].assign(name=[])["name"]
print("column assigned from an empty list:", empty.dtype)
print("from_pandas, as text:", type(pa.Array.from_pandas(empty, type=pa.string())).__name__)
print("some rows are left:", rows_or_fault(1, typed=False))
print("no row is left:", rows_or_fault(9, typed=False))
print("no row is left, and the column is of type object:", rows_or_fault(9, typed=True))
spark.stop()
PYTHON
export SPARK_LOCAL_IP=127.0.0.1 PYSPARK_PYTHON=$python
output=$("$python" "$folder/run.py" 2> "$folder/log") || { tail -n 20 "$folder/log" >&2; exit 1; }
echo "$output"
expected='column assigned from an empty list: float64
from_pandas, as text: ChunkedArray
some rows are left: 2 rows
no row is left: TypeError: Cannot convert pyarrow.lib.ChunkedArray to pyarrow.lib.Array
no row is left, and the column is of type object: 0 rows'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
