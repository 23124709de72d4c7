"""Contracts of what is read from texts: vectors and insights. Declarations only."""

from pyspark.sql import types as T

from footfall.contract import Column, Layer, Personal, Table, Written
from footfall.tables.columns import ACTOR, CLOCKS, probability

TEXT_VECTORS = Table(
    name="text_vectors",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per distinct text and encoder: what the encoder made of it",
    columns=(
        Column("text_id", T.StringType(), "keyed hash of the normalised text", personal=Personal.IDENTIFIER),
        Column(
            "encoder_fingerprint",
            T.StringType(),
            "hash of weights, tokenizer, prefix, pooling, how long texts are read, and number type",
        ),
        Column(
            "vector",
            T.ArrayType(T.FloatType(), False),
            "float32[dim], of length 1",
            personal=Personal.SENSITIVE,
            required=True,
            tolerance=2e-2,
        ),
        Column("token_count", T.IntegerType(), "tokens read, special ones included", unit="count", required=True),
        Column(
            "norm",
            T.FloatType(),
            "length of the pooled vector before it was scaled to 1",
            required=True,
            tolerance=2e-2,
        ),
    ),
    key=("text_id", "encoder_fingerprint"),
)

TEXT_INSIGHTS = Table(
    name="text_insights",
    layer=Layer.RESULTS,
    version=2,
    grain="one row per document that was read, a review or a ticket: what it says",
    columns=(
        Column("document_kind", T.StringType(), "review or ticket"),
        Column("document_id", T.StringType(), "review_id in refined.reviews, ticket_id in refined.tickets"),
        *CLOCKS,
        ACTOR,
        Column("item_id", T.StringType(), "the item that it speaks of"),
        Column("text_id", T.StringType(), "as in text_vectors", personal=Personal.IDENTIFIER, required=True),
        Column("sentiment", T.StringType(), "the likeliest of negative, neutral and positive", required=True),
        probability("negative_probability", "that it sounds negative"),
        probability("neutral_probability", "that it sounds neutral, or praises as much as it blames"),
        probability("positive_probability", "that it sounds positive"),
        Column("model_versions", T.ArrayType(T.StringType()), "name/version of every model that spoke", required=True),
        Column("encoder_fingerprint", T.StringType(), "of the vector that sentiment was read from", required=True),
    ),
    key=("document_kind", "document_id"),
    written=Written.REPLACE,
)
