"""Labelled texts with their vectors, cut by text into those to fit on, to calibrate on and to evaluate on. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import TooFew
from footfall.text.normal import normalise_text
from footfall.text.vectors import vectors_matrix

MOST_TEXTS = 200_000  # a head learns no more from more; they are read on the driver
KEPT_SHARE = 0.1  # of those that are not held out
UNKNOWN = "unknown"


class Split(StrEnum):
    """What a labelled text is for; a text is for one thing only, however often it was written."""

    FIT = "fit"
    CALIBRATE = "calibrate"
    HELD_OUT = "held_out"


@dataclass(frozen=True)
class LabelledTexts:
    """n labelled texts, ordered by a hash; `texts` are normalised."""

    texts: list[str]
    vectors: npt.NDArray[np.float32]  # [n, dim]
    labels: list[str]
    languages: list[str]
    splits: list[Split]

    def __len__(self) -> int:
        return len(self.texts)

    def only(self, *splits: Split) -> LabelledTexts:
        """Those of these splits."""
        return self.at([place for place, split in enumerate(self.splits) if split in splits])

    def without(self, label: str) -> LabelledTexts:
        """Those of other labels."""
        return self.at([place for place, other in enumerate(self.labels) if other != label])

    def is_in(self, split: Split) -> npt.NDArray[np.bool_]:
        """bool[n]."""
        return np.array([mine is split for mine in self.splits], dtype=bool)

    def at(self, at: list[int]) -> LabelledTexts:
        """Those at these places."""
        return LabelledTexts(
            [self.texts[i] for i in at],
            self.vectors[at],
            [self.labels[i] for i in at],
            [self.languages[i] for i in at],
            [self.splits[i] for i in at],
        )


def labelled_rows(labelled: DataFrame, text_vectors: DataFrame, *, fingerprint: str, label: str) -> DataFrame:
    """Rows (text, language, label, vector) of the labelled texts that the encoder has read, in no order.

    `labelled` has text_id, text, language and the column that `label` names.
    """
    vectors = text_vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id", "vector")
    language = F.coalesce("language", F.lit(UNKNOWN)).alias("language")
    texts = labelled.select("text_id", "text", language, F.col(label).alias("label"))
    return texts.join(vectors, "text_id").drop("text_id")


def collected(rows: DataFrame, *, held_out_share: float, name: str) -> LabelledTexts:
    """`labelled_rows` on the driver. Splits are cut by a hash of the text, so that they repeat. Raises TooFew without rows."""
    place = F.pmod(F.xxhash64("text"), F.lit(100_000)) / F.lit(100_000.0)
    order = F.xxhash64("text", F.lit("order"))
    frame = rows.withColumn("place", place).orderBy(order, "text").limit(MOST_TEXTS).toPandas()
    if frame.empty:
        raise TooFew(
            f"{name}: there are no labelled texts that the encoder has read.",
            fix="Map a source with labels into the lake and run jobs/understand_text.py.",
        )
    return LabelledTexts(
        normalise_text(frame["text"]).tolist(),
        vectors_matrix(frame),
        frame["label"].tolist(),
        frame["language"].tolist(),
        list(_splits(frame["place"], held_out_share)),
    )


def _splits(places: pd.Series, held_out_share: float) -> Iterator[Split]:
    kept_until = held_out_share + (1 - held_out_share) * KEPT_SHARE
    for place in places:
        yield Split.HELD_OUT if place < held_out_share else Split.CALIBRATE if place < kept_until else Split.FIT
