"""Write the Parquet files of this case: time stamps as INT96, without a zone."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
for feed, first_user in (("wall", 1), ("utc", 4), ("unsaid", 7)):
    rows = pa.table(
        {
            "at": pa.array([f"2024-05-03T08:12:0{second}" for second in range(3)])
            .cast(pa.timestamp("us"))
            .cast(pa.timestamp("ns")),
            "user": [f"U-{first_user + row}" for row in range(3)],
            "type": ["view", "view", "click"],
        }
    )
    target = folder / "raw" / feed / "a.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, target, use_deprecated_int96_timestamps=True)
