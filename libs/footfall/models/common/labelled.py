"""Labelled texts with their vectors, cut by text into those to fit on, to calibrate on and to judge on. Pure."""

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
KEPT_SHARE = 0.1  # of those not judged
UNKNOWN = "unknown"


class Split(StrEnum):
    """What a labelled text is for; a text is for one thing only, whoever wrote it how often."""

    FIT = "fit"
    CALIBRATE = "calibrate"
    JUDGE = "judge"


@dataclass(frozen=True)
class LabelledTexts:
    """n labelled texts, ordered by a hash; `texts` are normalised."""

    texts: list[str]
    vectors: npt.NDArray[np.float32]  # [n, dim]
    labels: list[str]
    languages: list[str]
    parts: list[Split]

    def __len__(self) -> int:
        return len(self.texts)

    def only(self, *parts: Split) -> LabelledTexts:
        """Those of these parts."""
        return self.at([place for place, part in enumerate(self.parts) if part in parts])

    def without(self, label: str) -> LabelledTexts:
        """Those of other labels."""
        return self.at([place for place, one in enumerate(self.labels) if one != label])

    def is_part(self, part: Split) -> npt.NDArray[np.bool_]:
        """bool[n]."""
        return np.array([one is part for one in self.parts], dtype=bool)

    def at(self, at: list[int]) -> LabelledTexts:
        """Those at these places."""
        return LabelledTexts(
            [self.texts[i] for i in at],
            self.vectors[at],
            [self.labels[i] for i in at],
            [self.languages[i] for i in at],
            [self.parts[i] for i in at],
        )


def labelled(
    labelled_texts: DataFrame, text_vectors: DataFrame, *, fingerprint: str, label: str, judged_share: float, what: str
) -> LabelledTexts:
    """The rows of `labelled_texts` (text_id, text, language, and the column `label`) whose text the encoder has read.

    Parts are cut by a hash of the text, so that they repeat. Raises TooFew where there are none.
    """
    vectors = text_vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id", "vector")
    told = labelled_texts.select(
        "text_id", "text", F.col(label).alias("label"), F.coalesce("language", F.lit(UNKNOWN)).alias("language")
    )
    place = F.pmod(F.xxhash64("text"), F.lit(100_000)) / F.lit(100_000.0)
    order = F.xxhash64("text", F.lit("order"))
    rows = told.join(vectors, "text_id").withColumn("place", place).orderBy(order, "text_id").limit(MOST_TEXTS)
    found = rows.toPandas()
    if found.empty:
        raise TooFew(
            f"{what}: there are no labelled texts that the encoder has read.",
            fix="Map a source with labels into the lake and run jobs/understand_text.py.",
        )
    return LabelledTexts(
        normalise_text(found["text"]).tolist(),
        vectors_matrix(found),
        found["label"].tolist(),
        found["language"].tolist(),
        list(_parts(found["place"], judged_share)),
    )


def _parts(places: pd.Series, judged_share: float) -> Iterator[Split]:
    kept_until = judged_share + (1 - judged_share) * KEPT_SHARE
    for place in places:
        yield Split.JUDGE if place < judged_share else Split.CALIBRATE if place < kept_until else Split.FIT
