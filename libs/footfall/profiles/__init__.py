"""The portrait of each person: features, segment, churn score, reviews and basics in one row. Pure, by `.sql` files."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from footfall.features import people_as_of
from footfall.steps.sql import run_sql

NEW_DAYS = 60
"""A person whose first order is at most so many days old has the class `new`: too little is known for another."""
MINIMUM_SHARE = 0.05
"""Least share of a person's money for a department to count as an interest, so that one odd purchase does not."""


def user_profiles(
    *,
    user_features: DataFrame,
    segments: DataFrame,
    segment_catalogue: DataFrame,
    user_scores: DataFrame,
    text_insights: DataFrame,
    user_opinions: DataFrame,
    users: DataFrame,
    identities: DataFrame,
    as_of: date,
    time_zone: str,
    churn_model: str = "churn",
) -> DataFrame:
    """Rows of results.user_profiles for one date: everybody in user_features as of it.

    Without segments, scores or reviews their columns are NULL.
    """
    day = {"as_of": as_of}
    people = people_as_of(identities, dates=[as_of], time_zone=time_zone)
    return run_sql(
        "profiles",
        "user_profiles",
        values={**day, "new_days": NEW_DAYS, "churn_model": churn_model},
        user_features=user_features,
        basics=run_sql("profiles", "basics", users=users, people=people),
        interests=run_sql(
            "profiles", "interests", values={**day, "minimum_share": MINIMUM_SHARE}, user_features=user_features
        ),
        review_sentiments=run_sql("profiles", "review_sentiments", text_insights=text_insights, people=people),
        user_opinions=user_opinions,
        segments=segments,
        segment_catalogue=segment_catalogue,
        user_scores=user_scores,
    )
