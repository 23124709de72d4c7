"""Aspects and sentiment of every clause of every document, on Spark's workers. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import EVERY_ROW
from footfall.contract.frames import no_rows
from footfall.models.aspects.model import AspectModel
from footfall.models.common.documents import KEEP, documents, with_form
from footfall.models.common.news import News, news_of
from footfall.models.common.runs import ScoringRun
from footfall.models.common.text_head import TextHead
from footfall.models.sentiment.model import SentimentModel
from footfall.steps.step import Output
from footfall.tables import CLAUSE_VECTORS, REVIEWS, TEXT_ASPECTS, TICKETS
from footfall.text.normal import normalise

POSITIVE = "positive"
SENTIMENT_VECTOR = "sentiment_vector"
CLAUSE = ("clause_number", "start_char", "end_char", "vector")


def score(run: ScoringRun) -> Sequence[Output]:
    """Rows of results.text_aspects, of new documents where the same models serve; none where aspects or sentiment do not."""
    sentiment, vectors = run.others["sentiment"], run.frame(CLAUSE_VECTORS)
    if run.champion is None or sentiment is None:
        nothing = Output(TEXT_ASPECTS, no_rows(vectors, TEXT_ASPECTS), replaces=EVERY_ROW)
        return [nothing] if run.read_before is None else []
    mentions = partial(
        aspects_of, aspects=run.champion.fitted, sentiment=sentiment.fitted, model_version=run.champion.version
    )
    written = documents(reviews=run.frame(REVIEWS), tickets=run.frame(TICKETS), read_before=run.read_before)
    if run.read_before is None:
        return [Output(TEXT_ASPECTS, mentions(written, vectors), replaces=EVERY_ROW)]
    encoders, rows = [m.fitted.feature_version for m in (run.champion, sentiment)], run.frame(TEXT_ASPECTS)
    is_new = F.col("batch_id") > run.read_before[CLAUSE_VECTORS.name]
    news = aspects_news(written, vectors.where(is_new & F.col("encoder_fingerprint").isin(encoders)), rows)
    if news.is_empty:
        return []
    new_rows = mentions(news.documents_of(written), news.vectors_of(vectors))
    if news.old_rows is None:
        kept = news.without_old(rows, written).select(*TEXT_ASPECTS.column_names)
        return [Output(TEXT_ASPECTS, kept.unionByName(new_rows), replaces=EVERY_ROW)]
    return [Output(TEXT_ASPECTS, new_rows, replaces=news.old_rows)]


def aspects_news(written: DataFrame, new_vectors: DataFrame, rows: DataFrame) -> News:
    """What `rows` of results.text_aspects lack, where no model has changed.

    A document without aspects has no row, so what was read is known by batches: `written` says which documents are new,
    `new_vectors` are those of clauses that came since.
    """
    come = new_vectors.select("text_id", F.lit(True).alias("has_new_vector")).distinct()
    is_new = F.col("is_new") | F.coalesce("has_new_vector", F.lit(False))
    documents = with_form(written.join(come, on="text_id", how="left").withColumn("is_new", is_new))
    return news_of(documents, with_form(rows), has_row_each=False)


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
    of_sentiment = clause_vectors.where(F.col("encoder_fingerprint") == sentiment.feature_version)
    clauses = clause_vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id", *CLAUSE)
    by_sentiment = of_sentiment.select("text_id", "clause_number", F.col("vector").alias(SENTIMENT_VECTOR))
    clauses = clauses.join(by_sentiment, on=["text_id", "clause_number"], how="inner")
    rows = documents.select(*KEEP, "text").join(clauses, on="text_id", how="inner")

    def read(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            mentions = read_clauses(batch, aspects=aspects, sentiment=sentiment.head)
            if (
                mentions.empty
            ):  # an empty column of no stated type is one of numbers to pandas, which Spark cannot turn into text
                continue
            yield mentions.assign(model_version=model_version, encoder_fingerprint=fingerprint)[
                list(TEXT_ASPECTS.column_names)
            ]

    return rows.mapInPandas(read, TEXT_ASPECTS.schema())


def read_clauses(rows: pd.DataFrame, *, aspects: AspectModel, sentiment: TextHead) -> pd.DataFrame:
    """One row for each aspect of each clause: those of `rows` (KEEP, text, CLAUSE, sentiment_vector), with what is said of it."""
    texts = {text: normalise(text) for text in rows["text"].unique()}
    spans = zip(rows["text"], rows["start_char"], rows["end_char"], strict=True)
    clauses = pd.Series([texts[text][start:end] for text, start, end in spans], index=rows.index, dtype=object)
    mentions = aspects.predict(pd.DataFrame({"text": clauses, "vector": rows["vector"]}))["aspects"]
    probabilities = sentiment.probability(clauses.tolist(), list(rows[SENTIMENT_VECTOR]))
    places = np.argmax(probabilities, axis=1)
    of_clause = rows.drop(columns=["text", "vector", SENTIMENT_VECTOR]).assign(
        sentiment=[sentiment.classes[place] for place in places],
        positive_probability=probabilities[:, sentiment.classes.index(POSITIVE)],
        mention=mentions,
    )
    each = of_clause.explode("mention").dropna(subset=["mention"])
    return each.drop(columns="mention").assign(
        aspect=[mention.aspect for mention in each["mention"]],
        probability=[mention.probability for mention in each["mention"]],
        evidence=pd.Series([list(mention.evidence) for mention in each["mention"]], index=each.index, dtype=object),
    )
