"""Which rows a model has yet to read, and which of them next: each content once for each model. Pure functions of frames, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

BUCKETS = 1024  # what is unread is cut into slices of so many pieces at the finest


@dataclass(frozen=True)
class ContentColumns:
    """Names of columns: `key` is a hash of the content, `content` what a model reads, `fingerprint` names the model of a result."""

    key: str
    content: str
    fingerprint: str


def unread_rows(
    sources: Sequence[DataFrame], *, results: DataFrame | None, fingerprint: str, columns: ContentColumns
) -> DataFrame:
    """Rows (key, content), one a key, of which `results` has none by the model `fingerprint`.

    Contents of one key are alike to the model, and any of them stands for all.
    """
    together = reduce(DataFrame.unionByName, (frame.select(columns.key, columns.content) for frame in sources))
    contents = together.groupBy(columns.key).agg(F.min(columns.content).alias(columns.content))
    if results is None:
        return contents
    read = results.where(F.col(columns.fingerprint) == fingerprint).select(columns.key)
    return contents.join(read, on=columns.key, how="left_anti")


@dataclass(frozen=True)
class Slice:
    """Rows to be read in one batch, how many they are, and how many are left with them."""

    rows: DataFrame
    count: int
    left: int


def next_slice(rows: DataFrame, *, most: int, key: str) -> Slice:
    """About `most` of the rows (one a `key`), the same ones however often it is computed; all of them if they fit.

    They are cut by buckets of their key, so a slice holds one bucket at least, which may be more than `most`.
    """
    bucket = F.pmod(F.xxhash64(key), F.lit(BUCKETS))
    counts = sorted((row["bucket"], row["count"]) for row in rows.groupBy(bucket.alias("bucket")).count().collect())
    left = sum(count for _, count in counts)
    if left <= most:
        return Slice(rows, left, left)
    last, taken = counts[0]
    for number, count in counts[1:]:
        if taken + count > most:
            break
        last, taken = number, taken + count
    return Slice(rows.where(bucket <= last), taken, left)
