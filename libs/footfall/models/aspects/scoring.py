"""Aspects and sentiment of every clause of every document, on Spark's workers. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.models.aspects.model import AspectModel
from footfall.models.common.documents import KEEP
from footfall.models.common.text_head import TextHead
from footfall.models.sentiment.training import SentimentModel
from footfall.tables.texts import TEXT_ASPECTS
from footfall.text.normal import normalise

POSITIVE = "positive"
MOOD_VECTOR = "mood_vector"
CLAUSE = ("clause_number", "start_char", "end_char", "vector")


def aspects_of(
    documents: DataFrame,
    clause_vectors: DataFrame,
    *,
    aspects: AspectModel,
    sentiment: SentimentModel,
    model_version: str,
) -> DataFrame:
    """Rows of results.text_aspects for documents (the columns of KEEP, and text) whose clauses have vectors.

    Each model reads the vectors of its own encoder; a clause counts when both encoders have read it. The row names that
    of the aspects.
    """
    fingerprint = aspects.feature_version
    moods = clause_vectors.where(F.col("encoder_fingerprint") == sentiment.feature_version)
    clauses = clause_vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id", *CLAUSE)
    of_mood = moods.select("text_id", "clause_number", F.col("vector").alias(MOOD_VECTOR))
    clauses = clauses.join(of_mood, on=["text_id", "clause_number"], how="inner")
    rows = documents.select(*KEEP, "text").join(clauses, on="text_id", how="inner")

    def read(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            told = read_clauses(batch, aspects=aspects, sentiment=sentiment.head)
            yield told.assign(model_version=model_version, encoder_fingerprint=fingerprint)[
                list(TEXT_ASPECTS.column_names)
            ]

    return rows.mapInPandas(read, TEXT_ASPECTS.schema())


def read_clauses(rows: pd.DataFrame, *, aspects: AspectModel, sentiment: TextHead) -> pd.DataFrame:
    """One row for each aspect of each clause: those of `rows` (KEEP, text, CLAUSE, mood_vector), with what is said of it."""
    texts = {text: normalise(text) for text in rows["text"].unique()}
    spans = zip(rows["text"], rows["start_char"], rows["end_char"], strict=True)
    clauses = pd.Series([texts[text][start:end] for text, start, end in spans], index=rows.index, dtype=object)
    found = aspects.predict(pd.DataFrame({"text": clauses, "vector": rows["vector"]}))["aspects"]
    moods = sentiment.probability(clauses.tolist(), list(rows[MOOD_VECTOR]))
    places = np.argmax(moods, axis=1)
    of_clause = rows.drop(columns=["text", "vector", MOOD_VECTOR]).assign(
        sentiment=[sentiment.classes[place] for place in places],
        positive_probability=moods[:, sentiment.classes.index(POSITIVE)],
        said=found,
    )
    each = of_clause.explode("said").dropna(subset=["said"])
    return each.drop(columns="said").assign(
        aspect=[said.aspect for said in each["said"]],
        probability=[said.probability for said in each["said"]],
        evidence=pd.Series([list(said.evidence) for said in each["said"]], index=each.index, dtype=object),
    )
