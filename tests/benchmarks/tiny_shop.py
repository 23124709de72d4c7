"""The logs of a shop with three cards, in the form of the example shop's: few rows, each of which tests something."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = (
    "household_id", "basket_id", "product_id", "quantity", "sales_value", "retail_disc", "coupon_disc", "transaction_timestamp",
)  # fmt: skip
LINES = [
    ("HH-1", 10, 1, 1, 2.5, 0.5, 0.0, datetime(2017, 3, 1, 15, tzinfo=UTC)),
    ("HH-1", 10, 2, 2, 3.0, 0.0, 0.0, datetime(2017, 3, 1, 15, tzinfo=UTC)),
    ("HH-1", 11, 1, 1, 2.5, 0.0, 0.5, datetime(2017, 3, 15, 20, tzinfo=UTC)),
    ("HH-1", 12, 2, 1, 1.5, 0.0, 0.0, datetime(2017, 10, 7, 1, tzinfo=UTC)),  # a Friday evening in New York
    ("HH-2", 20, 3, 4, 8.0, 0.0, 0.0, datetime(2017, 8, 30, 16, tzinfo=UTC)),
    ("HH-2", 20, 2, 0, 0.0, 0.0, 1.0, datetime(2017, 8, 30, 16, tzinfo=UTC)),  # a coupon without item: skipped
    ("HH-2", 21, 3, 1, 0.5, 0.0, 1.0, datetime(2017, 12, 30, 17, tzinfo=UTC)),  # less than nothing: quarantine
    (
        "HH-3",
        30,
        9,
        1,
        7.0,
        1.0,
        0.0,
        datetime(2017, 12, 31, 18, tzinfo=UTC),
    ),  # the last day; no product of the catalogue
    ("HH-1", 13, 1, 1, 2.5, 0.0, 0.0, datetime(2018, 1, 1, 4, tzinfo=UTC)),  # still the last day in New York
]
PRODUCTS = """product_id,manufacturer_id,department,brand,product_category,product_type,package_size
1,7,GROCERY,National,MILK,WHOLE MILK,1 GA
2,7,GROCERY,Private,BREAD,WHITE BREAD,
3,8,DRUG GM,National,SOAP,BAR SOAP,3 OZ
"""
REVIEWS = [
    {"review_no": "R1", "household": "HH-1", "product": "1", "basket": "10", "stars": 4, "language": "en", "text": "Fresh milk.",
     "written_at": "2017-03-02T10:00:00-05:00"},
    {"review_no": "R2", "household": "HH-1", "product": "2", "basket": "12", "stars": 1, "language": "en", "text": "Dry bread.",
     "written_at": "2017-10-08T10:00:00-04:00"},
]  # fmt: skip


def lay_out(root: Path) -> Path:
    """Writes the logs below the root and returns it."""
    for folder in ("transactions", "products", "reviews"):
        (root / folder).mkdir(parents=True)
    lines = pa.Table.from_pylist([dict(zip(COLUMNS, line, strict=True)) for line in LINES])
    rest = {"store_id": pa.array([5] * len(LINES)), "coupon_match_disc": pa.array([0.0] * len(LINES))}
    for name, values in rest.items():
        lines = lines.append_column(name, values)
    when = lines.column_names.index("transaction_timestamp")
    lines = lines.set_column(
        when, "transaction_timestamp", lines["transaction_timestamp"].cast(pa.timestamp("us", "UTC"))
    )
    pq.write_table(lines.slice(0, 6), root / "transactions/2017-1.parquet")
    pq.write_table(lines.slice(6), root / "transactions/2017-2.parquet")
    (root / "products/products.csv").write_text(PRODUCTS, encoding="utf-8")
    (root / "reviews/reviews.jsonl").write_text("\n".join(map(json.dumps, REVIEWS)) + "\n", encoding="utf-8")
    return root
