"""Documents, and what the champions that read texts predict of each: reviews and tickets in one frame. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import ContractError
from footfall.models.common.trained import Fitted
from footfall.tables import TEXT_INSIGHTS
from footfall.text.normal import normalise_text

REVIEW, TICKET = KINDS = ("review", "ticket")
KEEP = ("document_kind", "document_id", "event_time", "event_date", "known_at", "actor_id", "item_id", "text_id")


@dataclass(frozen=True)
class DocumentModel:
    """A champion that reads documents: the columns that it fills, of some kinds of documents only."""

    fitted: Fitted
    version: str
    columns: Sequence[str]
    kinds: Sequence[str] = KINDS


def documents(**tables: DataFrame) -> DataFrame:
    """Rows (KEEP and `text`) of reviews and tickets, whichever are handed in as `reviews=` and `tickets=`."""
    kinds = {"reviews": REVIEW, "tickets": TICKET}
    frames = [
        rows.withColumns({"document_kind": F.lit(kinds[name]), "document_id": F.col(f"{kinds[name]}_id")})
        .select(*KEEP, "text")
        for name, rows in tables.items()
    ]  # fmt: skip
    return reduce(DataFrame.unionByName, frames)


def known_before(written: DataFrame, *, as_of: date, time_zone: str) -> DataFrame:
    """What was written and known before the day began in the shop's time zone."""
    cut = F.to_utc_timestamp(F.lit(as_of).cast("timestamp"), time_zone)
    return written.where((F.col("event_date") < F.lit(as_of)) & (F.col("known_at") < cut))


def text_insights(written: DataFrame, text_vectors: DataFrame, *, models: Sequence[DocumentModel]) -> DataFrame:
    """Rows of results.text_insights: every one of `written` (as `documents` gives them) whose text was read.

    A text counts as read when the encoder of the first model has made its vector, and that encoder stands in the row. A
    model whose own encoder has not read it yet leaves its columns NULL.
    """
    encoders = list(dict.fromkeys(model.fitted.feature_version for model in models))
    rows = written
    for place, fingerprint in enumerate(encoders):
        of_encoder = text_vectors.where(F.col("encoder_fingerprint") == fingerprint)
        read_by = of_encoder.select("text_id", F.col("vector").alias(f"vector_{place}"))
        rows = rows.join(read_by, "text_id", "left" if place else "inner")
    vector_of = {fingerprint: f"vector_{place}" for place, fingerprint in enumerate(encoders)}
    names = [*KEEP, *(c for model in models for c in model.columns), "model_versions"]

    def read(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield _read(batch, models, vector_of)[names]

    insights = rows.select(*KEEP, "text", *vector_of.values()).mapInPandas(read, TEXT_INSIGHTS.schema(*names))
    return insights.withColumn("encoder_fingerprint", F.lit(models[0].fitted.feature_version))


def require_read(text_vectors: DataFrame, model: Fitted, *, model_version: str) -> None:
    """Raises ContractError where no text was read by the encoder that the model reads vectors of."""
    if text_vectors.where(F.col("encoder_fingerprint") == model.feature_version).isEmpty():
        raise ContractError(
            f"model {model_version} reads vectors of encoder {model.feature_version}, and no text has one.",
            fix="Run jobs/understand_text.py with that encoder, or jobs/train.py for a model over the vectors there are.",
        )


def _read(batch: pd.DataFrame, models: Sequence[DocumentModel], vector_of: Mapping[str, str]) -> pd.DataFrame:
    """The batch with what each model predicts for its kinds of documents; NULL elsewhere."""
    texts = normalise_text(batch["text"])
    columns, versions = [batch[list(KEEP)]], []
    for model in models:
        vectors = batch[vector_of[model.fitted.feature_version]]
        mine = batch["document_kind"].isin(model.kinds) & vectors.notna()
        frame = pd.DataFrame({"text": texts[mine], "vector": vectors[mine]})
        versions.append([[model.version] if is_mine else [] for is_mine in mine])
        predicted = model.fitted.predict(frame)[list(model.columns)].astype(object).reindex(batch.index)
        columns.append(predicted.where(predicted.notna(), None))
    of_rows = [[name for names in by_model for name in names] for by_model in zip(*versions, strict=True)]
    return pd.concat(columns, axis=1).assign(model_versions=pd.Series(of_rows, index=batch.index, dtype=object))
