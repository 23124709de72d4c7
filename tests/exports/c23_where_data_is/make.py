"""Write the logs of this case: folders that name a day, three compressions, ORC, JSON arrays, a web server's log."""

import bz2
import gzip
import json
import sys
from pathlib import Path

import pyarrow as pa
from pyarrow import orc

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
FIELDS = "at,user,type,sku\n"


def write(path: str, content: bytes) -> None:
    """Put a file below the raw logs."""
    target = folder / "raw" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def event(second: int, user: str) -> dict[str, str]:
    """One view of article A."""
    return {"at": f"2024-05-03T07:12:{second:02}Z", "user": user, "type": "view", "sku": "A"}


day = "clicks/dt=2024-05-03/part%20of=app/a.csv.gz"
write(day, gzip.compress((FIELDS + "08:12:00,G-1,view,A\n08:12:01,G-2,view,B\n").encode(), mtime=0))
write(
    "clicks/dt=2024-05-04/part%20of=web/a.csv.gz",
    gzip.compress((FIELDS + "00:12:00,G-1,view,A\n").encode(), mtime=0),
)
write(
    "clicks/dt=__HIVE_DEFAULT_PARTITION__/part%20of=web/a.csv.gz",
    gzip.compress((FIELDS + "00:13:00,G-3,view,A\n").encode(), mtime=0),
)
write("bz2/a.jsonl.bz2", bz2.compress("".join(json.dumps(event(s, f"B-{s}")) + "\n" for s in (1, 2)).encode()))

zst = folder / "raw" / "zst" / "a.jsonl.zst"
zst.parent.mkdir(parents=True, exist_ok=True)
with pa.CompressedOutputStream(str(zst), "zstd") as stream:
    stream.write("".join(json.dumps(event(s, f"Z-{s}")) + "\n" for s in (3, 4)).encode())

target = folder / "raw" / "orc"
target.mkdir(parents=True, exist_ok=True)
orc.write_table(pa.Table.from_pylist([event(5, "O-5"), event(6, "O-6")]), str(target / "a.orc"))

write("array/a.json", json.dumps([event(7, "J-7"), event(8, "J-8")], indent=2).encode())
write("array/b.json", json.dumps([event(9, "J-9")]).encode())

AGENT = '"https://www.example.org/" "Mozilla/5.0"'
write(
    "nginx/access.log",
    (
        f'192.0.2.10 - N-1 [03/May/2024:08:12:10 +0100] "GET /item/A?from=mail HTTP/1.1" 200 512 {AGENT}\n'
        f'192.0.2.11 - - [03/May/2024:08:12:11 +0100] "GET /item/B HTTP/2.0" 200 512 {AGENT}\n'
        f'192.0.2.12 - N-2 [03/May/2024:08:12:12 +0100] "GET /item/C HTTP/1.1" 404 0 {AGENT}\n'
        "192.0.2.13 - - [03/May/2024:08:12:13 +0100] broken\n"
        f'2001:db8::7 - N-3 [03/May/2024:08:12:14 +0100] "GET /item/D HTTP/1.1" 200 512 "-" "say \\"hi\\""\n'
    ).encode(),
)
write("till/a.log", b"T-1|08:12:20|A|2x2.00\nT-2|08:12:21|B|1x5.00\n== end of day ==\n")
