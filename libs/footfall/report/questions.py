"""What the page reads from the tables: small aggregates, never a whole table. Pure; results are collected as pandas frames."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame

from footfall.contract import Written
from footfall.errors import DataError
from footfall.report.data import LEAST_PEOPLE
from footfall.steps.sql import run_sql
from footfall.tables import (
    ALL,
    DAILY_ACTIVITY,
    IDENTITIES,
    ITEMS,
    REVIEWS,
    SEGMENT_CATALOGUE,
    TEXT_ASPECTS,
    TEXT_INSIGHTS,
    TEXT_TOPICS,
    USER_PROFILES,
    USER_SCORES,
)

TOPICS = 8  # shown on the page
READS = (
    DAILY_ACTIVITY, SEGMENT_CATALOGUE, USER_SCORES, USER_PROFILES, TEXT_INSIGHTS, TEXT_ASPECTS, TEXT_TOPICS, REVIEWS,
    ITEMS, IDENTITIES,
)  # fmt: skip
NEEDS = {
    "headline": (DAILY_ACTIVITY, IDENTITIES),
    "identifier_counts": (IDENTITIES,),
    "segment_sizes": (SEGMENT_CATALOGUE,),
    "value_classes": (USER_PROFILES,),
    "churn_serving": (USER_SCORES,),
    "churn_bands": (USER_SCORES,),
    "churn_reasons": (USER_SCORES,),
    "sentiment_by_month": (TEXT_INSIGHTS,),
    "sentiment_by_department": (TEXT_INSIGHTS, ITEMS),
    "example_reviews": (TEXT_INSIGHTS, REVIEWS),
    "aspects": (TEXT_ASPECTS,),
    "example_clauses": (TEXT_ASPECTS, REVIEWS),
    "topics": (TEXT_TOPICS, REVIEWS),
    "intents": (TEXT_INSIGHTS,),
    "portraits": (USER_PROFILES,),
    "model_versions": (USER_PROFILES, TEXT_INSIGHTS, TEXT_ASPECTS, TEXT_TOPICS),
}


def queries(
    frames: Mapping[str, DataFrame], *, ledger: DataFrame, as_of: date, time_zone: str, portraits: int, examples: int
) -> dict[str, DataFrame]:
    """What `answers` collects, by name; `frames` are the tables of READS by their full names."""
    values = {
        "as_of": as_of, "time_zone": time_zone, "portraits": portraits, "examples": examples, "topics": TOPICS,
        "least_people": LEAST_PEOPLE,
        "replaced": ",".join(t.full_name for t in ALL if t.written is Written.REPLACE),
    }  # fmt: skip
    of_tables = {
        name: run_sql("report", name, values=values, **{t.name: frames[t.full_name] for t in tables})
        for name, tables in NEEDS.items()
    }
    of_ledger = {
        name: run_sql("report", name, values=values, ledger=ledger) for name in ("row_counts", "excluded_rows")
    }
    return of_tables | of_ledger


def answers(
    frames: Mapping[str, DataFrame],
    *,
    ledger: DataFrame,
    as_of: date,
    time_zone: str,
    portraits: int,
    examples: int,
    is_scored: bool = False,
) -> dict[str, pd.DataFrame]:
    """The frames of `ReportData` by name, each of a few rows; `frames` are the tables of READS by their full names.

    `examples` is how many reviews of each sentiment and language are shown; 0 shows none. Raises DataError where there are
    no portraits as of the day, unless it `is_scored`: then all people have withdrawn their consent.
    """
    shown = {"portraits": portraits, "examples": examples}
    selected = queries(frames, ledger=ledger, as_of=as_of, time_zone=time_zone, **shown)
    results = {name: _collected(rows) for name, rows in selected.items()}
    if results["value_classes"].empty and not is_scored:
        raise DataError(
            f"nobody is in {USER_PROFILES.full_name} as of {as_of}.", fix="Run jobs/score.py as of that day."
        )
    return results


def _collected(rows: DataFrame) -> pd.DataFrame:
    """Rows as they are (maps as dicts, no value lost to floats), with all columns where there is none."""
    return pd.DataFrame([row.asDict(recursive=True) for row in rows.collect()], columns=rows.columns)
