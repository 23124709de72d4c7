"""Write reviews as Excel's Unicode text (UTF-16 with a mark), as UTF-16BE without, and as UTF-8 with a mark."""

import sys
from pathlib import Path

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
HEADER = ("id", "written", "user", "text", "stars")


def write(path: str, content: bytes) -> None:
    """Put a file below the raw logs."""
    target = folder / "raw" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def lines(*rows: tuple[str, ...], separator: str) -> str:
    """Rows below the header, with the line ends of Windows."""
    return "".join(separator.join(row) + "\r\n" for row in (HEADER, *rows))


excel = lines(
    ("X1", "2024-05-03 08:12:00", "U-1", "Zażółć, gęślą", "5"),
    ("X2", "2024-05-03 08:13:00", "U-2", "上海 ਊ Ċ", "4"),  # U+0A0A and U+010A hold the byte of a line break
    separator="\t",
)
write("excel/a.txt", b"\xff\xfe" + excel.encode("utf-16-le"))
big_endian = lines(("B1", "2024-05-03 08:14:00", "U-3", "grün", "3"), separator=",")
write("big/a.csv", big_endian.encode("utf-16-be"))
marked = lines(
    ("M1", "2024-05-03 08:15:00", "U-4", '"one\r\ntwo"', "2"),
    ("M2", "2024-05-03 08:16:00", "U-5", "é", "1"),
    separator=",",
)
write("marked/a.csv", b"\xef\xbb\xbf" + marked.replace("id,", '"id",', 1).encode())
