"""Write a behaviour log as a well-known public set has it: gz, times that end with UTC, prices, empty brands."""

import gzip
import sys
from pathlib import Path

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
TEXT = """event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde-1
2019-10-01 03:59:59 UTC,cart,3900821,2053013552326770905,appliances.kettle,aqua,33.20,541312140,72d76fde-1
2019-10-01 04:00:00 UTC,remove_from_cart,3900821,2053013552326770905,appliances.kettle,aqua,33.20,541312140,72d76fde-1
2019-10-01 04:00:01 UTC,purchase,44600062,2103807459595387724,,shiseido,35.79,541312140,
2019-10-01 04:00:01 UTC,purchase,44600062,2103807459595387724,,shiseido,35.79,541312140,
2019-10-01 04:00:02 UTC,view,1,2103807459595387724,,,0.00,541312141,72d76fde-2
"""
target = folder / "raw" / "behaviour" / "2019-Oct.csv.gz"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_bytes(gzip.compress(TEXT.encode(), mtime=0))
