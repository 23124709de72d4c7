"""Write two Parquet files as pandas does, in which one column is an integer and then a double."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
target = folder / "raw" / "orders"
target.mkdir(parents=True, exist_ok=True)

first = pd.DataFrame(
    {
        "order": [1, 2, 0],
        "customer": np.array([17, 18, 0], dtype="int64"),
        "sku": ["A", "A", "A"],
        "qty": np.array([1, 2, 0], dtype="uint8"),
        "paid": [2.0, 4.0, 0.0],
        "placed_at": pd.to_datetime(
            ["2024-05-03 08:12:00.123456789", "2024-05-03 08:13:00", "2024-05-03 08:14:00"], format="ISO8601"
        ),
    }
)
first[first["order"] > 0].iloc[::-1].to_parquet(target / "1.parquet")  # a shuffled index becomes a column of its own

second = pd.DataFrame(
    {
        "order": [3, 4],
        "customer": [17.0, np.nan],
        "sku": ["B", "B"],
        "qty": np.array([1, 1], dtype="uint64"),
        "paid": [5.0, 0.1 + 0.2],
        "placed_at": pd.to_datetime(["2024-05-03 08:14:00", "2024-05-03 08:15:00"]),
    }
)
second.to_parquet(target / "2.parquet")
