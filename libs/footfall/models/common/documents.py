"""Documents, and what the champions that read texts predict of each: reviews and tickets in one frame. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

import pandas as pd
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import ContractError
from footfall.models.common.news import FORM, KEY, News, news_of
from footfall.models.common.trained import Fitted
from footfall.tables import TEXT_INSIGHTS
from footfall.text.normal import normalise_text

REVIEW, TICKET = KINDS = ("review", "ticket")
KEEP = (*KEY, "event_time", "event_date", "known_at", "actor_id", "item_id", "text_id")
BEFORE = "before_"  # how the columns of a row that was there begin, beside those of its document


@dataclass(frozen=True)
class DocumentModel:
    """A champion that reads documents: the columns that it fills, of some kinds of documents only."""

    fitted: Fitted
    version: str
    columns: Sequence[str]
    kinds: Sequence[str] = KINDS
    is_unchanged: bool = False  # since the rows were written that are there


def documents(*, read_before: Mapping[str, int] | None = None, **tables: DataFrame) -> DataFrame:
    """Rows (KEEP and `text`) of reviews and tickets, whichever are handed in as `reviews=` and `tickets=`.

    With `read_before` (table -> its newest batch at an earlier reading) also `is_new`: whether a row came after that.
    """
    kinds = {"reviews": REVIEW, "tickets": TICKET}
    frames = []
    for name, rows in tables.items():
        own = rows.withColumns({"document_kind": F.lit(kinds[name]), "document_id": F.col(f"{kinds[name]}_id")})
        is_new = [(F.col("batch_id") > read_before[name]).alias("is_new")] if read_before else []
        frames.append(own.select(*KEEP, "text", *is_new))
    return reduce(DataFrame.unionByName, frames)


def with_form(rows: DataFrame, *columns: str | SparkColumn) -> DataFrame:
    """The rows with FORM: a hash of KEEP and of these columns."""
    return rows.withColumn(FORM, F.xxhash64(*KEEP, *columns))


def known_before(written: DataFrame, *, as_of: date, time_zone: str) -> DataFrame:
    """What was written and known before the day began in the shop's time zone."""
    cut = F.to_utc_timestamp(F.lit(as_of).cast("timestamp"), time_zone)
    return written.where((F.col("event_date") < F.lit(as_of)) & (F.col("known_at") < cut))


def text_insights(
    written: DataFrame, text_vectors: DataFrame, *, models: Sequence[DocumentModel], rows: DataFrame | None = None
) -> DataFrame:
    """Rows of results.text_insights: every one of `written` (as `documents` gives them) whose text was read.

    A text counts as read when the encoder of the first model has made its vector, and that encoder stands in the row. A
    model whose own encoder has not read it yet leaves its columns NULL. `rows` are those that are there: where one is of
    the very document, what unchanged models said of it is taken from there, and they read it no more.
    """
    read = _read_documents(written, text_vectors, models, columns=("vector",))
    of_before = (
        [column for model in models if model.is_unchanged for column in model.columns] if rows is not None else []
    )
    names = [*KEEP, *(c for model in models for c in model.columns), "model_versions"]
    inputs = [*KEEP, "text", *(f"vector_{place}" for place in range(len(_encoders(models))))]
    if rows is not None and of_before:
        before = _insights_with_form(rows, models).select(*KEY, FORM, *(F.col(c).alias(BEFORE + c) for c in of_before))
        read = _documents_with_form(read, models).join(before.withColumn("is_kept", F.lit(True)), [*KEY, FORM], "left")
        inputs += ["is_kept", *(BEFORE + column for column in of_before)]

    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield _predicted(batch, models)[names]

    insights = read.select(*inputs).mapInPandas(predict, TEXT_INSIGHTS.schema(*names))
    return insights.withColumn("encoder_fingerprint", F.lit(models[0].fitted.feature_version))


def insights_news(
    written: DataFrame, text_vectors: DataFrame, rows: DataFrame, *, models: Sequence[DocumentModel]
) -> News:
    """What `rows` of results.text_insights lack of what `text_insights` would give, where no model has changed."""
    read = _documents_with_form(_read_documents(written, text_vectors, models), models)
    return news_of(read.withColumn("is_new", F.lit(False)), _insights_with_form(rows, models), has_row_each=True)


def _encoders(models: Sequence[DocumentModel]) -> list[str]:
    """Fingerprints of the encoders whose vectors the models read, each once, that of the first model first."""
    return list(dict.fromkeys(model.fitted.feature_version for model in models))


def _read_documents(
    written: DataFrame, text_vectors: DataFrame, models: Sequence[DocumentModel], *, columns: Sequence[str] = ()
) -> DataFrame:
    """The documents that the first model's encoder has read, with `is_read_<n>` and these columns, `<column>_<n>`, of each."""
    rows = written
    for place, fingerprint in enumerate(_encoders(models)):
        of_encoder = text_vectors.where(F.col("encoder_fingerprint") == fingerprint)
        named = (F.col(column).alias(f"{column}_{place}") for column in columns)
        read_by = of_encoder.select("text_id", F.lit(True).alias(f"is_read_{place}"), *named)
        rows = rows.join(read_by, "text_id", "left" if place else "inner")
    return rows


def _documents_with_form(read: DataFrame, models: Sequence[DocumentModel]) -> DataFrame:
    """Read documents with FORM: a hash of KEEP and of the versions of the unchanged models that speak of them."""
    encoders = _encoders(models)
    versions = [
        F.when(
            F.col("document_kind").isin(list(model.kinds))
            & F.col(f"is_read_{encoders.index(model.fitted.feature_version)}"),
            F.lit(model.version),
        )
        for model in models
        if model.is_unchanged
    ]
    return with_form(read, F.array_compact(F.array(*versions).cast("array<string>")))


def _insights_with_form(rows: DataFrame, models: Sequence[DocumentModel]) -> DataFrame:
    """Rows of results.text_insights with FORM, the same as that of their document where they need not be written anew."""
    unchanged = F.array(*(F.lit(model.version) for model in models if model.is_unchanged)).cast("array<string>")
    return with_form(rows, F.array_intersect("model_versions", unchanged))


def require_read(text_vectors: DataFrame, model: Fitted, *, model_version: str) -> None:
    """Raises ContractError where no text was read by the encoder that the model reads vectors of."""
    if text_vectors.where(F.col("encoder_fingerprint") == model.feature_version).isEmpty():
        raise ContractError(
            f"model {model_version} reads vectors of encoder {model.feature_version}, and no text has one.",
            fix="Run jobs/understand_text.py with that encoder, or jobs/train.py for a model over the vectors there are.",
        )


def _predicted(batch: pd.DataFrame, models: Sequence[DocumentModel]) -> pd.DataFrame:
    """The batch with what each model predicts for its kinds of documents, or said of them before; NULL elsewhere."""
    texts, encoders = normalise_text(batch["text"]), _encoders(models)
    is_kept = batch["is_kept"].notna() if "is_kept" in batch else pd.Series(data=False, index=batch.index)
    columns, versions = [batch[list(KEEP)]], []
    for model in models:
        names = list(model.columns)
        vectors = batch[f"vector_{encoders.index(model.fitted.feature_version)}"]
        speaks_of = batch["document_kind"].isin(model.kinds) & vectors.notna()
        is_unread = speaks_of & ~is_kept if model.is_unchanged else speaks_of
        frame = pd.DataFrame({"text": texts[is_unread], "vector": vectors[is_unread]})
        predicted = model.fitted.predict(frame)[names].astype(object).reindex(batch.index)
        if model.is_unchanged and is_kept.any():
            before = pd.DataFrame({name: _objects(batch[BEFORE + name], name) for name in names})
            predicted = predicted.where(~is_kept, before)
        versions.append([[model.version] if speaks else [] for speaks in speaks_of])
        columns.append(predicted.where(predicted.notna(), None))
    of_rows = [[name for names in by_model for name in names] for by_model in zip(*versions, strict=True)]
    return pd.concat(columns, axis=1).assign(model_versions=pd.Series(of_rows, index=batch.index, dtype=object))


def _objects(values: pd.Series, name: str) -> pd.Series:
    """A column of results.text_insights as it is; pandas reads whole numbers with NULL among them as floats."""
    is_whole = TEXT_INSIGHTS.column(name).type == "int"
    return (values.astype("Int32") if is_whole else values).astype(object)
