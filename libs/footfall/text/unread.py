"""Which texts the encoder has yet to read, and which of them next. Pure functions of frames, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

BUCKETS = 1024  # a lake's unread texts are cut into slices of so many pieces at the finest


def unread_texts(documents: Sequence[DataFrame], *, vectors: DataFrame | None, fingerprint: str) -> DataFrame:
    """Rows (text_id, text), one a distinct text, of which `vectors` has none by the encoder `fingerprint`.

    `documents` have text_id and text; texts of one text_id differ in spelling only, and any of them stands for all.
    """
    together = reduce(DataFrame.unionByName, (frame.select("text_id", "text") for frame in documents))
    texts = together.groupBy("text_id").agg(F.min("text").alias("text"))
    if vectors is None:
        return texts
    read = vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id")
    return texts.join(read, on="text_id", how="left_anti")


@dataclass(frozen=True)
class Slice:
    """Texts to be read in one batch, how many they are, and how many are left with them."""

    texts: DataFrame
    count: int
    left: int


def next_slice(texts: DataFrame, *, most: int) -> Slice:
    """About `most` of the texts (one row a text_id), the same ones however often it is computed; all of them if they fit.

    They are cut by buckets of their text_id, so a slice holds one bucket at least, which may be more than `most`.
    """
    bucket = F.pmod(F.xxhash64("text_id"), F.lit(BUCKETS))
    counts = sorted((row["bucket"], row["count"]) for row in texts.groupBy(bucket.alias("bucket")).count().collect())
    left = sum(count for _, count in counts)
    if left <= most:
        return Slice(texts, left, left)
    last, taken = counts[0]
    for number, count in counts[1:]:
        if taken + count > most:
            break
        last, taken = number, taken + count
    return Slice(texts.where(bucket <= last), taken, left)
