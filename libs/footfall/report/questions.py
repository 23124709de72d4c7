"""What the page asks the tables: small aggregates, never a whole table. Pure; the answers are collected as pandas frames."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame

from footfall.contract import Written
from footfall.errors import DataError
from footfall.report.facts import LEAST_PEOPLE
from footfall.steps.sql import run_sql
from footfall.tables import (
    ALL,
    DAILY_ACTIVITY,
    ITEMS,
    REVIEWS,
    SEGMENT_CATALOGUE,
    TEXT_ASPECTS,
    TEXT_INSIGHTS,
    TEXT_TOPICS,
    USER_PROFILES,
    USER_SCORES,
)

TOPICS = 8  # told on the page
READS = (
    DAILY_ACTIVITY, SEGMENT_CATALOGUE, USER_SCORES, USER_PROFILES, TEXT_INSIGHTS, TEXT_ASPECTS, TEXT_TOPICS, REVIEWS,
    ITEMS,
)  # fmt: skip
NEEDS = {
    "headline": (DAILY_ACTIVITY,),
    "segment_sizes": (SEGMENT_CATALOGUE,),
    "value_classes": (USER_PROFILES,),
    "churn_bands": (USER_SCORES,),
    "churn_reasons": (USER_SCORES,),
    "moods_by_month": (TEXT_INSIGHTS,),
    "moods_by_department": (TEXT_INSIGHTS, ITEMS),
    "sentences": (TEXT_INSIGHTS, REVIEWS),
    "aspects": (TEXT_ASPECTS,),
    "clauses": (TEXT_ASPECTS, REVIEWS),
    "topics": (TEXT_TOPICS, REVIEWS),
    "intents": (TEXT_INSIGHTS,),
    "portraits": (USER_PROFILES,),
    "model_versions": (USER_PROFILES,),
}


def answers(
    frames: Mapping[str, DataFrame], *, ledger: DataFrame, as_of: date, time_zone: str, portraits: int, sentences: int
) -> dict[str, pd.DataFrame]:
    """The frames of `Facts` by name, each of a few rows; `frames` are the tables of READS by their full names.

    `sentences` is how many reviews of each mood and language are shown; 0 shows none. Raises DataError where nobody
    was scored as of the day.
    """
    values = {
        "as_of": as_of, "time_zone": time_zone, "portraits": portraits, "sentences": sentences, "topics": TOPICS,
        "least_people": LEAST_PEOPLE,
        "replaced": ",".join(t.full_name for t in ALL if t.written is Written.REPLACE),
    }  # fmt: skip
    asked = {
        name: run_sql("report", name, values=values, **{t.name: frames[t.full_name] for t in tables})
        for name, tables in NEEDS.items()
    }
    asked |= {name: run_sql("report", name, values=values, ledger=ledger) for name in ("taken_in", "set_aside")}
    found = {name: _collected(rows) for name, rows in asked.items()}
    if found["value_classes"].empty:
        raise DataError(
            f"nobody is in {USER_PROFILES.full_name} as of {as_of}.", fix="Run jobs/score.py as of that day."
        )
    return found


def _collected(rows: DataFrame) -> pd.DataFrame:
    """Rows as they are (maps as dicts, no value lost to floats), with all columns where there is none."""
    return pd.DataFrame([row.asDict(recursive=True) for row in rows.collect()], columns=rows.columns)
