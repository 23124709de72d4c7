"""Contracts of what is read from texts: vectors and insights. Declarations only."""

from pyspark.sql import types as T

from footfall.contract import Column, Layer, Personal, Table, Written
from footfall.tables.columns import ACTOR, CLOCKS

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
    version=1,
    grain="one row per review: what it says",
    columns=(
        Column("review_id", T.StringType(), "as in refined.reviews"),
        *CLOCKS,
        ACTOR,
        Column("item_id", T.StringType(), "the item reviewed"),
        Column("text_id", T.StringType(), "as in text_vectors", personal=Personal.IDENTIFIER, required=True),
        Column("sentiment", T.StringType(), "positive or negative", required=True),
        Column(
            "positive_probability",
            T.DoubleType(),
            "that the review is positive",
            unit="0 to 1",
            required=True,
            tolerance=2e-2,
        ),
        Column("model_version", T.StringType(), "sentiment model in MLflow, name/version", required=True),
        Column("encoder_fingerprint", T.StringType(), "as in text_vectors", required=True),
    ),
    key=("review_id",),
    written=Written.REPLACE,
)
