"""Write a marketplace's order report: tabs, no quoting, names with hyphens, money by line."""

import sys
from pathlib import Path

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
HEADER = [
    "amazon-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "sales-channel",
    "product-name",
    "sku",
    "asin",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "item-promotion-discount",
    "buyer-email",
    "ship-postal-code",
]
ROWS = (
    (
        '111-0000001-0000001|2024-05-03T07:12:00+00:00|2024-05-04T07:12:00+00:00|Shipped|Example.co.uk|"Sunday" mug, 12" tall|MUG-B'
        "|B000000001|2|GBP|19.00|3.17|0.00|1.00|n1@marketplace.example.org|LS1 0AA"
    ),
    (
        "111-0000001-0000001|2024-05-03T07:12:00+00:00|2024-05-04T07:12:00+00:00|Shipped|Example.co.uk|Tea|TEA-1"
        "|B000000002|1|GBP|5.50|0.92|0.00||n1@marketplace.example.org|LS1 0AA"
    ),
    (
        "111-0000002-0000002|2024-05-03T23:30:00+00:00|2024-05-04T07:12:00+00:00|Cancelled|Example.co.uk|Tea|TEA-1"
        "|B000000002|0|||||||"
    ),
    (
        "111-0000003-0000003|2024-05-03T23:30:00+00:00|2024-05-04T07:12:00+00:00|Shipped|Example.de|Tea|TEA-1"
        "|B000000002|1|EUR|6.50|1.04|0.00||n2@marketplace.example.org|10115"
    ),
    (
        "111-0000004-0000004|2024-05-03T23:30:00+00:00|2024-05-04T07:12:00+00:00|Pending|Example.co.uk|Tea|TEA-1"
        "|B000000002|1|GBP|5.50|0.92|0.00|||"
    ),
)
target = folder / "raw" / "marketplace" / "2024-05.txt"
target.parent.mkdir(parents=True, exist_ok=True)
lines = ["\t".join(HEADER), *("\t".join(row.split("|")) for row in ROWS)]
target.write_bytes(("\n".join(lines) + "\n").encode("iso-8859-1"))
