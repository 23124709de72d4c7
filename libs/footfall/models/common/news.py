"""Which documents a table of results lacks, or has in an older form, so that only these are read. Functions of frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

KEY = ("document_kind", "document_id")
FORM = "form"  # bigint: a hash of what a table's row repeats of its document; of another form it is another row
KEY_HASH = "xxhash64(document_kind, document_id)"  # names a document in Delta's log, where its id would outlive its row
MOST_KEYS = 1000  # documents that are named one by one; more are joined


@dataclass(frozen=True)
class News:
    """What has changed since a table was written.

    `keys` (KEY, text_id) are the documents to be read; `are_few` says that they are at most MOST_KEYS, in a local frame.
    `old_rows` is a SQL predicate on the table's rows that must go, empty where there are none, None where they are too
    many to name.
    """

    keys: DataFrame
    are_few: bool
    old_rows: str | None
    is_empty: bool

    def documents_of(self, written: DataFrame) -> DataFrame:
        """The documents of `written` that are to be read."""
        return written.join(self._sent(*KEY), on=list(KEY), how="left_semi")

    def vectors_of(self, vectors: DataFrame) -> DataFrame:
        """The rows of `vectors` that the documents need; where they are many, all, and the join leaves out the others."""
        return vectors.join(self._sent("text_id"), on="text_id", how="left_semi") if self.are_few else vectors

    def without_old(self, rows: DataFrame, written: DataFrame) -> DataFrame:
        """The table's rows, less those of documents that are to be read and of those that are not in `written`."""
        stays = rows.join(written.select(*KEY), on=list(KEY), how="left_semi")
        return stays.join(self._sent(*KEY), on=list(KEY), how="left_anti")

    def _sent(self, *columns: str) -> DataFrame:
        keys = self.keys.select(*columns)
        return F.broadcast(keys) if self.are_few else keys


def news_of(written: DataFrame, rows: DataFrame, *, has_row_each: bool) -> News:
    """Compares documents (KEY, text_id, FORM, is_new), one a KEY, with a table's rows (KEY, FORM); runs one query.

    A document is to be read where it `is_new`, where its rows have another form, and with `has_row_each`, which says that
    a document that was read has a row, where it has none. Rows must go where their document is gone or to be read.
    """
    form = F.col("form_of_rows")
    of_rows = rows.groupBy(*KEY).agg(F.min(FORM).alias("form_of_rows"), (F.min(FORM) != F.max(FORM)).alias("is_mixed"))
    both = written.select(*KEY, "text_id", FORM, "is_new").join(of_rows, on=list(KEY), how="full_outer")
    is_gone, has_rows = F.col(FORM).isNull(), form.isNotNull()
    differs = has_rows & (F.col("is_mixed") | (F.col(FORM) != form))
    is_unread = ~is_gone & (F.col("is_new") | differs | (~has_rows & F.lit(has_row_each)))
    flags = {"is_unread": F.coalesce(is_unread, F.lit(False)), "key_hash": F.expr(KEY_HASH)}
    changed = both.withColumns(flags).withColumn("is_old", has_rows & (is_gone | F.col("is_unread")))
    changed = changed.where("is_unread OR is_old").select(*KEY, "text_id", "key_hash", "is_unread", "is_old")
    some = changed.orderBy(F.desc("is_old"), *KEY).limit(MOST_KEYS + 1).collect()  # those with old rows come first
    old, are_few = [row["key_hash"] for row in some if row["is_old"]], len(some) <= MOST_KEYS
    unread = [[row[name] for name in (*KEY, "text_id")] for row in some if row["is_unread"]]
    return News(
        keys=_local(written, unread) if are_few else changed.where("is_unread").select(*KEY, "text_id"),
        are_few=are_few,
        old_rows=None if len(old) > MOST_KEYS else f"{KEY_HASH} IN ({', '.join(map(str, old))})" if old else "",
        is_empty=not some,
    )


def _local(beside: DataFrame, keys: Sequence[Sequence[str]]) -> DataFrame:
    """The keys as a local relation, which needs no job, in the session of another frame."""
    names = (*KEY, "text_id")
    columns = {name: pa.array([key[place] for key in keys], type=pa.string()) for place, name in enumerate(names)}
    return beside.sparkSession.createDataFrame(pa.table(columns), ", ".join(f"{name} string" for name in names))
