"""Write the files of this case: one grown, one cut gz, one that its source rewrites, one good."""

import gzip
import sys
from pathlib import Path

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
HEADER = "receipt,sold_at,card,article,pieces,amount\n"


def rows(prefix: str, *, first: int, last: int, day: str) -> str:
    """Rows of one article at 2.00, numbered from first to last."""
    return "".join(
        f"{prefix}{number},{day} 08:{number:02}:00,K-{number},A,1,2.00\n" for number in range(first, last + 1)
    )


def write(run: int, path: str, content: bytes) -> None:
    """Put a file below the raw logs of the run."""
    target = folder / ("raw" if run == 1 else f"raw_{run}") / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


day_1 = HEADER + rows("T", first=1, last=3, day="2024-05-30")
write(1, "till/2024-05-30.csv", day_1.encode())
write(2, "till/2024-05-30.csv", (day_1 + rows("T", first=4, last=5, day="2024-05-30")).encode())
write(2, "till/2024-05-31.csv", (HEADER + rows("T", first=6, last=6, day="2024-05-31")).encode())

whole = gzip.compress((HEADER + rows("W", first=1, last=9, day="2024-05-30")).encode(), mtime=0)
write(1, "web/2024-05-30.csv.gz", whole[: len(whole) // 2])
write(2, "web/2024-05-30.csv.gz", whole)

pos = HEADER + rows("P", first=1, last=3, day="2024-05-30")
write(1, "pos/2024-05-30.csv", pos.encode())
write(2, "pos/2024-05-30.csv", (pos + rows("P", first=4, last=4, day="2024-05-30")).encode())

write(1, "good/2024-05-30.csv", (HEADER + rows("G", first=1, last=1, day="2024-05-30")).encode())
write(2, "good/2024-05-31.csv", (HEADER + rows("G", first=2, last=2, day="2024-05-31")).encode())
