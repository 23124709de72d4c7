"""Looks for bytes in every file of a lake outside raw and the vault, plain and decompressed."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

OPEN_TO_IDENTIFIERS = ("raw", "refined/pseudonyms")
# Only digits, letters and dots: such signs also stand within a digest or a longer number by chance.
NO_WORDS = re.compile(r"[0-9A-Za-z.]+")


def trace_differences(lake: Path, expected: Sequence[str], *, logs_only: bool = False) -> Iterator[str]:
    """In which files, at most three for each, stands what should be nowhere; `logs_only`: in Delta's logs."""
    patterns = {str(words): _pattern(str(words)) for words in expected}
    places: dict[str, list[str]] = {words: [] for words in patterns}
    for file in sorted(path for path in lake.rglob("*") if path.is_file()):
        name = file.relative_to(lake).as_posix()
        if name.startswith(tuple(f"{folder}/" for folder in OPEN_TO_IDENTIFIERS)):
            continue
        if logs_only and "/_delta_log/" not in name:
            continue
        content = name.encode() + b"\n" + _content(file)
        for words, pattern in patterns.items():
            if pattern.search(content):
                places[words].append(name)
    yield from (f"{words} stands in {', '.join(files[:3])}" for words, files in places.items() if files)


def _pattern(words: str) -> re.Pattern[bytes]:
    """The bytes as they are; with no letter or digit beside them where they could be part of a number or a digest."""
    escaped = re.escape(words).encode()
    if NO_WORDS.fullmatch(words):
        return re.compile(rb"(?<![0-9A-Za-z])" + escaped + rb"(?![0-9A-Za-z])")
    return re.compile(escaped)


def _content(file: Path) -> bytes:
    """The bytes of a file, then those that it holds compressed."""
    plain = file.read_bytes()
    if file.suffix == ".parquet":
        return plain + b"\n" + _values(file)
    return plain + b"\n" + gzip.decompress(plain) if file.suffix == ".gz" else plain


def _values(file: Path) -> bytes:
    """Every value of a Parquet file as text, also those within maps and arrays."""
    rows = pq.ParquetFile(file).read().to_pylist()
    return json.dumps(rows, ensure_ascii=False, default=str).encode()
