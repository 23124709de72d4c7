"""Contracts of the result tables that data scientists query, features first. Declarations only."""

from pyspark.sql import types as T

from footfall.contract import Column, Layer, Personal, Rule, Table, Written
from footfall.tables.refined import ACTOR, CLOCKS, MONEY, QUANTITY

AS_OF = Column("as_of_date", T.DateType(), "the shop's day before whose start everything used was done and known")
USER = Column("user_id", T.StringType(), "the person, a pseudonym", personal=Personal.IDENTIFIER)
SHARES = T.MapType(T.StringType(), T.DoubleType())
FLOAT_TOLERANCE = 1e-9


def _count(name: str, meaning: str) -> Column:
    return Column(name, T.LongType(), meaning, unit="count", required=True)


def _share(name: str, meaning: str) -> Column:
    return Column(name, T.DoubleType(), meaning, unit="0 to 1", tolerance=FLOAT_TOLERANCE)


def _days(name: str, meaning: str) -> Column:
    return Column(name, T.DoubleType(), meaning, unit="days", tolerance=FLOAT_TOLERANCE)


def _money(name: str, meaning: str) -> Column:
    return Column(name, MONEY, meaning, unit="shop currency", required=True)


DAILY_ACTIVITY = Table(
    name="daily_activity",
    layer=Layer.RESULTS,
    version=1,
    grain="exact sums per actor, day it happened, day it was known and batch; signed, so that corrections add up",
    columns=(
        ACTOR,
        Column("event_date", T.DateType(), "the shop's day it happened"),
        Column("known_date", T.DateType(), "the shop's day footfall had it"),
        _count("order_count", "orders placed (order lines numbered 1)"),
        _count("order_line_count", "order lines"),
        Column("quantity", QUANTITY, "units bought, in each item's own unit", required=True),
        _money("amount_base", "paid, after discounts"),
        _money("discount_base", "taken off"),
        _count("view_count", "events of type view"),
        _count("search_count", "events of type search"),
        _count("add_to_cart_count", "events of type add_to_cart"),
        _count("checkout_count", "events of type checkout"),
        _count("purchase_count", "events of type purchase"),
        _count("coupon_redemption_count", "coupons handed in"),
        _count("review_count", "reviews written"),
    ),
    key=("actor_id", "event_date", "known_date", "batch_id"),
    cluster_by=("event_date",),
)

USER_FEATURES = Table(
    name="user_features",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per person and as-of date: what was known of them before that day began",
    columns=(
        AS_OF,
        USER,
        _days("tenure_days", "since the first order"),
        _days("recency_days", "since the last order day"),
        _days("activity_recency_days", "since the last day with anything at all"),
        *(_count(f"order_count_{w}d", f"frequency: orders in the last {w} days") for w in (7, 30, 90, 365)),
        *(_money(f"amount_{w}d", f"monetary value: paid in the last {w} days") for w in (7, 30, 90, 365)),
        _count("active_weeks_12w", "7-day periods with an order, of the last 12"),
        _count("active_weeks_52w", "7-day periods with an order, of the last 52"),
        _days("gap_mean_days", "mean gap between order days in the last 365; NULL below two order days"),
        _days("gap_stddev_days", "sample standard deviation of these gaps; NULL below three order days"),
        _days("gap_max_days", "longest of these gaps"),
        Column(
            "order_value_90d",
            T.DoubleType(),
            "mean paid per order in the last 90 days; NULL without orders",
            unit="shop currency",
            tolerance=FLOAT_TOLERANCE,
        ),
        Column(
            "order_lines_90d",
            T.DoubleType(),
            "mean lines per order in the last 90 days; NULL without orders",
            unit="count",
            tolerance=FLOAT_TOLERANCE,
        ),
        _count("item_variety_90d", "distinct items bought in the last 90 days"),
        _count("category_variety_90d", "distinct categories bought in the last 90 days"),
        _share("discount_share_90d", "discounts over undiscounted price, last 90 days; NULL without orders"),
        _share("morning_share_365d", "orders from 05:00 to 11:59 shop time; NULL without orders"),
        _share("afternoon_share_365d", "orders from 12:00 to 17:59 shop time"),
        _share("evening_share_365d", "orders from 18:00 to 22:59 shop time"),
        _share("weekend_share_365d", "orders on Saturday or Sunday, shop time"),
        Column(
            "department_shares_365d",
            SHARES,
            "share of money paid by department, last 365 days",
            unit="0 to 1",
            tolerance=FLOAT_TOLERANCE,
        ),
        Column(
            "channel_shares_365d",
            SHARES,
            "share of orders by channel, last 365 days",
            unit="0 to 1",
            tolerance=FLOAT_TOLERANCE,
        ),
        _count("view_count_30d", "views in the last 30 days"),
        _count("search_count_30d", "searches in the last 30 days"),
        _count("add_to_cart_count_30d", "additions to the cart in the last 30 days"),
        _count("coupon_redemption_count_365d", "coupons handed in in the last 365 days"),
        _count("review_count_365d", "reviews written in the last 365 days"),
        Column(
            "rating_mean_365d",
            T.DoubleType(),
            "mean stars given in the last 365 days; NULL without",
            unit="1 to 5",
            tolerance=FLOAT_TOLERANCE,
        ),
    ),
    key=("as_of_date", "user_id"),
    rules=(
        Rule("recency_not_negative", "recency_days >= 1"),
        Rule("shares_are_shares", "discount_share_90d BETWEEN 0 AND 1 AND weekend_share_365d BETWEEN 0 AND 1"),
        Rule(
            "windows_nest",
            "order_count_7d <= order_count_30d AND order_count_30d <= order_count_90d AND order_count_90d <= order_count_365d",
        ),
    ),
    written=Written.REPLACE,
)

ITEM_FEATURES = Table(
    name="item_features",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per item and as-of date: how it sold and how it was reviewed",
    columns=(
        AS_OF,
        Column("item_id", T.StringType(), "the shop's own item number"),
        *(_count(f"order_count_{w}d", f"orders with the item in the last {w} days") for w in (7, 30, 90, 365)),
        _money("amount_90d", "paid for it in the last 90 days"),
        Column("quantity_90d", QUANTITY, "units sold in the last 90 days, in the item's own unit", required=True),
        _count("buyer_count_90d", "people who bought it in the last 90 days"),
        _share("repeat_share_365d", "its buyers of the last 365 days who bought it in two orders or more"),
        _share("discount_share_90d", "discounts over undiscounted price, last 90 days"),
        Column(
            "unit_price_90d",
            T.DoubleType(),
            "mean paid per unit in the last 90 days",
            unit="shop currency",
            tolerance=FLOAT_TOLERANCE,
        ),
        _days("recency_days", "since it was last sold"),
        _count("review_count_365d", "reviews in the last 365 days"),
        Column(
            "rating_mean_365d",
            T.DoubleType(),
            "mean stars in the last 365 days; NULL without",
            unit="1 to 5",
            tolerance=FLOAT_TOLERANCE,
        ),
    ),
    key=("as_of_date", "item_id"),
    written=Written.REPLACE,
)

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
            "hash of weights, tokenizer, prefix, pooling, max tokens and number type",
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
        _count("user_count", "people in it"),
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
        Column("tenure_days", T.DoubleType(), "since the first order", unit="days", tolerance=FLOAT_TOLERANCE),
        Column("recency_days", T.DoubleType(), "since the last order day", unit="days", tolerance=FLOAT_TOLERANCE),
        _count("order_count_365d", "orders in the last 365 days"),
        _money("amount_365d", "paid in the last 365 days"),
        Column(
            "order_value_90d",
            T.DoubleType(),
            "mean paid per order, last 90 days",
            unit="shop currency",
            tolerance=FLOAT_TOLERANCE,
        ),
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
        _count("review_count", "reviews read"),
        Column(
            "review_mood",
            T.DoubleType(),
            "mean probability that their reviews are positive; NULL without",
            unit="0 to 1",
            tolerance=2e-2,
        ),
        Column("model_versions", T.ArrayType(T.StringType()), "name/version of every model that spoke", required=True),
    ),
    key=("as_of_date", "user_id"),
    written=Written.REPLACE_AS_OF,
)
