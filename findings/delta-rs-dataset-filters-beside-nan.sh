#!/usr/bin/env bash
# Version:    deltalake 1.6.6, pyarrow 25.0.1
# Behaviour:  a filter on DeltaTable.to_pyarrow_dataset() returns rows that do not satisfy it where the column holds a NaN: the file's least and
#             greatest value, which leave NaN out, become guarantees of the fragment, and Arrow drops a filter that they seem to imply.
# The guess:  NaN rows are never smaller than 5, so that the filter x < 5 leaves them out, as it does on the same rows in memory.
# It matters: DuckDB and Polars read Delta tables through this dataset; a mean over "x < 5" becomes NaN.
# Seen:       27 November 2026: "in memory: [1.0, 2.0]", "dataset: [1.0, nan, 2.0]".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -n "${FINDINGS_VENV:-}" ]]; then python=$FINDINGS_VENV/bin/python; else
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet deltalake==1.6.6 pyarrow==25.0.1
  python=$folder/venv/bin/python
fi
cat > "$folder/run.py" <<'PYTHON'
import sys

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake

rows = pa.table({"x": [1.0, float("nan"), 2.0]})
write_deltalake(sys.argv[1], rows)
is_small = pc.field("x") < 5
print("in memory:", rows.filter(is_small)["x"].to_pylist())
print("dataset:", DeltaTable(sys.argv[1]).to_pyarrow_dataset().to_table(filter=is_small)["x"].to_pylist())
PYTHON
output=$("$python" "$folder/run.py" "$folder/table")
echo "$output"
expected=$'in memory: [1.0, 2.0]\ndataset: [1.0, nan, 2.0]'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
