"""Contracts of what is said of people: their group, scores and portrait. Declarations only."""

from footfall.contract import Column, Layer, Personal, Rule, Table, Written
from footfall.tables.columns import AS_OF, FLOAT_TOLERANCE, USER, count, days, mean, money, ratio, share

SEGMENTS = Table(
    name="segments",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per person and as-of date: the group they belong to",
    columns=(
        AS_OF,
        USER,
        Column("segment_id", "int", "as in segment_catalogue", required=True),
        Column("distance", "double", "to the group's centre, in scaled features", required=True, tolerance=1e-6),
        Column("model_version", "string", "segmentation model in MLflow, name/version", required=True),
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
        Column("segment_id", "int", "number of the group, from 0"),
        Column("segment_name", "string", "name in words, made from what sets it apart", required=True),
        count("user_count", "people in it"),
        Column("user_share", "double", "of all people", unit="0 to 1", required=True, tolerance=FLOAT_TOLERANCE),
        Column(
            "amount_share",
            "double",
            "of all net money of the last 365 days",
            unit="0 to 1",
            required=True,
            tolerance=FLOAT_TOLERANCE,
        ),
        Column(
            "means",
            "map<string,double>",
            "mean of each feature, in its own unit",
            required=True,
            tolerance=1e-6,
        ),
        Column(
            "lifts",
            "map<string,double>",
            "how far the mean lies from all people's, in standard deviations of the scaled feature",
            required=True,
            tolerance=1e-6,
        ),
        Column("model_version", "string", "segmentation model in MLflow, name/version", required=True),
    ),
    key=("as_of_date", "segment_id"),
    written=Written.REPLACE_AS_OF,
)

REASON = "struct<feature:string,value:double,contribution:double>"

USER_SCORES = Table(
    name="user_scores",
    layer=Layer.RESULTS,
    version=2,
    grain="one row per person, as-of date and model that speaks of them",
    columns=(
        AS_OF,
        USER,
        Column("model", "string", "name of the model in MLflow"),
        Column(
            "score",
            "double",
            "what the model predicts; for churn the probability of no order within the horizon; NULL where nothing serves",
            tolerance=1e-6,
        ),
        Column(
            "reasons",
            f"array<{REASON}>",
            "features that moved the score most, strongest first; contribution in log-odds",
            tolerance=1e-6,
        ),
        Column("served_by", "string", "the learner, or `baseline: ` and its name where no learner passed its gates"),
        Column("no_score_reason", "string", "why the score is NULL"),
        Column("model_version", "string", "name/version in MLflow; NULL where nothing serves"),
    ),
    key=("as_of_date", "user_id", "model"),
    rules=(Rule("score_or_reason", "(score IS NULL) = (no_score_reason IS NOT NULL)"),),
    written=Written.REPLACE_AS_OF,
)

USER_PROFILES = Table(
    name="user_profiles",
    layer=Layer.RESULTS,
    version=3,
    grain="the portrait: one row per person as of a date",
    columns=(
        AS_OF,
        USER,
        Column("age_band", "string", "age as a range", unit="years", personal=Personal.QUASI),
        Column("income_band", "string", "household income as a range", personal=Personal.SENSITIVE),
        Column("household_type", "string", "who lives together", personal=Personal.QUASI),
        days("tenure_days", "since the first order"),
        days("recency_days", "since the last order day"),
        count("order_count_365d", "orders placed in the last 365 days"),
        money("net_amount_365d", "paid less paid back in the last 365 days; may be below 0"),
        ratio("return_rate_365d", "paid back over paid in the last 365 days; NULL where nothing was paid"),
        mean("order_value_90d", "net money per order placed, last 90 days", unit="shop currency"),
        Column(
            "interests",
            "array<string>",
            "departments where they spend most beyond what people do on average, strongest first",
        ),
        Column("spending_power", "string", "low, middle or high: third of people by net money per order"),
        Column("price_sensitivity", "string", "low, middle or high: third of people by discount share"),
        Column("value_class", "string", "RFM class: champion, loyal, promising, new, at_risk, dormant", required=True),
        Column("segment_id", "int", "as in segment_catalogue"),
        Column("segment_name", "string", "as in segment_catalogue"),
        Column("churn_probability", "double", "of no order within the horizon", unit="0 to 1", tolerance=1e-6),
        Column("churn_reasons", f"array<{REASON}>", "features that moved it most, strongest first", tolerance=1e-6),
        Column("churn_served_by", "string", "as served_by in user_scores"),
        Column("churn_no_score_reason", "string", "why churn_probability is NULL"),
        count("review_count", "reviews read"),
        Column(
            "review_sentiment",
            "double",
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
            "array<string>",
            "aspects that they speak of beyond what people do; NULL without",
        ),
        Column("model_versions", "array<string>", "name/version of every model that spoke", required=True),
    ),
    key=("as_of_date", "user_id"),
    written=Written.REPLACE_AS_OF,
)
