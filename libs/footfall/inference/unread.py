"""Which rows models have yet to read, and in which slices: each content once for each model. Pure functions of frames, without torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

BUCKET = "bucket"  # of a row, by its key: the same however often it is computed
BUCKETS = 1 << 14  # what is unread is cut into slices of so many pieces at the finest
LACKS = "lacks_{}"  # whether the model of that place has yet to read the row


@dataclass(frozen=True)
class ContentColumns:
    """Names of columns: `key` is a hash of the content, `content` what a model reads, `fingerprint` names the model of a result."""

    key: str
    content: str
    fingerprint: str


@dataclass(frozen=True)
class Slice:
    """Rows to be read in one batch: those that a model lacks, by its place, in a range of buckets, and how many they are."""

    model: int
    first: int
    last: int
    count: int


def unread_rows(
    sources: Sequence[DataFrame], *, results: DataFrame | None, fingerprints: Sequence[str], columns: ContentColumns
) -> DataFrame:
    """Rows (key, content, bucket, lacks_0, lacks_1 ...), one a key, of which `results` has none by some of the models.

    Contents of one key are alike to a model, and any of them stands for all. This groups all contents: once a run.
    """
    together = reduce(DataFrame.unionByName, (frame.select(columns.key, columns.content) for frame in sources))
    rows = together.groupBy(columns.key).agg(F.min(columns.content).alias(columns.content))
    lacks = {LACKS.format(place): F.lit(True) for place in range(len(fingerprints))}
    for place, fingerprint in enumerate(fingerprints):
        if results is None:
            break
        keys = results.where(F.col(columns.fingerprint) == fingerprint).select(columns.key).distinct()
        rows = rows.join(keys.withColumn(f"is_read_{place}", F.lit(True)), on=columns.key, how="left")
        lacks[LACKS.format(place)] = F.col(f"is_read_{place}").isNull()
    bucket = F.pmod(F.xxhash64(columns.key), F.lit(BUCKETS)).cast("int").alias(BUCKET)
    rows = rows.select(columns.key, columns.content, bucket, *(value.alias(name) for name, value in lacks.items()))
    return rows.where(" OR ".join(lacks))


def slices(unread: DataFrame, *, models: int, most: int) -> list[Slice]:
    """All that is left to read, model after model, in slices of about `most` rows.

    They are cut by buckets of their keys, so a slice holds one bucket at least, which may be more than `most`. What is
    left after some slices is cut like the rest of them.
    """
    lacking = {place: F.count_if(LACKS.format(place)).alias(LACKS.format(place)) for place in range(models)}
    counts = sorted(unread.groupBy(BUCKET).agg(*lacking.values()).collect())
    return [
        piece
        for place in range(models)
        for piece in _cut(place, ((row[BUCKET], row[LACKS.format(place)]) for row in counts), most=most)
    ]


def by_bucket(unread: DataFrame) -> DataFrame:
    """The rows in files by bucket, so that a slice of them is read without the others."""
    return unread.repartitionByRange(BUCKET).sortWithinPartitions(BUCKET)


def rows_of(unread: DataFrame, piece: Slice) -> DataFrame:
    """The rows of a slice."""
    return unread.where(F.col(BUCKET).between(piece.first, piece.last) & F.col(LACKS.format(piece.model)))


def _cut(model: int, counts: Iterable[tuple[int, int]], *, most: int) -> list[Slice]:
    """The buckets with their counts in order, joined while their sum is at most `most`."""
    pieces: list[Slice] = []
    for bucket, count in counts:
        if not count:
            continue
        if pieces and pieces[-1].count + count <= most:
            pieces[-1] = Slice(model, pieces[-1].first, bucket, pieces[-1].count + count)
        else:
            pieces.append(Slice(model, bucket, bucket, count))
    return pieces
