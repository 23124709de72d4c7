#!/usr/bin/env bash
# Version:    scikit-learn 1.9.1, polars 2.1.0, numpy 2.4.6, Python 3.11
# Behaviour:  while one thread runs `import polars`, functions of scikit-learn fail in another thread, on plain NumPy arrays:
#             "partially initialized module 'polars' has no attribute 'DataFrame'". Before and after the import the same call works.
# The guess:  an import in one thread is nobody else's business: Python has a lock for each module, and who imports the same one waits for it.
# It matters: MLflow imports polars where it is installed, so the first model that is logged makes training fail at random in threads beside it.
# Why:        scikit-learn asks whether an argument is a frame of polars by looking into sys.modules, where a module stands from the
#             first moment of its import, without the lock that `import` would wait for.
# Seen:       28 November 2026, the output below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -n "${FINDINGS_VENV:-}" ]]; then python=$FINDINGS_VENV/bin/python; else
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 polars==2.1.0 numpy==2.4.6
  python=$folder/venv/bin/python
fi
cat > "$folder/run.py" <<'PYTHON'
import sys
import threading

import numpy as np
from sklearn.preprocessing import label_binarize


def outcome():
    try:
        return label_binarize(np.array([0, 1, 2]), classes=[0, 1, 2]).shape
    except AttributeError as fault:
        return f"AttributeError: {str(fault).split(' (')[0]}"


print("before the import:", outcome())
thread = threading.Thread(target=lambda: __import__("polars"))
thread.start()
while "polars" not in sys.modules:
    pass
print("during the import:", outcome())
thread.join()
print("after the import:", outcome())
PYTHON
output=$("$python" "$folder/run.py")
echo "$output"
expected="before the import: (3, 3)
during the import: AttributeError: partially initialized module 'polars' has no attribute 'DataFrame'
after the import: (3, 3)"
[[ $output == "$expected" ]] || { printf 'changed: it was\n%s\n' "$expected" >&2; exit 1; }
