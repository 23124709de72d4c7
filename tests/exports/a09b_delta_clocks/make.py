"""Write the Delta tables of this case: one with a time stamp of UTC, one with a time stamp without a zone."""

import sys
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
for name, first_user, kind in (
    ("wall", 1, pa.timestamp("us", "UTC")),
    ("instants", 4, pa.timestamp("us", "UTC")),
    ("no_zone", 7, pa.timestamp("us")),
):
    rows = pa.table(
        {
            "at": pa.array([f"2024-05-03T08:12:0{second}" for second in range(3)]).cast(pa.timestamp("us")).cast(kind),
            "user": [f"U-{first_user + row}" for row in range(3)],
            "type": ["view", "view", "click"],
        }
    )
    target = folder / "raw" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    write_deltalake(str(target), rows, mode="overwrite")
