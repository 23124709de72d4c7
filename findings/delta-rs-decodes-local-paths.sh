#!/usr/bin/env bash
# Version:    deltalake 1.6.6, pyarrow 25.0.1
# Behaviour:  DeltaTable("/x/a%20b") reads the log of the folder /x/a b and the data files of /x/a%20b, so a table beside it is opened, or none.
# The guess:  a path without a scheme names a folder letter by letter, as it does for open() and for Spark.
# It matters: footfall.open shows another lake's tables, or says that there is no lake; libs/footfall/query/links.py goes around it.
# Seen:       28 November 2026: "log of: neighbour", "of itself: no table".
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
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

root = Path(sys.argv[1])
write_deltalake(root / "a b", pa.table({"x": [1]}), name="neighbour")
write_deltalake(root / "plain", pa.table({"x": [2]}), name="itself")
(root / "plain").rename(root / "a%20b")
print("log of:", DeltaTable(root / "a%20b").metadata().name)
(root / "a b").rename(root / "elsewhere")
try:
    print("of itself:", DeltaTable(root / "a%20b").metadata().name)
except DeltaError:
    print("of itself: no table")
PYTHON
output=$("$python" "$folder/run.py" "$folder")
echo "$output"
expected=$'log of: neighbour\nof itself: no table'
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
