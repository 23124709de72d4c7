"""Contracts of what is said of people: their group, scores and portrait. Declarations only."""

from pyspark.sql import types as T

from footfall.contract import Column, Layer, Personal, Table, Written
from footfall.tables.columns import AS_OF, FLOAT_TOLERANCE, USER, count, days, mean, money, share

SEGMENTS = Table(
    name="segments",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per person and as-of date: the group they belong to",
    columns=(
        AS_OF,
        USER,
        Column("segment_id", T.IntegerType(), "as in segment_catalogue", required=True),
        Column("distance", T.DoubleType(), "to the group's centre, in scaled features", required=True, tolerance=1e-6),
        Column("model_version", T.StringType(), "segmentation model in MLflow, name/version", required=True),
    ),
    key=("as_of_date", "user_id"),
    written=Written.REPLACE_AS_OF,
)

SEGMENT_CATALOGUE = Table(
    name="segment_catalogue",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per group and as-of date: its name, size and what sets it apart",
    columns=(
        AS_OF,
        Column("segment_id", T.IntegerType(), "number of the group, from 0"),
        Column("segment_name", T.StringType(), "name in words, made from what sets it apart", required=True),
        count("user_count", "people in it"),
        Column("user_share", T.DoubleType(), "of all people", unit="0 to 1", required=True, tolerance=FLOAT_TOLERANCE),
        Column(
            "amount_share",
            T.DoubleType(),
            "of all money paid in the last 365 days",
            unit="0 to 1",
            required=True,
            tolerance=FLOAT_TOLERANCE,
        ),
        Column(
            "means",
            T.MapType(T.StringType(), T.DoubleType()),
            "mean of each feature, in its own unit",
            required=True,
            tolerance=1e-6,
        ),
        Column(
            "lifts",
            T.MapType(T.StringType(), T.DoubleType()),
            "how far the mean lies from all people's, in standard deviations of the scaled feature",
            required=True,
            tolerance=1e-6,
        ),
        Column("model_version", T.StringType(), "segmentation model in MLflow, name/version", required=True),
    ),
    key=("as_of_date", "segment_id"),
    written=Written.REPLACE_AS_OF,
)

REASON = T.StructType(
    [
        T.StructField("feature", T.StringType()),
        T.StructField("value", T.DoubleType()),
        T.StructField("contribution", T.DoubleType()),
    ]
)

USER_SCORES = Table(
    name="user_scores",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per person, as-of date and model",
    columns=(
        AS_OF,
        USER,
        Column("model", T.StringType(), "name of the model in MLflow"),
        Column(
            "score",
            T.DoubleType(),
            "what the model predicts; for churn the probability of no order within the horizon",
            required=True,
            tolerance=1e-6,
        ),
        Column(
            "reasons",
            T.ArrayType(REASON),
            "features that moved the score most, strongest first; contribution in log-odds",
            tolerance=1e-6,
        ),
        Column("model_version", T.StringType(), "name/version in MLflow", required=True),
    ),
    key=("as_of_date", "user_id", "model"),
    written=Written.REPLACE_AS_OF,
)

USER_PROFILES = Table(
    name="user_profiles",
    layer=Layer.RESULTS,
    version=1,
    grain="the portrait: one row per person as of a date",
    columns=(
        AS_OF,
        USER,
        Column("age_band", T.StringType(), "age as a range", unit="years", personal=Personal.QUASI),
        Column("income_band", T.StringType(), "household income as a range", personal=Personal.SENSITIVE),
        Column("household_type", T.StringType(), "who lives together", personal=Personal.QUASI),
        days("tenure_days", "since the first order"),
        days("recency_days", "since the last order day"),
        count("order_count_365d", "orders in the last 365 days"),
        money("amount_365d", "paid in the last 365 days"),
        mean("order_value_90d", "mean paid per order, last 90 days", unit="shop currency"),
        Column(
            "interests",
            T.ArrayType(T.StringType()),
            "departments where they spend most beyond what people do on average, strongest first",
        ),
        Column("spending_power", T.StringType(), "low, middle or high: third of people by mean paid per order"),
        Column("price_sensitivity", T.StringType(), "low, middle or high: third of people by discount share"),
        Column(
            "value_class", T.StringType(), "RFM class: champion, loyal, promising, new, at_risk, dormant", required=True
        ),
        Column("segment_id", T.IntegerType(), "as in segment_catalogue"),
        Column("segment_name", T.StringType(), "as in segment_catalogue"),
        Column("churn_probability", T.DoubleType(), "of no order within the horizon", unit="0 to 1", tolerance=1e-6),
        Column("churn_reasons", T.ArrayType(REASON), "features that moved it most, strongest first", tolerance=1e-6),
        count("review_count", "reviews read"),
        Column(
            "review_mood",
            T.DoubleType(),
            "mean probability that their reviews are positive; NULL without",
            unit="0 to 1",
            tolerance=2e-2,
        ),
        share(
            "complaint_share_365d",
            "of their reviews and tickets of the last 365 days, those that complain; NULL without",
        ),
        Column(
            "aspects_cared_about",
            T.ArrayType(T.StringType()),
            "aspects that they speak of beyond what people do; NULL without",
        ),
        Column("model_versions", T.ArrayType(T.StringType()), "name/version of every model that spoke", required=True),
    ),
    key=("as_of_date", "user_id"),
    written=Written.REPLACE_AS_OF,
)
