"""Write an app's events as a delivery stream lays them down: gz, folders by hour, objects without line breaks."""

import gzip
import sys
from pathlib import Path

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
FILES = {
    "app/2024/05/03/07/app-1-2024-05-03-07-00-00-aaaa": (
        '{"event":"$screen","properties":{"distinct_id":9007199254740993,"$insert_id":"i-1","time_ms":1714720320000,"$os":"iOS","sku":"A"}}'
        '{"event":"add","properties":{"distinct_id":9007199254740993,"$insert_id":"i-2","time_ms":1714720320999,"$os":"iOS","sku":"A",'
        '"price":1e2,"qty":2}}'
        '{"event":"$screen","properties":{"distinct_id":9007199254740992,"$insert_id":"i-3","time_ms":1714720321000,"$os":"Android",'
        '"sku":"00042"}}'
    ),
    "app/2024/05/03/08/app-1-2024-05-03-08-00-00-bbbb": (
        '{"event":"add","properties":{"distinct_id":9007199254740993,"$insert_id":"i-2","time_ms":1714720320999,"$os":"iOS","sku":"A",'
        '"price":1e2,"qty":2}}'
        '{"event":"$ae_crash","properties":{"distinct_id":"null","$insert_id":"i-4","time_ms":1714720322000,"$os":"iOS"}}'
        '{"event":"buy","properties":{"distinct_id":9007199254740993,"$insert_id":"i-5","time_ms":1714720323000,"$os":"iOS","sku":42,'
        '"price":0.1,"qty":1}}\n'
    ),
}
for path, text in FILES.items():
    target = folder / "raw" / (path + ".gz")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(text.encode(), mtime=0))
