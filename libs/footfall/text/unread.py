"""Which texts the encoder has yet to read. A pure function of frames, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


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
